import Glibc

/// Ids of conversations, runs and messages: 21 characters of `[a-z0-9]` (run spec §0.5), of which 8 are the time in
/// milliseconds and 13 are random, 67 bits. Ids made one after the other sort so, and rows that are written together
/// lie together (decisions/0017).
public enum RandomID {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    private static let length = 21
    /// Digits of the time; they last until the year 2059.
    private static let timeLength = 8

    /// A fresh id.
    @Sendable public static func make() -> String {
        // One question to the system for all bits, as it costs more than the rest.
        var bits: (UInt64, UInt64) = (0, 0)
        let isFilled = withUnsafeMutableBytes(of: &bits) { bytes in
            bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false
        }
        precondition(isFilled, "the system gives no random bytes")
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let milliseconds = UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
        return String(unsafeUninitializedCapacity: length) { buffer in
            write(milliseconds, into: buffer, from: 0, to: timeLength)
            // Seven digits of base 36 take 37 bits of 64, so the bias of the remainder is below 2^-27.
            write(bits.0, into: buffer, from: timeLength, to: timeLength + 7)
            write(bits.1, into: buffer, from: timeLength + 7, to: length)
            return length
        }
    }

    private static func write(_ number: UInt64, into buffer: UnsafeMutableBufferPointer<UInt8>, from: Int, to: Int) {
        var rest = number
        for position in stride(from: to - 1, through: from, by: -1) {
            buffer[position] = digits[Int(rest % 36)]
            rest /= 36
        }
    }
}
