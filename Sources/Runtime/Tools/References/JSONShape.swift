import Catalog

/// What a value looks like, in words and without its contents.
enum JSONShape {
    /// How deep it is told.
    static let depth = 3
    private static let membersMax = 20
    private static let lengthMax = 1_500

    /// For example `an object of items: an array of 3, each an object of id: integer, body: string`.
    static func described(_ value: JSONValue) -> String {
        let text = described(value, depth)
        return text.count <= lengthMax ? text : text.prefix(lengthMax) + "…"
    }

    private static func described(_ value: JSONValue, _ depth: Int) -> String {
        switch value {
        case .object(let object):
            if object.isEmpty { return "an empty object" }
            guard depth > 0 else { return "an object" }
            let members = object.prefix(membersMax).map { "\($0.key): \(described($0.value, depth - 1))" }
            let more = object.count > membersMax ? ", and \(object.count - membersMax) more" : ""
            return "an object of {\(members.joined(separator: ", "))\(more)}"
        case .array(let elements):
            guard let first = elements.first else { return "an empty array" }
            guard depth > 0 else { return "an array of \(elements.count)" }
            return "an array of \(elements.count), the first being \(described(first, depth - 1))"
        default: return value.typeName
        }
    }
}
