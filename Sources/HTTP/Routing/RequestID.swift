/// The id by which a request is found in the log (manage spec §0.9).
enum RequestID {
    /// Characters of the longest id that is taken from a client.
    static let lengthMax = 128

    /// The client's id when it is well-formed, else a fresh random one.
    static func of(_ given: String?) -> String {
        if let given, isWellFormed(given) { return given }
        return random()
    }

    /// 1–128 of `[A-Za-z0-9._:-]`: nothing that could break a header or a line of the log.
    static func isWellFormed(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= lengthMax
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x3A: true
                default: false
                }
            }
    }

    /// A random id in the form of a UUID of version 4 (RFC 9562 §5.4).
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[position] = 0x2D
                    position += 1
                }
                let word = index < 16 ? high : low
                let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index % 16))) & 15
                buffer[position] = nibble < 10 ? 0x30 + nibble : 0x61 + nibble - 10
                position += 1
            }
            return position
        }
    }
}
