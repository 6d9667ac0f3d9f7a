/// Replacements in a source, by bytes of its UTF-8, in the order of their places.
struct SourceEdits {
    private let bytes: [UInt8]
    private var edited: [UInt8] = []
    private var position = 0

    init(_ source: String) { bytes = Array(source.utf8) }

    /// The source between two places.
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// Puts `text` for what is there. Its line breaks stay, so that later lines keep their numbers.
    mutating func replace(_ range: Range<Int>, with text: String) {
        edited += bytes[position..<range.lowerBound]
        edited += text.utf8
        edited += bytes[range].filter { $0 == UInt8(ascii: "\n") }
        position = range.upperBound
    }

    /// The source with everything replaced.
    var source: String { String(decoding: edited + bytes[position...], as: UTF8.self) }
}

extension JavaScript {
    /// The source with each `import(…)` as a call of `importModule`, which whoever runs the source provides, because
    /// the engine has no way to load modules. A source that cannot be split into tokens stays as it is.
    public static func callingImports(_ source: String) -> String {
        guard source.contains("import"), let items = try? JavaScriptLexer.tokens(of: source) else { return source }
        var edits = SourceEdits(source)
        for (index, item) in items.enumerated() where ModuleSource.isImportCall(items, index) {
            edits.replace(item.start..<item.end, with: "importModule")
        }
        return edits.source
    }

    /// The body of a CommonJS module that does what an ES module does: it asks `require` for what it imports and
    /// defines what it exports on `exports`, where later changes show. What it imports is taken when the import is
    /// reached.
    ///
    /// - Throws: `ScriptFault` for what cannot be read or has no such form, as `await` outside of functions.
    public static func commonJS(of source: String) throws(ScriptFault) -> String {
        do throws(JavaScriptLexer.Fault) {
            var module = ModuleSource(source, try JavaScriptLexer.tokens(of: source))
            return try module.commonJS()
        } catch {
            throw ScriptFault(message: "The module \(error.reason)")
        }
    }
}
