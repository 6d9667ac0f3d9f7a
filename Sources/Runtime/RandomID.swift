/// Ids of conversations, runs and messages: 21 characters of `[a-z0-9]`, 108 random bits (run spec §0.5).
public enum RandomID {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)

    /// A fresh id.
    @Sendable public static func make() -> String {
        String(unsafeUninitializedCapacity: 21) { buffer in
            var number: UInt64 = 0
            for position in 0..<21 {
                // Ten digits of base 36 take 52 bits of 64, so the bias of the remainder is below 2^-12.
                if position % 10 == 0 { number = UInt64.random(in: .min ... .max) }
                buffer[position] = digits[Int(number % 36)]
                number /= 36
            }
            return 21
        }
    }
}
