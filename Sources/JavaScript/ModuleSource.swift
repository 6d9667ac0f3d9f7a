/// An ES module on its way to a CommonJS one (ECMA-262 §16.2). Works on tokens: imports and exports stand outside of
/// all brackets, and what is between them stays as it is.
struct ModuleSource {
    typealias Fault = JavaScriptLexer.Fault

    private let items: [JavaScriptLexer.Item]
    private var edits: SourceEdits
    private var index = 0
    /// What is exported, by name: an expression that is looked at whenever the export is.
    private var exports: [(name: String, value: String)] = []
    private var modules = 0

    init(_ source: String, _ items: [JavaScriptLexer.Item]) {
        self.items = items
        edits = SourceEdits(source)
    }

    /// Whether the token is the word of an `import(…)`.
    static func isImportCall(_ items: [JavaScriptLexer.Item], _ index: Int) -> Bool {
        guard items[index].token == .word("import"), !isMember(items, index), index + 1 < items.count else {
            return false
        }
        return items[index + 1].token == .mark("(")
    }

    private static func isMember(_ items: [JavaScriptLexer.Item], _ index: Int) -> Bool {
        index > 0 && [.mark("."), .mark("?.")].contains(items[index - 1].token)
    }

    mutating func commonJS() throws(Fault) -> String {
        var depth = 0
        while index < items.count {
            switch items[index].token {
            case .mark("("), .mark("["), .mark("{"), .mark("${"): depth += 1
            case .mark(")"), .mark("]"), .mark("}"), .mark("$}"): depth -= 1
            case .word("import") where Self.isImportCall(items, index):
                edits.replace(items[index].start..<items[index].end, with: "importModule")
            case .word("import") where at(1) == .mark(".") && !Self.isMember(items, index):
                edits.replace(items[index].start..<end(2), with: "({ url: __filename })")
                index += 2
            case .word("import") where depth == 0 && !Self.isMember(items, index): try importStatement()
            case .word("export") where depth == 0 && !Self.isMember(items, index): try exportStatement()
            default: break
            }
            index += 1
        }
        let getters = exports.map { name, value in
            "Object.defineProperty(exports, \(name), { enumerable: true, get: () => \(value) });"
        }
        return "\"use strict\";" + getters.joined() + edits.source
    }

    // MARK: Reading

    private func at(_ offset: Int) -> JavaScriptToken? {
        items.indices.contains(index + offset) ? items[index + offset].token : nil
    }

    private func end(_ offset: Int) -> Int {
        let place = min(index + offset, items.count - 1)
        return items[place].end
    }

    private func text(_ offset: Int) -> String {
        guard items.indices.contains(index + offset) else { return "" }
        return edits.text(items[index + offset].start..<items[index + offset].end)
    }

    private func isWord(_ offset: Int) -> Bool {
        if case .word = at(offset) { return true }
        return false
    }

    /// A word or a string as a string.
    private func quoted(_ offset: Int) -> String { at(offset) == .string ? text(offset) : "\"\(text(offset))\"" }

    /// The names between braces, of which the first is at `offset`, and the offset behind them.
    private func names(_ offset: inout Int) throws(Fault) -> [(first: Int, second: Int)] {
        var found: [(Int, Int)] = []
        offset += 1
        while at(offset) != .mark("}") {
            guard isWord(offset) || at(offset) == .string else { throw Fault(reason: "has a list that cannot be read") }
            let isRenamed = at(offset + 1) == .word("as")
            found.append((offset, isRenamed ? offset + 2 : offset))
            offset += isRenamed ? 3 : 1
            if at(offset) == .mark(",") { offset += 1 }
        }
        offset += 1
        return found
    }

    /// Reads `from "module"`, attributes and a semicolon. Returns the module as it is written.
    private func source(_ offset: inout Int) throws(Fault) -> String {
        guard at(offset) == .word("from"), at(offset + 1) == .string else {
            throw Fault(reason: "names no module where it imports one")
        }
        let name = text(offset + 1)
        offset += 2
        skipAttributes(&offset)
        return name
    }

    private func skipAttributes(_ offset: inout Int) {
        if at(offset) == .word("with"), at(offset + 1) == .mark("{") {
            while let token = at(offset), token != .mark("}") { offset += 1 }
            offset += 1
        }
        if at(offset) == .mark(";") { offset += 1 }
    }

    /// Replaces the statement that ends before `offset`.
    private mutating func replace(_ offset: Int, with text: String) {
        edits.replace(items[index].start..<end(offset - 1), with: text)
        index += offset - 1
    }

