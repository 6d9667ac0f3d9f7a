@testable import Access
import Catalog
import Cryptography
import Testing

/// How many checks of secrets wait, and what is remembered of them.
@Suite struct SecretChecksTests {
    private static func name(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }

    @Test func `few checks wait for one address, and not many in all`() throws {
        let checks = SecretChecks(now: { 0 })
        for number in 0..<SecretChecks.waitingOfAddressMax {
            #expect(try checks.start(Self.name(number), at: 0, from: "a") == .leads)
        }
        #expect(try checks.start(Self.name(0), at: 0, from: "a") == .joins, "the same secret waits for the same check")
        let many = #expect(throws: Problem.self) { try checks.start(Self.name(100), at: 0, from: "a") }
        #expect(many?.status == 429 && many?.retryAfter == .seconds(1))
        for number in SecretChecks.waitingOfAddressMax...SecretChecks.waitingMax {
            #expect(try checks.start(Self.name(number), at: 0, from: "\(number)") == .leads)
        }
        let full = #expect(throws: Problem.self) { try checks.start(Self.name(101), at: 0, from: "b") }
        #expect(full?.status == 503 && full?.retryAfter == .seconds(1))
        checks.end(Self.name(0), true, at: 0, from: "a")
        #expect(try checks.start(Self.name(0), at: 0, from: "a") == .known(true))
        #expect(try checks.start(Self.name(102), at: 0, from: "a") == .leads)
    }

    @Test func `what was found is remembered for a while`() throws {
        let checks = SecretChecks(now: { 0 })
        for (number, isRight, lifetime) in [
            (1, true, SecretChecks.acceptanceLifetimeMs), (2, false, SecretChecks.refusalLifetimeMs),
        ] {
            #expect(try checks.start(Self.name(number), at: 0, from: "a") == .leads)
            checks.end(Self.name(number), isRight, at: 0, from: "a")
            #expect(try checks.start(Self.name(number), at: lifetime - 1, from: "a") == .known(isRight))
            #expect(try checks.start(Self.name(number), at: lifetime, from: "a") == .leads)
            checks.end(Self.name(number), isRight, at: 0, from: "a")
        }
    }

    @Test func `a secret is right for its own hash alone, however many ask`() async throws {
        let checks = SecretChecks(now: { 0 })
        let hash = SecretHash.make("secret")
        let found = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { try await checks.isRight("secret", hash: hash, from: "a") } }
            return try await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(found == [Bool](repeating: true, count: 20))
        #expect(try await !checks.isRight("secret", hash: SecretHash.make("other"), from: "a"))
        #expect(try await !checks.isRight("secret", hash: nil, from: "a"))
        #expect(try await !checks.isRight("wrong", hash: hash, from: "a"))
    }
}
