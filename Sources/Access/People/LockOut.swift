import Catalog
import Cryptography
import Outbound
import Store

/// What is guessed at, and how often that may fail (THREATS.md): counted for the thing and for the address, in the
/// database, so for all processes.
enum LockOut {
    /// Signing in to one account, and every other use of its password.
    static let account = AttemptRule(free: 5)
    /// Signing in from one address: of many people behind one.
    static let address = AttemptRule(free: 20)
    /// Links to set a password, asked for by anybody.
    static let reset = AttemptRule(free: 3, firstMs: 60_000, longestMs: 60 * 60_000, memoryMs: 24 * 60 * 60_000)
    /// Codes of devices that a person typed in: 2.8 × 10¹¹ of them, good for an hour.
    static let code = AttemptRule(free: 10)
    /// What anybody may make: accounts where that is open, codes of devices.
    static let making = AttemptRule(free: 60)

    /// The name of an attempt on something: bounded, and nothing that is secret can be read from it.
    static func name(_ what: String, _ thing: String) -> String {
        "\(what):\(SHA256.hexadecimal(thing).prefix(32))"
    }

    /// The name of attempts from an address; nil when there is none.
    static func name(_ what: String, from visitor: Visitor) -> String? {
        IPAddress(visitor.address).map { "\(what):\($0.clientNetwork)" }
    }
}

extension AccessTransaction {
    /// Counts an attempt on a thing and from an address as failed. Throws 429 when one of them is locked; then nothing
    /// is counted.
    func reserve(
        _ thing: (name: String, rule: AttemptRule)?, _ address: (name: String, rule: AttemptRule)?, at now: Int64
    ) throws {
        for attempt in [address, thing].compactMap(\.self) {
            guard let until = try reserveAttempt(attempt.name, attempt.rule, at: now) else { continue }
            let wait = Duration.milliseconds((until - now + 999) / 1000 * 1000)
            throw Problem.refused(
                .tooManyRequests, "TOO_MANY_ATTEMPTS", "Too many attempts. Try again later.", retryAfter: wait)
        }
    }
}
