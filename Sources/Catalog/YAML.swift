import Yams

/// YAML texts as JSON values, and back. Plain scalars are read by the rules of YAML 1.2's JSON schema, so that `yes`,
/// `on` and `1e` stay text, and numbers keep the form in which they are written.
public enum YAML {
    /// Why a text cannot be read.
    public struct Fault: Error, CustomStringConvertible {
        /// A sentence for the author of the text.
        public let description: String
    }

    /// Reads one document; an empty text is null. Nested more than a thousand levels it is refused. What anchors name
    /// is repeated where it is used, however much that is: of a text from elsewhere, ask `hasAliases` first.
    public static func parse(_ text: String) throws(Fault) -> JSONValue {
        do {
            guard let node = try Yams.compose(yaml: text) else { return .null }
            return try value(of: node, depth: 0)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(description: "\(error)")
        }
    }

    /// Whether a text may use an anchor that it defines: there is a name with `&` and with `*` before it. A few lines
    /// of aliases of aliases stand for more than any machine can hold.
    public static func hasAliases(_ text: String) -> Bool {
        func names(after mark: UInt8) -> Set<[UInt8]> {
            let pieces = Array(text.utf8).split(separator: mark, omittingEmptySubsequences: false).dropFirst()
            return Set(pieces.map { Array($0.prefix { $0.isIdentifierByte && $0 != UInt8(ascii: ".") }) })
        }
        return !names(after: UInt8(ascii: "&")).isDisjoint(with: names(after: UInt8(ascii: "*")).subtracting([[]]))
    }

    /// Writes a document in a stable form: members in their order, long texts as blocks.
    public static func text(_ value: JSONValue) throws(Fault) -> String {
        do {
            return try Yams.serialize(node: node(for: value), width: -1, allowUnicode: true)
        } catch {
            throw Fault(description: "\(error)")
        }
    }

    private static func value(of node: Node, depth: Int) throws(Fault) -> JSONValue {
        guard depth < JSONValue.depthMax else {
            throw Fault(description: "nested more than \(JSONValue.depthMax) levels")
        }
        switch node {
        case .scalar(let scalar): return scalarValue(scalar)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(of: element, depth: depth + 1)) }
            return .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, member) in mapping {
                guard let name = key.scalar?.string else { throw Fault(description: "a name that is no plain text") }
                if object[name] != nil { throw Fault(description: "the member \(name) stands twice") }
                object[name] = try value(of: member, depth: depth + 1)
            }
            return .object(object)
        case .alias: throw Fault(description: "aliases are not supported")
        }
    }

    private static func scalarValue(_ scalar: Node.Scalar) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        switch scalar.string {
        case "", "~", "null": return .null
        case "true": return true
        case "false": return false
        default: return number(scalar.string) ?? .string(scalar.string)
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            return nil
        }
        return try? JSONValue(parsing: text)
    }

    private static func node(for value: JSONValue) -> Node {
        switch value {
        case .array(let elements): return .sequence(Node.Sequence(elements.map(node)))
        case .object(let object):
            return .mapping(Node.Mapping(object.map { (node(for: .string($0.key)), node(for: $0.value)) }))
        case .string(let text): return .scalar(Node.Scalar(text, Tag(.str), style(of: text)))
        default: return .scalar(Node.Scalar(value.jsonText, .implicit, .plain))
        }
    }

    /// Texts that a reader of any YAML version could take for something else are quoted.
    private static let ambiguous: Set<String> = [
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf", "-.inf", "=", "<<",
    ]

    private static func style(of text: String) -> Node.Scalar.Style {
        let blockable = text.contains("\n") && !text.contains("\r") && !text.hasPrefix(" ") && !text.hasPrefix("\n")
        if blockable, !text.split(separator: "\n").contains(where: { $0.hasSuffix(" ") || $0.contains("\t") }) {
            return .literal
        }
        let startsLikeNumber = text.first.map { $0.isNumber || "+-.".contains($0) } ?? true
        return ambiguous.contains(text.lowercased()) || startsLikeNumber ? .doubleQuoted : .any
    }
}
