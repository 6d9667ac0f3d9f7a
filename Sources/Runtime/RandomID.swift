import Glibc

/// Ids of conversations, runs and messages: 21 characters of `[a-z0-9]`, 108 random bits (run spec §0.5).
public enum RandomID {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)

    /// A fresh id.
    @Sendable public static func make() -> String {
        // One question to the system for all bits, as it costs more than the rest.
        var bits: (UInt64, UInt64) = (0, 0)
        let isFilled = withUnsafeMutableBytes(of: &bits) { bytes in
            bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false
        }
        precondition(isFilled, "the system gives no random bytes")
        return String(unsafeUninitializedCapacity: 21) { buffer in
            for position in 0..<21 {
                // Eleven digits of base 36 take 57 bits of 64: no digit is likelier than another by more than 2^-7 of
                // 1/36.
                if position < 11 {
                    buffer[position] = digits[Int(bits.0 % 36)]
                    bits.0 /= 36
                } else {
                    buffer[position] = digits[Int(bits.1 % 36)]
                    bits.1 /= 36
                }
            }
            return 21
        }
    }
}
