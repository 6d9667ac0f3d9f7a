import Testing

@testable import Runtime

@Suite struct LimitsTests {
    @Test func `limits are read from their names`() throws {
        let limits = try RuntimeLimits(environment: [
            "AGENTS_AGENT_EXECUTION_MAX_GENERATION_STEPS": "7", "AGENTS_RUN_MAX_ACTIVE": "", "OTHER": "x",
        ])
        #expect(limits.generationSteps == 7)
        #expect(limits.activeRuns == RuntimeLimits().activeRuns)
        #expect(try RuntimeLimits(environment: [:]) == RuntimeLimits())
    }

    @Test func `everything that is no number in its range is named at once`() {
        let bad = ["AGENTS_RUN_MAX_ATTEMPTS": "0", "AGENTS_RUN_LEASE_MS": "soon"]
        #expect(
            throws: RuntimeLimits.Invalid(reasons: [
                "AGENTS_RUN_MAX_ATTEMPTS must be a whole number from 1 to 100",
                "AGENTS_RUN_LEASE_MS must be a whole number from 3000 to 600000",
            ])
        ) { try RuntimeLimits(environment: bad) }
    }

    @Test func `what is on or off is true or false`() throws {
        #expect(RuntimeLimits().compresses)
        #expect(try !RuntimeLimits(environment: ["AGENTS_COMPRESSION_ENABLED": "False"]).compresses)
        #expect(throws: RuntimeLimits.Invalid(reasons: ["AGENTS_COMPRESSION_ENABLED must be true or false"])) {
            try RuntimeLimits(environment: ["AGENTS_COMPRESSION_ENABLED": "no"])
        }
    }

    @Test func `every limit has a name of its own and a default in its range`() {
        let limits = RuntimeLimits()
        let names = RuntimeLimits.entries.map(\.name) + RuntimeLimits.switches.map(\.name)
        #expect(Set(names).count == names.count)
        // Those of functions are a structure of their own.
        let own = Mirror(reflecting: limits).children.count - 1
        #expect(names.count == own + Mirror(reflecting: limits.functions).children.count)
        for entry in RuntimeLimits.entries {
            #expect(entry.range.contains(limits[keyPath: entry.path]), "\(entry.name)")
            #expect(entry.name.hasPrefix("AGENTS_"))
        }
    }

    @Test(
        arguments: [
            (1, nil, 1.0, Duration.milliseconds(500)), (2, nil, 1.0, .seconds(1)), (1, nil, 0.0, .milliseconds(250)),
            (40, nil, 1.0, .seconds(10)), (1, .seconds(3), 1.0, .seconds(3)),
            (1, .milliseconds(1), 1.0, .milliseconds(500)),
            (1, .seconds(3600), 1.0, .seconds(60)),
        ] as [(Int, Duration?, Double, Duration)])
    func `waits double, are spread, and honour the provider up to a bound`(
        failures: Int, retryAfter: Duration?, jitter: Double, expected: Duration
    ) {
        let delay = RetryDelay(RuntimeLimits()).delay(failures: failures, retryAfter: retryAfter, jitter: jitter)
        #expect(delay == expected)
    }

    @Test func `ids have 21 characters and do not repeat`() {
        let ids = Set((0..<1000).map { _ in RandomID.make() })
        #expect(ids.count == 1000)
        #expect(ids.allSatisfy { $0.count == 21 && $0.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber) } })
    }
}
