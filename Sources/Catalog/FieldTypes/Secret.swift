/// A value that is written and never shown. On its way to the store it is sealed; only who acts with it opens it again.
public enum Secret: Sendable, Equatable {
    /// As the client sent it. Never stored: `Secret.sealing` replaces it.
    case plain(String)
    /// As the store keeps it, sealed by the server's key.
    case sealed(String)

    /// What stands where a secret is and does not show.
    public static let mask = "********"

    static let plainMark = "$secret"
    static let sealedMark = "$sealed"

    /// The document with every plain secret in it sealed by `seal`, to be stored.
    public static func sealing(_ document: JSONValue, with seal: (String) throws -> String) rethrows -> JSONValue {
        switch document {
        case .object(let object):
            if object.count == 1, let text = object[plainMark]?.string { return [sealedMark: .string(try seal(text))] }
            var sealed = JSONObject()
            for (name, value) in object { sealed[name] = try sealing(value, with: seal) }
            return .object(sealed)
        case .array(let elements): return .array(try elements.map { try sealing($0, with: seal) })
        default: return document
        }
    }
}

extension FieldType where Value == Secret {
    /// A secret text of 1–10,000 characters. Declare its field `.writeOnly`.
    public static let secret = FieldType(
        schema: ["type": "string", "minLength": 1, "maxLength": 10_000, "writeOnly": true],
        decode: { json, decoding in
            if decoding.isStored, let text = json[Secret.sealedMark]?.string { return .sealed(text) }
            return FieldType<String>.text(1...10_000).decode(json, &decoding).map(Secret.plain)
        },
        encode: { secret in
            switch secret {
            case .plain(let text): [Secret.plainMark: .string(text)]
            case .sealed(let text): [Secret.sealedMark: .string(text)]
            }
        }, show: { _ in .null })
}
