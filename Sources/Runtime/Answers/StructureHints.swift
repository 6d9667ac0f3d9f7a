import Catalog

/// What a model is told of the shape of a tool's result, so that its selectors find what is there (run spec §13.4). It
/// has names and counts of the result and at most one short value, to show how an item is chosen by it.
struct StructureHints: Sendable {
    private static let depthMax = 6
    private static let nodesMax = 2_000
    /// Elements of one array that are looked at: their members are much the same.
    private static let elementsMax = 20
    private static let terminalsMax = 30
    private static let arraysMax = 15
    private static let fieldsMax = 15
    private static let selectorsMax = 6
    private static let valueBytesMax = 40

    private var nodes = 0
    private var terminals: [String] = []
    private var arrays: [(path: String, count: Int)] = []
    private var fields: [String: Int] = [:]
    private var selectors: [String] = []

    /// The hints for a result; nil for one without members, of which there is nothing to say.
    static func of(_ output: JSONValue) -> JSONValue? {
        var hints = StructureHints()
        guard let document = document(output) else { return nil }
        hints.look(document, "", 0)
        guard !hints.terminals.isEmpty else { return nil }
        return hints.json
    }

    /// The result, or the JSON that its text is; nil for anything else.
    private static func document(_ output: JSONValue) -> JSONValue? {
        let document = output.string.flatMap { try? JSONValue(parsing: $0) } ?? output
        return document.object == nil && document.array == nil ? nil : document
    }

    private mutating func look(_ value: JSONValue, _ path: String, _ depth: Int) {
        nodes += 1
        guard nodes <= Self.nodesMax, depth <= Self.depthMax else { return }
        switch value {
        case .object(let object):
            for (name, member) in object {
                fields[name, default: 0] += 1
                let name = Self.written(name)
                look(member, path.isEmpty ? name : "\(path).\(name)", depth + 1)
            }
        case .array(let elements):
            if arrays.count < Self.arraysMax, !arrays.contains(where: { $0.path == path }) {
                arrays.append((path, elements.count))
                recommend(path, elements)
            }
            for element in elements.prefix(Self.elementsMax) { look(element, path + "[*]", depth + 1) }
        default:
            if !path.isEmpty, terminals.count < Self.terminalsMax, !terminals.contains(path) { terminals.append(path) }
        }
    }

    /// Selectors that find one item of an array of objects: the first, and one by a member that tells items apart.
    private mutating func recommend(_ path: String, _ elements: [JSONValue]) {
        // Within another array there is no one array that a selector could begin with.
        guard !path.contains("[*]"), let first = elements.first?.object, selectors.count < Self.selectorsMax else {
            return
        }
        selectors.append("\(path)[0]")
        for (name, value) in first {
            guard selectors.count < Self.selectorsMax, let text = value.string, Self.isPlain(text),
                elements.dropFirst().allSatisfy({ $0[name] != value })
            else { continue }
            return selectors.append("\(path)[?\(Self.written(name))=='\(text)'] | [0]")
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= valueBytesMax
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\\") }
    }

    /// A name as JMESPath has it: quoted where it is no identifier.
    private static func written(_ name: String) -> String {
        let isIdentifier =
            name.utf8.first.map { !(0x30...0x39).contains($0) } == true
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
                default: false
                }
            }
        return isIdentifier ? name : JSONValue.string(name).jsonText
    }

    private var json: JSONValue {
        let common = fields.filter { $0.value > 1 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return [
            "terminalPaths": .array(terminals.map(JSONValue.string)),
            "arrayPaths": .array(arrays.map { ["path": .string($0.path), "count": .integer(Int64($0.count))] }),
            "commonFields": .array(common.prefix(Self.fieldsMax).map { .string($0.key) }),
            "recommendedBaseSelectors": .array(selectors.map(JSONValue.string)),
            "note": "Selectors are JMESPath over this result. A base selector finds one item; details are within it.",
        ]
    }
}
