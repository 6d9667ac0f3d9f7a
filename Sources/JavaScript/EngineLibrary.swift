import Glibc

/// Why the engine cannot be used.
public struct EngineFault: Error, Equatable {
    /// The reason, for the person who runs the server.
    public let reason: String

    /// For this reason.
    public init(reason: String) {
        self.reason = reason
    }
}

/// The functions of JavaScriptCore's C interface that checking and running need, found when the library is loaded: the
/// binary starts without it, and who stores no function pays nothing for it.
struct EngineLibrary {
    typealias Object = OpaquePointer
    /// `JSObjectCallAsFunctionCallback`: context, function, `this`, number of arguments, arguments, exception.
    typealias Callback =
        @convention(c) (
            Object?, Object?, Object?, Int, UnsafePointer<Object?>?, UnsafeMutablePointer<Object?>?
        ) -> Object?

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
    /// `JSContextGroupCreate`
    let makeGroup: @convention(c) () -> Object?
    /// `JSGlobalContextCreateInGroup`
    let makeContextInGroup: @convention(c) (Object, Object?) -> Object?
    /// `JSGlobalContextRelease`
    let releaseContext: @convention(c) (Object) -> Void
    /// `JSEvaluateScript`
    let evaluate: @convention(c) (Object, Object, Object?, Object?, Int32, UnsafeMutablePointer<Object?>) -> Object?
    /// `JSObjectCallAsFunction`
    let call:
        @convention(c) (
            Object, Object, Object?, Int, UnsafePointer<Object?>?, UnsafeMutablePointer<Object?>
        ) -> Object?
    /// `JSObjectMakeFunctionWithCallback`
    let makeFunction: @convention(c) (Object, Object?, Callback) -> Object?
    /// `JSValueMakeString`
    let makeText: @convention(c) (Object, Object) -> Object?
    /// `JSValueProtect`
    let protect: @convention(c) (Object, Object) -> Void
    /// `JSSynchronousGarbageCollectForDebugging`: the one of two that is done when it returns.
    let collectGarbage: @convention(c) (Object) -> Void

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
        makeGroup = try Self.function("JSContextGroupCreate", library)
        makeContextInGroup = try Self.function("JSGlobalContextCreateInGroup", library)
        releaseContext = try Self.function("JSGlobalContextRelease", library)
        evaluate = try Self.function("JSEvaluateScript", library)
        call = try Self.function("JSObjectCallAsFunction", library)
        makeFunction = try Self.function("JSObjectMakeFunctionWithCallback", library)
        makeText = try Self.function("JSValueMakeString", library)
        protect = try Self.function("JSValueProtect", library)
        collectGarbage = try Self.function("JSSynchronousGarbageCollectForDebugging", library)
    }

    private static func function<Function>(
        _ name: String, _ library: UnsafeMutableRawPointer
    ) throws(EngineFault) -> Function {
        guard let symbol = dlsym(library, name) else { throw EngineFault(reason: "the library has no \(name)") }
        return unsafeBitCast(symbol, to: Function.self)
    }

    /// A string of the engine; whoever asks releases it.
    func string(_ units: [UInt16]) -> Object? {
        units.withUnsafeBufferPointer { makeString($0.baseAddress, $0.count) }
    }

    /// The text of a string of the engine, with U+FFFD for a lone surrogate.
    ///
    /// - Parameter unitsMax: UTF-16 units after which it is cut; nil for all of it.
    func string(of string: Object, unitsMax: Int? = nil) -> String {
        guard let units = stringUnits(string) else { return "" }
        let count = min(stringLength(string), unitsMax ?? .max)
        return String(decoding: UnsafeBufferPointer(start: units, count: count), as: UTF16.self)
    }
}
