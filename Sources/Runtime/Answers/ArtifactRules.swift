public import Catalog

/// A form in which artifacts are kept (manage spec §2.11), as a run needs it.
public struct ArtifactRules: Sendable, Hashable {
    /// The id of the artifact component.
    public var id: String
    /// What it is called.
    public var name: String
    /// What it is for; nil when that was not said.
    public var description: String?
    /// The schema of its fields, an object schema; nil for whatever the item is.
    public var schema: JSONValue?

    /// A form from its parts.
    public init(id: String, name: String, description: String? = nil, schema: JSONValue? = nil) {
        self.id = id
        self.name = name
        self.description = description
        self.schema = schema
    }

    /// The name as it stands in the name of a component, where only letters, digits, `_` and `-` may be.
    var toolName: String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") ? $0 : "_" })
    }

    /// The fields, in order; empty where anything may be kept.
    var fields: [String] { schema?["properties"]?.object?.keys ?? [] }

    /// Whether others see the field at first.
    func isInPreview(_ field: String) -> Bool { schema?["properties"]?[field]?["inPreview"]?.bool == true }

    /// The schemas of both parts as clients are told of them, without our own mark (run spec §4.3).
    var typeSchema: JSONValue? {
        guard let properties = schema?["properties"]?.object else { return nil }
        func part(_ isWanted: (String) -> Bool) -> JSONValue {
            let members = properties.filter { isWanted($0.key) }.map { name, property -> (String, JSONValue) in
                guard var object = property.object else { return (name, property) }
                object["inPreview"] = nil
                return (name, .object(object))
            }
            return ["type": "object", "properties": .object(JSONObject(members.map { (key: $0.0, value: $0.1) }))]
        }
        return ["preview": part(isInPreview), "full": part { _ in true }]
    }
}