    private mutating func newModule() -> String {
        modules += 1
        return "__module\(modules)"
    }

    // MARK: Imports

    private mutating func importStatement() throws(Fault) {
        var offset = 1
        if at(1) == .string {
            let name = text(1)
            offset = 2
            skipAttributes(&offset)
            return replace(offset, with: "require(\(name));")
        }
        let module = newModule()
        var parts: [String] = []
        if isWord(offset) {
            parts.append("\(text(offset)) = \(module).default")
            offset += at(offset + 1) == .mark(",") ? 2 : 1
        }
        if at(offset) == .mark("*") {
            parts.append("\(text(offset + 2)) = \(module)")
            offset += 3
        } else if at(offset) == .mark("{") {
            let names = try names(&offset)
            let members = names.map { "\(quoted($0.first)): \(text($0.second))" }
            parts.append("{ \(members.joined(separator: ", ")) } = \(module)")
        }
        let name = try source(&offset)
        replace(offset, with: "const " + (["\(module) = require(\(name))"] + parts).joined(separator: ", ") + ";")
    }

    // MARK: Exports

    private mutating func exportStatement() throws(Fault) {
        switch at(1) {
        case .mark("{"): try exportList()
        case .mark("*"): try exportAll()
        case .word("default"): exportDefault()
        case .word("const"), .word("let"), .word("var"):
            for name in declaredNames() { exports.append(("\"\(name)\"", name)) }
            replace(1, with: "")
        default:
            guard let name = declaredName(1) else { throw Fault(reason: "has an export that cannot be read") }
            exports.append(("\"\(name)\"", name))
            replace(1, with: "")
        }
    }

    private mutating func exportList() throws(Fault) {
        var offset = 1
        let names = try names(&offset)
        guard at(offset) == .word("from") else {
            for name in names { exports.append((quoted(name.second), text(name.first))) }
            if at(offset) == .mark(";") { offset += 1 }
            return replace(offset, with: "")
        }
        let module = newModule()
        for name in names { exports.append((quoted(name.second), "\(module)[\(quoted(name.first))]")) }
        let name = try source(&offset)
        replace(offset, with: "const \(module) = require(\(name));")
    }

    private mutating func exportAll() throws(Fault) {
        let module = newModule()
        var offset = 2
        if at(2) == .word("as") {
            exports.append((quoted(3), module))
            offset = 4
            let name = try source(&offset)
            return replace(offset, with: "const \(module) = require(\(name));")
        }
        let name = try source(&offset)
        replace(
            offset,
            with: "const \(module) = require(\(name)); for (const name of Object.keys(\(module))) { "
                + "if (name !== \"default\" && !Object.hasOwn(exports, name)) "
                + "Object.defineProperty(exports, name, { enumerable: true, get: () => \(module)[name] }); }")
    }

    private mutating func exportDefault() {
        if let name = declaredName(2) {
            exports.append(("\"default\"", name))
            replace(2, with: "")
        } else {
            exports.append(("\"default\"", "__default"))
            replace(2, with: "const __default =")
        }
    }

    /// The name of the function or class that is declared; nil for none.
    private func declaredName(_ start: Int) -> String? {
        var offset = start
        if at(offset) == .word("async"), at(offset + 1) == .word("function") { offset += 1 }
        guard at(offset) == .word("function") || at(offset) == .word("class") else { return nil }
        offset += at(offset + 1) == .mark("*") ? 2 : 1
        guard isWord(offset), at(offset) != .word("extends") else { return nil }
        return text(offset)
    }

    /// The names that `const`, `let` or `var` declare, of those at offset 1.
    private func declaredNames() -> [String] {
        var names: [String] = []
        var (offset, depth) = (2, 0)
        var isName = true
        while let token = at(offset) {
            let item = items[index + offset]
            if depth == 0, !isName, item.isOnNewLine, token.beginsExpression,
                items[index + offset - 1].token.endsExpression
            {
                break
            }
            switch token {
            case .mark(";") where depth == 0: return names
            case .mark(",") where depth == 0: isName = true
            case .mark("=") where depth == 0: isName = false
            case .mark("{"), .mark("["), .mark("("), .mark("${"): depth += 1
            case .mark("}"), .mark("]"), .mark(")"), .mark("$}"): depth -= 1
            case .word where isName && depth == 0:
                names.append(text(offset))
                isName = false
            case .word where isName && [.mark(","), .mark("}"), .mark("]"), .mark("=")].contains(at(offset + 1)):
                names.append(text(offset))
            default: break
            }
            offset += 1
        }
        return names
    }
}
