import Catalog
import Cryptography
import Outbound

/// The arguments of a tool that calls repeat as header fields, for what stands before the server: those whose schema
/// says `x-mcp-header` (revision 2026-07-28, streamable HTTP, custom headers).
struct ParameterHeaders: Sendable, Equatable {
    /// The names of members that lead to the argument, and what follows `Mcp-Param-`.
    private(set) var fields: [(path: [String], name: String)] = []

    static func == (left: ParameterHeaders, right: ParameterHeaders) -> Bool {
        left.fields.elementsEqual(right.fields) { $0.path == $1.path && $0.name == $1.name }
    }

    /// None.
    init() {}

    /// What an input schema asks for; nil when it asks for what may not be: then the tool must not be used.
    init?(_ schema: JSONObject) {
        guard gather(.object(schema), at: []) else { return nil }
        let names = fields.map { $0.name.lowercased() }
        guard Set(names).count == names.count else { return nil }
    }

    private static let mark = "x-mcp-header"
    private static let types: Set<String> = ["string", "integer", "boolean"]

    private mutating func gather(_ schema: JSONValue, at path: [String]) -> Bool {
        guard let object = schema.object else { return true }
        if let name = object[Self.mark] {
            guard !path.isEmpty, let name = name.string, Self.isToken(name),
                let type = object["type"]?.string, Self.types.contains(type)
            else { return false }
            fields.append((path, name))
        }
        for (keyword, value) in zip(object.keys, object.values) {
            switch keyword {
            case "properties":
                for (name, property) in value.object.map({ Array(zip($0.keys, $0.values)) }) ?? [] {
                    guard gather(property, at: path + [name]) else { return false }
                }
            // What stands there is data and no schema.
            case "default", "examples", "const", "enum", Self.mark: continue
            default: if Self.isMarked(value) { return false }
            }
        }
        return true
    }

    /// Whether a schema that not every argument must fit asks for a header field.
    private static func isMarked(_ value: JSONValue) -> Bool {
        switch value {
        case .array(let elements): elements.contains(where: isMarked)
        case .object(let members): members[mark] != nil || members.values.contains(where: isMarked)
        default: false
        }
    }

    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// The header fields of a call with these arguments.
    func headers(_ arguments: JSONObject) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for (path, name) in fields {
            var value: JSONValue? = .object(arguments)
            for member in path { value = value?.object?[member] }
            switch value {
            case .string(let text): headers["Mcp-Param-\(name)"] = Self.encoded(text)
            case .bool, .integer, .number: headers["Mcp-Param-\(name)"] = value?.jsonText
            case .array, .object, .null, nil: continue
            }
        }
        return headers
    }

    /// A text as the value of a header field: as it is where that survives the way, else in base64 with marks around.
    static func encoded(_ text: String) -> String {
        let isPlain =
            text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && text.first != " " && text.last != " "
            && !(text.hasPrefix("=?base64?") && text.hasSuffix("?="))
        return isPlain ? text : "=?base64?\(Base64.standard.text(Array(text.utf8)))?="
    }
}
