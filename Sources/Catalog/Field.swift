/// One member of a structure: its name on the wire, where it lives, its type, and what the user should know of it.
public struct Field<Root>: Sendable {
    /// The name on the wire.
    public let name: String
    /// What it is for, written for users: OpenAPI description, command-line help, console hint.
    public let help: String
    /// The JSON Schema of the value as clients send it.
    public let schema: JSONObject
    /// The JSON Schema of the value as it is shown when it is set.
    public let shownSchema: JSONObject
    /// Who may write and see it.
    public let mode: FieldMode
    /// Whether a create must name it.
    public let required: Bool
    /// Whether null is taken, and means "none".
    public let nullable: Bool
    /// What the value points at, or nil when it is no reference.
    public let reference: Reference?
    /// Where the secrets are in the stored member; nil when there are none.
    public let secrets: SecretPlaces?
    /// Reads a member into the value, noting what is broken.
    let assign: @Sendable (JSONValue, inout Root, inout Decoding) -> Void
    /// The member as stored; nil when it is unset.
    let encode: @Sendable (Root) -> JSONValue?
    /// The member as shown; nil when it is unset.
    let show: @Sendable (Root) -> JSONValue?
}

/// Who may write a field, and where it shows.
public enum FieldMode: Sendable, Equatable {
    /// Written by create and update, shown.
    case normal
    /// Written by create, shown; later writes of it are ignored.
    case createOnly
    /// Set by the server, shown.
    case readOnly
    /// Written by create and update, never shown: secrets.
    case writeOnly
    /// Taken from the path of the request on create, stored, shown.
    case fromPath
    /// Written by the server alone, stored, never shown.
    case hidden
    /// Written by the server alone, stored, shown: who made it, what it was given.
    case recorded
    /// Written by create and update and shown, but kept by another member: another way to say the same.
    case alias
    /// Taken by create and update, neither kept nor shown: what becomes of it is the resource's rule.
    case request

    /// Whether a client may write it.
    func takes(creating: Bool) -> Bool {
        switch self {
        case .normal, .writeOnly, .alias, .request: true
        case .createOnly: creating
        case .readOnly, .fromPath, .hidden, .recorded: false
        }
    }

    /// Whether the store keeps it.
    var isStored: Bool { self != .readOnly && self != .alias && self != .request }

    /// Whether it is in the schema of a use.
    func shows(in use: SchemaUse) -> Bool {
        switch use {
        case .create: takes(creating: true)
        case .update: takes(creating: false)
        case .view: self != .writeOnly && self != .hidden && self != .request
        }
    }
}

/// Declares a member that always has a value.
///
/// - Parameters:
///   - name: The name on the wire.
///   - path: Where the value lives.
///   - type: How it is read, written and described.
///   - help: What it is for, written for users.
///   - mode: Who may write and see it.
///   - required: Whether a create must name it.
///   - reference: What it points at; the value must then be an id or a list of ids.
public func field<Root, Value>(
    _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ type: FieldType<Value>, _ help: String,
    _ mode: FieldMode = .normal, required: Bool = false, reference: Reference? = nil
) -> Field<Root> {
    Field(
        name: name, help: help, schema: type.schema, shownSchema: type.shownSchema, mode: mode, required: required,
        nullable: false, reference: reference, secrets: type.secrets,
        assign: { json, root, decoding in
            if json.isNull, !type.schema.takesNull { return decoding.fail("must not be null") }
            if let value = type.decode(json, &decoding) { root[keyPath: path] = value }
        }, encode: { type.encode($0[keyPath: path]) }, show: { type.show($0[keyPath: path]) })
}

/// Declares a member that may be unset: null clears it, and in answers an unset one is null or left out.
public func field<Root, Value>(
    _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ type: FieldType<Value>, _ help: String,
    _ mode: FieldMode = .normal, required: Bool = false, reference: Reference? = nil
) -> Field<Root> {
    Field(
        name: name, help: help, schema: type.schema.allowingNull, shownSchema: type.shownSchema, mode: mode,
        required: required, nullable: true, reference: reference, secrets: type.secrets,
        assign: { json, root, decoding in
            if json.isNull {
                root[keyPath: path] = nil
            } else if let value = type.decode(json, &decoding) {
                root[keyPath: path] = value
            }
        }, encode: { $0[keyPath: path].map(type.encode) }, show: { $0[keyPath: path].map(type.show) })
}
