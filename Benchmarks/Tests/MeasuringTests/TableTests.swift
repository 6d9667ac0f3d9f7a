import Kit
import Measuring
import Testing

struct TableTests {
    private static func measured(
        rate: Double, p50: Double, p99: Double, cpu: Double = 0.1, errors: Int = 0
    ) throws -> Measured {
        let latency = JSON.object([("p50", .number(p50)), ("p99", .number(p99))])
        let report = JSON.object([
            ("finished", .count(90)), ("total", .count(100)), ("errors", .count(errors)),
            ("first_error", errors > 0 ? .text("why") : .null), ("turns_per_second", .number(rate)),
            ("latency_ms", latency), ("first_token_ms", latency),
        ])
        return try Measured(report: report, processorMilliseconds: cpu * 100, noise: 0)
    }

    private static func result(_ name: String, covey: Measured?) throws -> StepResult {
        let step = try #require(Step.all(seconds: 1).first { $0.name == name })
        var result = StepResult(step)
        result.direct = [
            try measured(rate: 39_000, p50: 0.03, p99: 0.05), try measured(rate: 41_000, p50: 0.05, p99: 0.07),
        ]
        result.nginx = try measured(rate: 20_000, p50: 0.10, p99: 0.20)
        result.covey = covey
        return result
    }

    private static func cells(_ results: Results, _ title: String) throws -> [String] {
        let line = try #require(Table(results).lines.first { $0.hasPrefix("| " + title) })
        return line.split(separator: "|").map { cell in
            String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    @Test func `latency at one client is shown as what is added to the mean of both direct runs`() throws {
        var results = Results()
        results.steps = [try Self.result("plain_c1", covey: try Self.measured(rate: 900, p50: 0.44, p99: 3.5))]
        #expect(
            try Self.cells(results, "plain, 1 client: p50")
                == ["plain, 1 client: p50, ms", "0.040", "0.100", "0.440", "+0.400", "+0.340", "added ≤ 0.5 met"]
        )
        #expect(try Self.cells(results, "plain, 1 client: p99").last == "added ≤ 3 missed")
    }

    @Test func `what a key adds is shown against Covey without one`() throws {
        var results = Results()
        var result = try Self.result("keyed_c1", covey: try Self.measured(rate: 900, p50: 0.44, p99: 1))
        result.without = [
            try Self.measured(rate: 900, p50: 0.30, p99: 1), try Self.measured(rate: 900, p50: 0.32, p99: 1),
        ]
        results.steps = [result]
        let title = "plain with an API key, 1 client: added by the key"
        #expect(try Self.cells(results, title).suffix(4) == ["+0.130", "", "", "≤ 0.2 met"])
    }

    @Test func `a tool's turns stand alone, and its call is held against turns without it`() throws {
        var results = Results()
        var one = try Self.result("function_c1", covey: try Self.measured(rate: 900, p50: 8.0, p99: 9))
        one.without = [try Self.measured(rate: 900, p50: 2.0, p99: 3)]
        results.steps = [one, try Self.result("function_c32", covey: try Self.measured(rate: 1_500, p50: 8, p99: 9))]
        let title = "with a function call, 1 client: added by the tool"
        #expect(try Self.cells(results, title).suffix(4) == ["+6.000", "", "", "≤ 5 missed"])
        #expect(
            try Self.cells(results, "with a function call, 32 clients: turns/s")
                == ["with a function call, 32 clients: turns/s", "", "", "1500", "", "", ""])
    }

    @Test func `streams that are lost are told`() throws {
        var results = Results()
        var result = try Self.result("paced_c1000", covey: try Self.measured(rate: 900, p50: 1, p99: 1, errors: 2))
        let title = "1,000 streams, a piece every 100 ms: lost"
        results.steps = [result]
        #expect(try Self.cells(results, title).suffix(4) == ["2", "", "", "0 missed"])
        result.covey = try Self.measured(rate: 900, p50: 1, p99: 1)
        results.steps = [result]
        #expect(try Self.cells(results, title).last == "0 met")
    }

    @Test func `memory of idle conversations is judged`() throws {
        var results = Results()
        var idle = IdleMemory()
        idle.kilobytesPerFinished = 0.1
        idle.kilobytesPerWaiting = 2
        results.idle = idle
        #expect(try Self.cells(results, "memory per conversation left idle").last == "≤ 0.5 met")
        #expect(try Self.cells(results, "memory per conversation waiting").last == "≤ 0.5 missed")
    }

    @Test func `throughput is shown as a share of both references`() throws {
        var results = Results()
        results.steps = [
            try Self.result("stream_c32", covey: try Self.measured(rate: 4_000, p50: 8, p99: 20, cpu: 0.5))
        ]
        #expect(
            try Self.cells(results, "streamed, 32 clients: turns/s")
                == ["streamed, 32 clients: turns/s", "40000", "20000", "4000", "0.10 ×", "0.20 ×", "≥ 4000 met"]
        )
        #expect(try Self.cells(results, "streamed, 32 clients: CPU").last == "≤ 0.4 missed")
    }

    @Test func `what was not measured is a dash and meets no aim`() throws {
        var results = Results()
        results.steps = [try Self.result("plain_c32", covey: nil)]
        #expect(
            try Self.cells(results, "plain, 32 clients: turns/s")
                == ["plain, 32 clients: turns/s", "40000", "20000", "–", "–", "–", "≥ 8000"]
        )
    }

    @Test func `the footprint is judged by its aims`() throws {
        var results = Results()
        var footprint = Footprint()
        footprint.idleKilobytes = 51 * 1_024
        footprint.kilobytesPerStream = 100
        footprint.coldStarts = [90, 300, 95]
        results.footprint = footprint
        #expect(try Self.cells(results, "memory idle, MB").suffix(1) == ["≤ 50 missed"])
        #expect(try Self.cells(results, "memory per open stream").suffix(1) == ["≤ 100 met"])
        let cold = try Self.cells(results, "cold start")
        #expect(cold.contains("95") && cold.last == "≤ 100 met")
    }

    @Test func `errors of repeated measurements add up and the first keeps its reason`() throws {
        let all = [
            try Self.measured(rate: 1, p50: 1, p99: 1), try Self.measured(rate: 3, p50: 2, p99: 5, errors: 2),
            try Self.measured(rate: 5, p50: 3, p99: 6, errors: 1),
        ]
        let mean = try #require(Measured.mean(all))
        #expect(mean.errors == 3)
        #expect(mean.firstError == "why")
        #expect(mean.rate == 3)
        #expect(mean.p99 == 4)
        #expect(Measured.mean([]) == nil)
    }

    @Test func `a report without a number is refused`() {
        #expect(throws: Complaint("no finished in the report")) {
            try Measured(report: .object([]), processorMilliseconds: 0, noise: 0)
        }
    }
}
