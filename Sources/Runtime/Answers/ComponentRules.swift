public import Catalog

/// A form in which a sub-agent may answer (manage spec §2.10), as a run needs it.
public struct ComponentRules: Sendable, Hashable {
    /// The id of the data component.
    public var id: String
    /// What models call it.
    public var name: String
    /// What it is for; nil when that was not said.
    public var description: String?
    /// The schema of its props, an object schema.
    public let schema: JSONValue
    private let input: ToolInput

    /// A form from its parts.
    public init(id: String, name: String, description: String? = nil, schema: JSONValue) {
        self.id = id
        self.name = name
        self.description = description
        self.schema = schema
        input = ToolInput(schema: schema)
    }

    /// Props as clients get them: without members that are null, and mended as inputs of tools are.
    ///
    /// - Throws: `ComponentRefusal` where they do not fit the schema, so that a client could not show them.
    func checked(_ props: JSONObject) throws(ComponentRefusal) -> JSONValue {
        let given = JSONValue.object(props)
        let (mended, violations) = input.mended(given.withoutNulls)
        // A member that must be there may be one that must be null.
        guard let first = violations.first, !input.mended(given).violations.isEmpty else { return mended }
        throw ComponentRefusal(reason: "A component '\(name)' was left out, as its props do not fit: \(first).")
    }

    /// Two with the same schema are the same, however it is compiled.
    public static func == (one: Self, other: Self) -> Bool {
        (one.id, one.name, one.description) == (other.id, other.name, other.description) && one.schema == other.schema
    }

    /// Of what it is made of.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(name)
        hasher.combine(schema)
    }
}

/// Why a component is not shown, in a sentence for people.
struct ComponentRefusal: Error {
    let reason: String
}
