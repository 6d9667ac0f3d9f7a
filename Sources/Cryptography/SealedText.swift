/// A sealed text in its parts. Its form is `v1.KEY.BYTES`: the id of the key, and in base64 for addresses the nonce,
/// the ciphertext and the tag of AES-256-GCM.
struct SealedText: Equatable {
    static let version = "v1"
    static let nonceLength = 12
    static let tagLength = 16
    private static let keyLength = 16

    let key: String
    let nonce: [UInt8]
    let ciphertext: [UInt8]
    let tag: [UInt8]

    init(key: String, nonce: [UInt8], ciphertext: [UInt8], tag: [UInt8]) {
        self.key = key
        self.nonce = nonce
        self.ciphertext = ciphertext
        self.tag = tag
    }

    /// The parts of a text; nil when it is not of this form.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.version, parts[1].utf8.count == Self.keyLength,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            let bytes = Base64.url.bytes(parts[2]), bytes.count >= Self.nonceLength + Self.tagLength
        else { return nil }
        key = String(parts[1])
        nonce = Array(bytes.prefix(Self.nonceLength))
        ciphertext = Array(bytes.dropFirst(Self.nonceLength).dropLast(Self.tagLength))
        tag = Array(bytes.suffix(Self.tagLength))
    }

    var text: String { "\(Self.version).\(key).\(Base64.url.text(nonce + ciphertext + tag))" }
}
