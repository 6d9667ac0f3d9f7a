/// An object whose members are declared: a resource, or an object nested in one. Schema, decoding with all broken
/// fields at once, and encoding are derived from `fields`.
public protocol Structure: Sendable {
    /// The structure with every default in place.
    init()
    /// The members, in the order in which they are shown. Declare it with `static let`.
    static var fields: [Field<Self>] { get }
    /// What becomes of members that are not declared; dropped unless said otherwise (manage spec §0.7).
    static var unknownMembers: UnknownMembers<Self> { get }
    /// Rules that span several fields: notes what is broken. Called after every field was read without fault.
    func check(_ decoding: inout Decoding)
}

/// What becomes of members of a body that the structure does not declare.
public enum UnknownMembers<Root>: Sendable {
    /// Silently dropped.
    case drop
    /// A broken field each.
    case refuse
    /// Kept as they came, in the order in which they came.
    case keep(any WritableKeyPath<Root, JSONObject> & Sendable)
}

extension Structure {
    /// Members that are not declared are dropped.
    public static var unknownMembers: UnknownMembers<Self> { .drop }
    /// No rules across fields.
    public func check(_ decoding: inout Decoding) {}

    /// The JSON Schema of the whole object as clients send it.
    public static var schema: JSONObject { schema(for: .create) }

    /// The JSON Schema of the object in one of its roles.
    ///
    /// - Parameter withNulls: Whether a view shows unset members as null, as `members(withNulls:)` does.
    public static func schema(for use: SchemaUse, withNulls: Bool = false) -> JSONObject {
        var properties = JSONObject()
        var required: [JSONValue] = []
        for field in fields where field.mode.shows(in: use) {
            var schema = use == .view ? field.shownSchema : field.schema
            if use == .view, withNulls, field.nullable { schema = schema.allowingNull }
            if !field.help.isEmpty { schema["description"] = .string(field.help) }
            properties[field.name] = .object(schema)
            let isRequired =
                switch use {
                case .create: field.required
                case .update: false
                case .view: withNulls || !field.nullable
                }
            if isRequired { required.append(.string(field.name)) }
        }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required) }
        if case .refuse = unknownMembers, use != .view { schema["additionalProperties"] = false }
        return schema
    }

    /// Reads `json` into this value: members that are there are set, absent ones stay as they are.
    ///
    /// - Parameters:
    ///   - creating: Whether this is a new value: required members must be there, create-only ones are taken.
    /// - Returns: Whether nothing was broken; what was is noted in `decoding`.
    public mutating func assign(_ json: JSONValue, creating: Bool, _ decoding: inout Decoding) -> Bool {
        guard let members = json.object else {
            decoding.wrongType("an object", json)
            return false
        }
        let brokenBefore = decoding.broken.count
        for field in Self.fields where decoding.isStored ? field.mode.isStored : field.mode.takes(creating: creating) {
            if let member = members[field.name] {
                decoding.within(field.name) { field.assign(member, &self, &$0) }
            } else if creating, field.required {
                decoding.fail("Required", at: field.name)
            }
        }
        takeUnknown(members, &decoding)
        if !decoding.isStored, decoding.broken.count == brokenBefore { check(&decoding) }
        return decoding.broken.count == brokenBefore
    }

    private mutating func takeUnknown(_ members: JSONObject, _ decoding: inout Decoding) {
        switch Self.unknownMembers {
        case .drop: return
        case .refuse:
            for name in members.keys where !Self.declares(name) { decoding.fail("is not a known member", at: name) }
        case .keep(let path):
            for (name, value) in members where !Self.declares(name) { self[keyPath: path][name] = value }
        }
    }

    /// Where the secrets are in the stored value; nil when there are none.
    static var secrets: SecretPlaces? {
        let members = fields.compactMap { field in field.secrets.map { (field.name, $0) } }
        return members.isEmpty ? nil : .members(Dictionary(members, uniquingKeysWith: { $1 }))
    }

    private static func declares(_ name: String) -> Bool { fields.contains { $0.name == name } }

    /// The value as it is stored: every member that is set. Unset ones are left out, but for those that would have a
    /// value if nothing were said of them: they are null.
    public var document: JSONValue {
        var object = JSONObject()
        var defaults: Self?
        for field in Self.fields where field.mode.isStored {
            if let value = field.encode(self) {
                object[field.name] = value
            } else {
                let untouched = defaults ?? Self()
                defaults = untouched
                if field.encode(untouched) != nil { object[field.name] = .null }
            }
        }
        keepUnknown(in: &object)
        return .object(object)
    }

    /// The value as clients see it, unset members left out; write-only members never show.
    public var view: JSONValue { .object(members(withNulls: false)) }

    /// The members as clients see them.
    ///
    /// - Parameter withNulls: Whether a member that is unset and may be null shows as null; else it is left out.
    public func members(withNulls: Bool) -> JSONObject {
        var object = JSONObject()
        for field in Self.fields where field.mode.shows(in: .view) {
            if let value = field.show(self) {
                object[field.name] = value
            } else if withNulls, field.nullable {
                object[field.name] = .null
            }
        }
        keepUnknown(in: &object)
        return object
    }

    /// Every member that is stored and set, as it may be shown, hidden ones too: of a secret only that there is one.
    var masked: JSONObject {
        var object = document.object ?? [:]
        for field in Self.fields {
            guard let stored = object[field.name], !stored.isNull else { continue }
            object[field.name] = field.mode == .writeOnly ? .string(Secret.mask) : field.show(self) ?? .null
        }
        return object
    }

    private func keepUnknown(in object: inout JSONObject) {
        guard case .keep(let path) = Self.unknownMembers else { return }
        for (name, value) in self[keyPath: path] { object[name] = value }
    }

    /// The value that a body of a request says, as a new one.
    public init(body: JSONValue) throws(Problem) {
        self.init()
        var decoding = Decoding()
        _ = assign(body, creating: true, &decoding)
        try decoding.finish()
    }

    /// Reads a stored document. Lenient: what no longer fits a declaration keeps its default, so that a stricter rule
    /// never locks stored data away.
    public init(stored document: JSONValue) {
        self.init()
        var ignored = Decoding(isStored: true)
        _ = assign(document, creating: true, &ignored)
    }
}

/// The three roles in which a structure appears on the wire.
public enum SchemaUse: Sendable {
    /// The body of a create: required members must be there.
    case create
    /// The body of an update: every member may be absent, which leaves it unchanged.
    case update
    /// What is answered.
    case view
}
