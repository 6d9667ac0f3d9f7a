/// A key that seals secrets: 256 random bits. It does not show when it is printed.
public struct SecretKey: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// Bytes of a key.
    public static let length = 32

    let bytes: [UInt8]

    /// The name of the key in what it sealed: 16 hexadecimal digits that follow from it and do not tell it.
    public let id: String

    /// The key of these bytes; nil unless there are 32 of them.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
        id = String(Hexadecimal.text(HMAC.sha256(Array("covey secret key".utf8), key: bytes)).prefix(16))
    }

    /// The key that a text names in base64, in the alphabet of either kind, or in hexadecimal; nil when it is none.
    public init?(text: some StringProtocol) {
        let unpadded = text.hasSuffix("=") ? text.dropLast() : text[...]
        let candidates = [Base64.standard.bytes(text), Base64.url.bytes(unpadded), Hexadecimal.bytes(text)]
        guard let bytes = candidates.compactMap(\.self).first(where: { $0.count == Self.length }) else { return nil }
        self.init(bytes)
    }

    /// A new key.
    public static func random() -> SecretKey {
        guard let key = SecretKey(Random.bytes(length)) else { preconditionFailure("keys have \(length) bytes") }
        return key
    }

    /// The key in base64, to be kept where nobody else reads it.
    public var text: String { Base64.standard.text(bytes) }

    /// The key's name.
    public var description: String { "key \(id)" }

    /// Nothing but the key's name.
    public var customMirror: Mirror { Mirror(self, children: ["id": id]) }

    /// Whether two keys are the same, in constant time.
    public static func == (left: SecretKey, right: SecretKey) -> Bool {
        ConstantTime.areEqual(left.bytes, right.bytes)
    }
}

/// The keys that a server holds: one seals, all open. With more than one, secrets can be sealed anew by another key
/// while those that the earlier one sealed are still read.
public struct Keyring: Sendable {
    /// The key that seals.
    public let current: SecretKey
    private let keys: [String: SecretKey]

    /// A ring with `current`, which seals, and others that only open.
    public init(_ current: SecretKey, and others: [SecretKey] = []) {
        self.current = current
        keys = Dictionary((others + [current]).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    /// The ids of all keys, sorted.
    public var ids: [String] { keys.keys.sorted() }

    /// Seals a text so that it is opened only in the same context: the sealed text can be stored and shown to whoever
    /// may not read it, but not be used anywhere else. Two seals of one text differ.
    ///
    /// - Parameter context: What the text belongs to, as parts that are told from each other: `["default", "shop"]`.
    public func seal(_ text: String, in context: [String]) -> String {
        let nonce = Random.bytes(SealedText.nonceLength)
        let sealed = GaloisCounterMode.encrypt(
            Array(text.utf8), key: current.bytes, nonce: nonce, authenticating: Self.bound(to: context, by: current.id))
        return SealedText(key: current.id, nonce: nonce, ciphertext: sealed.ciphertext, tag: sealed.tag).text
    }

    /// The text that was sealed in the same context.
    public func open(_ sealed: String, in context: [String]) throws(UnsealingError) -> String {
        guard let envelope = SealedText(sealed) else { throw .notSealed }
        guard let key = keys[envelope.key] else { throw .unknownKey(envelope.key) }
        let bytes = GaloisCounterMode.decrypt(
            envelope.ciphertext, tag: envelope.tag, key: key.bytes, nonce: envelope.nonce,
            authenticating: Self.bound(to: context, by: key.id))
        guard let bytes, let text = String(validating: bytes, as: UTF8.self) else { throw .notGenuine(key.id) }
        return text
    }

    /// The text that was sealed by an earlier key, sealed by the current one in the same context; nil for what is not
    /// sealed, or by the current key already.
    public func resealed(_ text: String, in context: [String]) throws(UnsealingError) -> String? {
        guard let envelope = SealedText(text), envelope.key != current.id else { return nil }
        return seal(try open(text, in: context), in: context)
    }

    /// The context as bytes. Each part says its length, so that no two contexts are the same bytes.
    private static func bound(to context: [String], by key: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in [SealedText.version, key] + context {
            withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { bytes += $0 }
            bytes += part.utf8
        }
        return bytes
    }
}

/// Why a sealed text cannot be opened. It names the key and never what is sealed.
public enum UnsealingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text is not a sealed one.
    case notSealed
    /// It was sealed by a key, of this id, that is not on the ring.
    case unknownKey(String)
    /// It was not sealed by this key in this context, or was changed since.
    case notGenuine(String)

    /// What is wrong, for the log.
    public var description: String {
        switch self {
        case .notSealed: "A stored secret is not a sealed text."
        case .unknownKey(let id):
            "A stored secret was sealed by key \(id), which this server does not hold. "
                + "Add it after the current one in COVEY_SECRET_KEY or its file."
        case .notGenuine(let id):
            "A stored secret was not sealed by key \(id) for this place, or was changed since."
        }
    }
}
