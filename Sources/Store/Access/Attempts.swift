/// How guessing is slowed down: so many failures are free, each further one locks twice as long as the one before.
public struct AttemptRule: Sendable, Equatable {
    /// Failures that lock nothing.
    public let free: Int
    /// The first lock, milliseconds.
    public let firstMs: Int64
    /// The longest lock, milliseconds.
    public let longestMs: Int64
    /// How long failures are remembered after the last, milliseconds.
    public let memoryMs: Int64

    /// A rule from its parts.
    public init(free: Int, firstMs: Int64 = 1000, longestMs: Int64 = 15 * 60_000, memoryMs: Int64 = 60 * 60_000) {
        self.free = free
        self.firstMs = firstMs
        self.longestMs = longestMs
        self.memoryMs = memoryMs
    }

    /// How long so many failures lock, milliseconds.
    public func lock(after failures: Int) -> Int64 {
        guard failures > free else { return 0 }
        let doublings = failures - free - 1
        guard doublings < 40 else { return longestMs }
        return min(longestMs, firstMs << Int64(doublings))
    }
}

extension AccessTransaction {
    /// Counts an attempt as failed before it is made, so that many at once are as many as one after another.
    ///
    /// - Parameter name: what is tried: bounded, and the same for all processes.
    /// - Returns: When the next may be made, milliseconds since 1970, if this one may not; nil when it may.
    public func reserveAttempt(_ name: String, _ rule: AttemptRule, at now: Int64) throws -> Int64? {
        try connection.execute(AttemptSQL.begin, [.text(name), .integer(now), .integer(now + rule.memoryMs)])
        let known = try connection.first(AttemptSQL.look, [.text(name)]) { row in
            (failures: Int(row.integer(0)), lockedUntil: row.integer(1), expiresAt: row.integer(2))
        }
        guard let known else { throw StoreError.corrupt("an attempt is gone that was just kept") }
        if known.lockedUntil > now { return known.lockedUntil }
        let failures = (known.expiresAt <= now ? 0 : known.failures) + 1
        try connection.execute(
            AttemptSQL.keep,
            [
                .text(name), .integer(Int64(failures)), .integer(now + rule.lock(after: failures)),
                .integer(now + rule.memoryMs),
            ])
        return nil
    }

    /// Takes back that an attempt failed: it did not. Those of before count on.
    public func releaseAttempt(_ name: String) throws { try connection.execute(AttemptSQL.release, [.text(name)]) }

    /// Forgets all failures of a name.
    public func forgetAttempts(_ name: String) throws { try connection.execute(AttemptSQL.forget, [.text(name)]) }
}

/// The statements on attempts.
private enum AttemptSQL {
    static let begin = Statement(
        """
        INSERT INTO attempt (name, failures, since, locked_until, expires_at) VALUES ($1, 0, $2, 0, $3)
        ON CONFLICT (name) DO NOTHING
        """)
    static let look = Statement(
        "SELECT failures, locked_until, expires_at FROM attempt WHERE name = $1 {for update}")
    static let keep = Statement(
        "UPDATE attempt SET failures = $2, locked_until = $3, expires_at = $4 WHERE name = $1")
    static let release = Statement(
        """
        UPDATE attempt SET failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END, locked_until = 0
        WHERE name = $1
        """)
    static let forget = Statement("DELETE FROM attempt WHERE name = $1")
}
