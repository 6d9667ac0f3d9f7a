/// A value that is written and never shown. On its way to the store it is sealed (`Sealing`); only who acts with it
/// opens it again.
public enum Secret: Sendable, Equatable {
    /// As the client sent it. Never stored.
    case plain(String)
    /// As the store keeps it, sealed by the server's key.
    case sealed(String)
    /// The client sent back the mask that it was shown: what is stored stays.
    case kept

    /// What is shown in place of a secret. A client that sends it back keeps what is stored.
    public static let mask = "********"

    private static let plainMark = "$secret"
    private static let sealedMark = "$sealed"
    private static let keptMark = "$kept"

    /// The secret of a document's member; nil when that is none. A text is a secret that was stored before secrets were
    /// sealed.
    public init?(_ json: JSONValue) {
        switch json {
        case .string(let text): self = .plain(text)
        case .object(let object):
            if let text = object[Self.sealedMark]?.string {
                self = .sealed(text)
            } else if let text = object[Self.plainMark]?.string {
                self = .plain(text)
            } else if object[Self.keptMark] != nil {
                self = .kept
            } else {
                return nil
            }
        default: return nil
        }
    }

    /// The secret that a client's text means.
    init(sent text: String) { self = text == Self.mask ? .kept : .plain(text) }

    /// The secret as a member of a document.
    public var json: JSONValue {
        switch self {
        case .plain(let text): [Self.plainMark: .string(text)]
        case .sealed(let text): [Self.sealedMark: .string(text)]
        case .kept: [Self.keptMark: true]
        }
    }
}

extension Secret: CustomStringConvertible, CustomReflectable {
    /// The mask: a secret does not show when it is printed.
    public var description: String { Self.mask }

    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension FieldType where Value == Secret {
    /// A secret text of 1–10,000 characters. Declare its field `.writeOnly`; where the mask is shown instead, sending
    /// it back keeps what is stored.
    public static let secret = FieldType(
        schema: ["type": "string", "minLength": 1, "maxLength": 10_000, "writeOnly": true],
        decode: { json, decoding in
            if decoding.isStored { return Secret(json) }
            return FieldType<String>.text(1...10_000).decode(json, &decoding).map(Secret.init(sent:))
        },
        encode: { $0.json }, show: { _ in .string(Secret.mask) }, secrets: .here)
}

extension SecretPlaces {
    /// The document in which what the client left as it was (`Secret.kept`) is what `old` has in its place. Where that
    /// has nothing, a broken field is noted.
    public func keeping(_ document: JSONValue, as old: JSONValue?, _ decoding: inout Decoding) -> JSONValue {
        guard contains(in: document, where: { Secret($0) == .kept }) else { return document }
        return replacing(in: document, beside: old) { value, old, path in
            guard Secret(value) == .kept else { return value }
            if let old, let stored = Secret(old), stored != .kept { return old }
            decoding.fail(Self.nothingKept, along: path)
            return value
        }
    }

    /// Why a mask is refused.
    public static let nothingKept =
        "is the mask \(Secret.mask), which keeps the stored secret, and none is stored: send the secret itself"

    func masking(_ document: JSONValue) -> JSONValue {
        replacing(in: document) { value, _, _ in
            if let text = value.string, HeaderMap.isTemplate(text) { return value }
            return .string(Secret.mask)
        }
    }
}

extension Kind {
    /// A document of the kind with the mask in place of each secret, for whoever shows or compares documents as they
    /// are stored.
    public func masking(_ document: JSONValue) -> JSONValue { secrets?.masking(document) ?? document }
}
