/// A kind of value that fields hold: how it is described, read and written. New ones go beside this file, one a file.
public struct FieldType<Value: Sendable>: Sendable {
    /// The JSON Schema (2020-12) of the value as clients send it.
    public let schema: JSONObject
    /// The JSON Schema (2020-12) of the value as it is shown: the same but for members that are always or never there.
    public let shownSchema: JSONObject
    /// Reads a value; nil after it noted why in `Decoding`.
    public let decode: @Sendable (JSONValue, inout Decoding) -> Value?
    /// Writes a value as it is stored.
    public let encode: @Sendable (Value) -> JSONValue
    /// Writes a value as it is shown: the same but for what never shows.
    public let show: @Sendable (Value) -> JSONValue
    /// Where the secrets are in a value as it is stored; nil when there are none.
    public let secrets: SecretPlaces?

    /// A type from its parts; `shownSchema` only where it differs from `schema`, `show` where it does from `encode`,
    /// `secrets` where there are some.
    public init(
        schema: JSONObject, shownSchema: JSONObject? = nil,
        decode: @escaping @Sendable (JSONValue, inout Decoding) -> Value?,
        encode: @escaping @Sendable (Value) -> JSONValue,
        show: (@Sendable (Value) -> JSONValue)? = nil,
        secrets: SecretPlaces? = nil
    ) {
        self.schema = schema
        self.shownSchema = shownSchema ?? schema
        self.decode = decode
        self.encode = encode
        self.show = show ?? encode
        self.secrets = secrets
    }

    /// The same type with one more rule. `rule` answers why a value is refused, or nil.
    public func checked(_ rule: @escaping @Sendable (Value) -> String?) -> FieldType {
        FieldType(
            schema: schema, shownSchema: shownSchema,
            decode: { json, decoding in
                guard let value = decode(json, &decoding) else { return nil }
                if !decoding.isStored, let reason = rule(value) {
                    decoding.fail(reason)
                    return nil
                }
                return value
            }, encode: encode, show: show, secrets: secrets)
    }

    /// The same type with more said in its schema.
    public func described(_ members: JSONObject) -> FieldType {
        var (schema, shown) = (schema, shownSchema)
        for (name, value) in members {
            schema[name] = value
            shown[name] = value
        }
        return FieldType(
            schema: schema, shownSchema: shown, decode: decode, encode: encode, show: show, secrets: secrets)
    }
}

extension Decoding {
    /// Notes that the value is not of the type wanted.
    mutating func wrongType(_ wanted: String, _ json: JSONValue) { fail("must be \(wanted), not \(json.typeName)") }
}
