import Catalog

/// Which headers of a request an agent wants, and how they must be (run spec §12.2). Without a schema none are kept
/// (§31 no. 5).
struct HeadersSchema: Sendable {
    /// Credentials for this server and of browsers. They are never kept, whatever a schema says.
    static let neverKept: Set<String> = ["authorization", "cookie", "proxy-authorization", "set-cookie"]

    private let document: JSONValue
    private let input: ToolInput

    /// The headers that `schema` describes; nil for none. Names of headers have no case.
    init(_ schema: JSONValue?) {
        document = schema.map(Self.opened) ?? [:]
        input = ToolInput(schema: document)
    }

    /// Headers that fit, as templates see them, and nothing that the schema does not name.
    ///
    /// - Parameter headers: The headers of the request by their names in lower case.
    /// - Throws: what does not fit, each as a path and a rule.
    func kept(_ headers: [String: String]) throws(HeaderFailure) -> JSONObject {
        guard document["properties"]?.object?.isEmpty == false else { return [:] }
        let shown = headers.filter { !Self.neverKept.contains($0.key) }
        let given = JSONObject(
            shown.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSONValue.string($0.value)) })
        let (value, violations) = input.mended(.object(given))
        guard violations.isEmpty else { throw HeaderFailure(violations) }
        return Self.reduced(value, to: document).object ?? [:]
    }

    /// The schema with names of headers in lower case, in which no object is closed.
    private static func opened(_ schema: JSONValue) -> JSONValue {
        guard var root = withoutClosing(schema).object else { return schema }
        if let properties = root["properties"]?.object {
            root["properties"] = .object(
                JSONObject(properties.map { (key: $0.key.lowercased(), value: $0.value) }))
        }
        if let required = root["required"]?.array {
            root["required"] = .array(required.map { $0.string.map { .string($0.lowercased()) } ?? $0 })
        }
        return .object(root)
    }

    private static func withoutClosing(_ schema: JSONValue) -> JSONValue {
        switch schema {
        case .array(let elements): return .array(elements.map(withoutClosing))
        case .object(let object):
            var open: JSONObject = [:]
            for (name, value) in object {
                if ["additionalProperties", "unevaluatedProperties"].contains(name), value == false { continue }
                open[name] = ["enum", "const", "default", "examples"].contains(name) ? value : withoutClosing(value)
            }
            return .object(open)
        default: return schema
        }
    }

    /// What of a value the schema names, objects within objects too.
    private static func reduced(_ value: JSONValue, to schema: JSONValue) -> JSONValue {
        guard case .object(let object) = value, let properties = schema["properties"]?.object else { return value }
        var kept: JSONObject = [:]
        for (name, property) in properties {
            if let member = object[name] { kept[name] = reduced(member, to: property) }
        }
        return .object(kept)
    }
}

/// Headers that an agent cannot work with.
struct HeaderFailure: Error {
    let violations: [JSONSchemaViolation]

    init(_ violations: [JSONSchemaViolation]) { self.violations = violations }

    /// What the client is told: 400, with each header at fault.
    var problem: Problem {
        let details = violations.map(\.description).joined(separator: "; ")
        return Problem(
            .badRequest, "Invalid headers: \(details)",
            broken: violations.map { violation in
                Problem.Broken(["headers"] + violation.path.map(\.text), violation.message)
            })
    }
}

extension JSONSchemaViolation.Segment {
    fileprivate var text: String {
        switch self {
        case .name(let name): name
        case .index(let index): String(index)
        }
    }
}
