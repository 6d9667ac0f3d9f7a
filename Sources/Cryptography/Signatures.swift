import CCrypto

extension PublicKey.Algorithm {
    /// The digest that is signed; nil where the algorithm has its own.
    var digest: OpaquePointer? {
        switch self {
        case .rs256, .es256: EVP_sha256()
        case .rs384, .es384: EVP_sha384()
        case .rs512, .es512: EVP_sha512()
        case .edDSA: nil
        }
    }

    /// Bytes of each of the two integers of a signature by ECDSA (RFC 7518 §3.4); nil for other algorithms.
    var integerBytes: Int? {
        switch self {
        case .es256: 32
        case .es384: 48
        case .es512: 66
        case .rs256, .rs384, .rs512, .edDSA: nil
        }
    }
}

/// A signature by ECDSA, which tokens write as two integers of full length and libcrypto as a sequence in DER.
struct ECDSASignature {
    /// Both integers, big-endian, each as long as the order of the curve.
    let joined: [UInt8]
    /// The sequence of both (RFC 3279 §2.2.3).
    let der: [UInt8]

    /// Reads the form of tokens; nil when it has another length.
    init?(joined: [UInt8], width: Int) {
        guard joined.count == 2 * width, let pair = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(pair) }
        let r = joined.withUnsafeBufferPointer { BN_bin2bn($0.baseAddress, Int32(width), nil) }
        let s = joined.withUnsafeBufferPointer { buffer in
            BN_bin2bn(buffer.baseAddress.map { $0 + width }, Int32(width), nil)
        }
        guard let r, let s, ECDSA_SIG_set0(pair, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            return nil
        }
        guard let der = encoded({ i2d_ECDSA_SIG(pair, $0) }) else { return nil }
        self.der = der
        self.joined = joined
    }

    /// Reads the form of libcrypto; nil when it is none, or a number is longer than `width` bytes.
    init?(der: [UInt8], width: Int) {
        let pair = der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return d2i_ECDSA_SIG(nil, &position, buffer.count)
        }
        guard let pair else { return nil }
        defer { ECDSA_SIG_free(pair) }
        var r = [UInt8](repeating: 0, count: width)
        var s = r
        guard BN_bn2binpad(ECDSA_SIG_get0_r(pair), &r, Int32(width)) == Int32(width),
            BN_bn2binpad(ECDSA_SIG_get0_s(pair), &s, Int32(width)) == Int32(width)
        else { return nil }
        joined = r + s
        self.der = der
    }
}

/// What one of libcrypto's functions `i2d_…` writes: asked for the length first, then for the bytes.
func encoded(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8]? {
    let length = write(nil)
    guard length > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(length))
    let written = bytes.withUnsafeMutableBufferPointer { buffer in
        var position = buffer.baseAddress
        return write(&position)
    }
    return written == length ? bytes : nil
}
