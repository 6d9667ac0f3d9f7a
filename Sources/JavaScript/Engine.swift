/// One context of JavaScriptCore, used for checking alone. Belongs to the thread that made it.
final class Engine {
    private let library: EngineLibrary
    private let context: EngineLibrary.Object
    private let messageName: EngineLibrary.Object
    private let lineName: EngineLibrary.Object

    /// An engine that checks in `context`; nil for one of its own.
    init(_ library: EngineLibrary, in context: EngineLibrary.Object? = nil) throws(EngineFault) {
        self.library = library
        guard let context = context ?? library.makeContext(nil),
            let message = library.string(Array("message".utf16)),
            let line = library.string(Array("line".utf16))
        else { throw EngineFault(reason: "the engine gives no context") }
        self.context = context
        messageName = message
        lineName = line
    }

    /// Why a script does not parse; nil when it does. None of it is run.
    func fault(in script: [UInt16]) -> SyntaxFault? {
        guard let source = library.string(script) else {
            return SyntaxFault(message: "the source cannot be read", line: 1, isTooDeep: false)
        }
        defer { library.releaseString(source) }
        var exception: EngineLibrary.Object?
        if library.checkSyntax(context, source, nil, 1, &exception) { return nil }
        guard let exception, let error = library.object(context, exception, nil) else {
            return SyntaxFault(message: "the parser refuses it", line: 1, isTooDeep: false)
        }
        let line = library.property(context, error, lineName, nil).map { library.number(context, $0, nil) } ?? 1
        let message = message(of: error)
        return SyntaxFault(
            message: message, line: line.isFinite ? Int(line.rounded()) : 1,
            isTooDeep: message.hasPrefix("Maximum call stack size exceeded"))
    }

    /// UTF-16 units of a message that are shown: it may quote the source.
    private static let messageLengthMax = 200

    private func message(of error: EngineLibrary.Object) -> String {
        guard let value = library.property(context, error, messageName, nil),
            let copy = library.text(context, value, nil)
        else { return "the parser refuses it" }
        defer { library.releaseString(copy) }
        return library.string(of: copy, unitsMax: Self.messageLengthMax).trimmed
    }
}

extension String {
    /// Without the full stop and the spaces at its end.
    fileprivate var trimmed: String {
        var text = self[...]
        while let last = text.last, last == "." || last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
