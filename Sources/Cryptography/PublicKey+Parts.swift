/// Public keys from their numbers, as JSON Web Keys have them: they are put into the form that libcrypto reads, which
/// checks them.
extension PublicKey {
    /// Bytes of the largest modulus that is taken.
    private static let modulusBytesMax = 2048
    /// Bytes of the largest public exponent that is taken.
    private static let exponentBytesMax = 8

    /// An RSA key (RFC 7518 §6.3.1); nil when the numbers are none of one.
    ///
    /// - Parameters:
    ///   - modulus: big-endian.
    ///   - exponent: big-endian.
    public init?(rsaModulus modulus: [UInt8], exponent: [UInt8]) {
        guard let low = exponent.last, !low.isMultiple(of: 2), (1...Self.modulusBytesMax).contains(modulus.count),
            exponent.count <= Self.exponentBytesMax, exponent != [1]
        else { return nil }
        let numbers = DER.sequence(DER.integer(modulus) + DER.integer(exponent))
        self.init(der: DER.sequence(DER.sequence(DER.rsaEncryption + DER.null) + DER.bits(numbers)))
    }

    /// A key on `P-256`, `P-384` or `P-521` (RFC 7518 §6.2.1); nil when the point is not on the curve, or its
    /// coordinates are not of full length.
    public init?(curve: String, x: [UInt8], y: [UInt8]) {
        guard let (name, length) = DER.curves[curve], x.count == length, y.count == length else { return nil }
        self.init(der: DER.sequence(DER.sequence(DER.ellipticCurveKey + name) + DER.bits([0x04] + x + y)))
    }

    /// An `Ed25519` or `Ed448` key (RFC 8037 §2); nil when it has another length.
    public init?(edwards curve: String, _ bytes: [UInt8]) {
        guard let (name, length) = DER.edwardsCurves[curve], bytes.count == length else { return nil }
        self.init(der: DER.sequence(DER.sequence(name) + DER.bits(bytes)))
    }
}

/// The little of the distinguished encoding rules (X.690) that a public key needs.
private enum DER {
    // Object identifiers, with tag and length (RFC 3279 §2.3, RFC 5480 §2.1.1, RFC 8410 §3).
    static let rsaEncryption: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
    static let ellipticCurveKey: [UInt8] = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    static let curves: [String: (name: [UInt8], length: Int)] = [
        "P-256": ([0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], 32),
        "P-384": ([0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22], 48),
        "P-521": ([0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23], 66),
    ]
    static let edwardsCurves: [String: (name: [UInt8], length: Int)] = [
        "Ed25519": ([0x06, 0x03, 0x2B, 0x65, 0x70], 32), "Ed448": ([0x06, 0x03, 0x2B, 0x65, 0x71], 57),
    ]
    static let null: [UInt8] = [0x05, 0x00]

    static func sequence(_ content: [UInt8]) -> [UInt8] { [0x30] + length(content.count) + content }

    static func bits(_ content: [UInt8]) -> [UInt8] { [0x03] + length(content.count + 1) + [0] + content }

    /// A natural number: no zero before it but where its first bit would make it negative.
    static func integer(_ number: [UInt8]) -> [UInt8] {
        var number = Array(number.drop { $0 == 0 })
        if number.first.map({ $0 >= 0x80 }) ?? true { number.insert(0, at: 0) }
        return [0x02] + length(number.count) + number
    }

    private static func length(_ count: Int) -> [UInt8] {
        guard count >= 0x80 else { return [UInt8(count)] }
        let bytes = withUnsafeBytes(of: UInt32(count).bigEndian) { $0.drop { $0 == 0 } }
        return [0x80 | UInt8(bytes.count)] + bytes
    }
}
