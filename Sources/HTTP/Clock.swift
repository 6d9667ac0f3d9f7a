import FoundationEssentials

/// The time, as the server reads it. Handed in, so that tests set it.
public struct ServerClock: Sendable {
    /// Milliseconds since 1970.
    public let now: @Sendable () -> Int64

    /// A clock that reads `now`, milliseconds since 1970.
    public init(now: @escaping @Sendable () -> Int64) { self.now = now }

    /// The system's clock.
    public static let live = ServerClock { Int64(Date().timeIntervalSince1970 * 1000) }
}

/// Ids that the server makes (run spec §0.5).
public enum Identifier {
    private static let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// 21 random characters of `[a-z0-9]`.
    public static func random() -> String {
        String(unsafeUninitializedCapacity: 21) { buffer in
            var generator = SystemRandomNumberGenerator()
            for position in 0..<21 { buffer[position] = letters[Int.random(in: 0..<36, using: &generator)] }
            return 21
        }
    }
}
