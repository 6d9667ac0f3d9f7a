import Glibc

/// Why the engine cannot be used.
struct EngineFault: Error, Equatable {
    /// The reason, for the person who runs the server.
    let reason: String
}

/// The functions of JavaScriptCore's C interface that checking needs, found when the library is loaded: the binary
/// starts without it, and who stores no function pays nothing for it.
struct EngineLibrary {
    typealias Object = OpaquePointer

    /// `JSGlobalContextCreate`
    let makeContext: @convention(c) (Object?) -> Object?
    /// `JSStringCreateWithCharacters`
    let makeString: @convention(c) (UnsafePointer<UInt16>?, Int) -> Object?
    /// `JSStringRelease`
    let releaseString: @convention(c) (Object) -> Void
    /// `JSStringGetLength`
    let stringLength: @convention(c) (Object) -> Int
    /// `JSStringGetCharactersPtr`
    let stringUnits: @convention(c) (Object) -> UnsafePointer<UInt16>?
    /// `JSCheckScriptSyntax`
    let checkSyntax: @convention(c) (Object, Object, Object?, Int32, UnsafeMutablePointer<Object?>) -> Bool
    /// `JSValueToObject`
    let object: @convention(c) (Object, Object, UnsafeMutablePointer<Object?>?) -> Object?
    /// `JSObjectGetProperty`
    let property: @convention(c) (Object, Object, Object, UnsafeMutablePointer<Object?>?) -> Object?
    /// `JSValueToStringCopy`
    let text: @convention(c) (Object, Object, UnsafeMutablePointer<Object?>?) -> Object?
    /// `JSValueToNumber`
    let number: @convention(c) (Object, Object, UnsafeMutablePointer<Object?>?) -> Double

    private static let names = ["libjavascriptcoregtk-4.1.so.0", "libjavascriptcoregtk-6.0.so.1"]
    private static let folders = [
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib",
    ]
    /// Bytes of address space that the engine sets aside, with room to spare; where there is less it ends the process.
    private static let addressBytes: UInt64 = 128 << 30

    /// Where the library is on this machine.
    static func find() -> JavaScript.Parser {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        guard limit.rlim_cur >= addressBytes else {
            return .none("the address space of this process is limited (ulimit -v)")
        }
        for folder in folders {
            for name in names where access("\(folder)/\(name)", R_OK) == 0 { return .library("\(folder)/\(name)") }
        }
        return .none("\(names[0]) is not installed")
    }

    /// Loads the library.
    init(path: String) throws(EngineFault) {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw EngineFault(reason: dlerror().map { String(cString: $0) } ?? "\(path) cannot be loaded")
        }
        makeContext = try Self.function("JSGlobalContextCreate", library)
        makeString = try Self.function("JSStringCreateWithCharacters", library)
        releaseString = try Self.function("JSStringRelease", library)
        stringLength = try Self.function("JSStringGetLength", library)
        stringUnits = try Self.function("JSStringGetCharactersPtr", library)
        checkSyntax = try Self.function("JSCheckScriptSyntax", library)
        object = try Self.function("JSValueToObject", library)
        property = try Self.function("JSObjectGetProperty", library)
        text = try Self.function("JSValueToStringCopy", library)
        number = try Self.function("JSValueToNumber", library)
    }

    private static func function<Function>(
        _ name: String, _ library: UnsafeMutableRawPointer
    ) throws(EngineFault) -> Function {
        guard let symbol = dlsym(library, name) else { throw EngineFault(reason: "the library has no \(name)") }
        return unsafeBitCast(symbol, to: Function.self)
    }
}

/// One context of JavaScriptCore, used for checking alone. Belongs to the thread that made it.
final class Engine {
    private let library: EngineLibrary
    private let context: EngineLibrary.Object
    private let messageName: EngineLibrary.Object
    private let lineName: EngineLibrary.Object

    /// A context of its own.
    init(_ library: EngineLibrary) throws(EngineFault) {
        self.library = library
        guard let context = library.makeContext(nil),
            let message = Self.string(Array("message".utf16), library),
            let line = Self.string(Array("line".utf16), library)
        else { throw EngineFault(reason: "the engine gives no context") }
        self.context = context
        messageName = message
        lineName = line
    }

    private static func string(_ units: [UInt16], _ library: EngineLibrary) -> EngineLibrary.Object? {
        units.withUnsafeBufferPointer { library.makeString($0.baseAddress, $0.count) }
    }

    /// Why a script does not parse; nil when it does. None of it is run.
    func fault(in script: [UInt16]) -> SyntaxFault? {
        guard let source = Self.string(script, library) else {
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
        guard let units = library.stringUnits(copy) else { return "the parser refuses it" }
        let count = min(library.stringLength(copy), Self.messageLengthMax)
        return String(decoding: UnsafeBufferPointer(start: units, count: count), as: UTF16.self).trimmed
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
