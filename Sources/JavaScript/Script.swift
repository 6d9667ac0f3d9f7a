import Synchronization

/// What a script threw that it did not catch.
public struct ScriptFault: Error, Equatable {
    /// Its text, as the script has it.
    public let message: String
}

/// JavaScriptCore for running scripts. Belongs to the thread that made it, and is for a process that has walls around
/// it: nothing here holds a script back.
public final class ScriptEngine {
    let library: EngineLibrary
    private let group: EngineLibrary.Object
    private let check: FunctionCheck
    /// A context in which nothing is run.
    private let idleContext: EngineLibrary.Object

    /// Loads the library of this machine.
    ///
    /// - Throws: `EngineFault` where there is none or it cannot be used.
    public init() throws(EngineFault) {
        switch EngineLibrary.find() {
        case .none(let reason): throw EngineFault(reason: reason)
        case .library(let path): library = try EngineLibrary(path: path)
        }
        guard let group = library.makeGroup() else { throw EngineFault(reason: "the engine does not start") }
        self.group = group
        guard let context = library.makeContextInGroup(group, nil) else {
            throw EngineFault(reason: "the engine does not start")
        }
        idleContext = context
        let engine = try Engine(library, in: context)
        check = FunctionCheck { engine.fault(in: $0) }
    }

    /// The expression that the source of a function is, without semicolons at its end. It may be more than a function:
    /// that shows when it is evaluated.
    ///
    /// - Throws: `ScriptFault` in the words in which such a source is refused when it is stored.
    public func expression(of source: String) throws(ScriptFault) -> String {
        do throws(FunctionCheck.Refusal) {
            return String(decoding: try check.expression(in: Array(source.utf16)[...]), as: UTF16.self)
        } catch {
            throw ScriptFault(message: "The function \(error.reason).")
        }
    }

    /// Lets go of what scripts have left behind. Takes some milliseconds.
    public func collectGarbage() { library.collectGarbage(idleContext) }

    func makeContext() throws(EngineFault) -> EngineLibrary.Object {
        guard let context = library.makeContextInGroup(group, nil) else {
            throw EngineFault(reason: "the engine gives no context")
        }
        return context
    }
}

/// A program in a context of its own, spoken to in texts. Its source is an expression for a function, which is called
/// once with two others: `host`, of two texts, answers with a text; `evaluate`, of a source and the name that errors
/// have for it, answers with the value of that source. It returns a function of the same form as `host`, which `tell`
/// calls.
public final class Script {
    private let library: EngineLibrary
    private let context: EngineLibrary.Object
    private let host: (_ operation: String, _ text: String) -> String
    private var program: EngineLibrary.Object?

    /// By context, the script that it belongs to: a C function carries nothing along.
    private static let owners = Mutex<[Int: Int]>([:])

    /// Starts a program.
    ///
    /// - Parameter host: What the program may ask of us, and what it is answered.
    /// - Throws: `EngineFault` where the engine refuses, or the program is not of the form that is asked for.
    public init(
        _ source: String, in engine: ScriptEngine, host: @escaping (_ operation: String, _ text: String) -> String
    ) throws(EngineFault) {
        library = engine.library
        context = try engine.makeContext()
        self.host = host
        let owner = Int(bitPattern: Unmanaged.passUnretained(self).toOpaque())
        Self.owners.withLock { $0[Int(bitPattern: context)] = owner }
        do throws(ScriptFault) {
            guard let asking = library.makeFunction(context, nil, Self.asking),
                let evaluating = library.makeFunction(context, nil, Self.evaluating)
            else { throw ScriptFault(message: "the engine makes no function") }
            var exception: EngineLibrary.Object?
            guard let function = evaluate(source, named: "program", &exception), exception == nil else {
                throw fault(exception)
            }
            let program = try call(function, [asking, evaluating])
            library.protect(context, program)
            self.program = program
        } catch {
            throw EngineFault(reason: error.message)
        }
    }

    deinit {
        Self.owners.withLock { $0[Int(bitPattern: context)] = nil }
        library.releaseContext(context)
    }

    /// Calls the program and does what it has put off (microtasks) before it returns.
    ///
    /// - Throws: `ScriptFault` with what it threw.
    public func tell(_ operation: String, _ text: String) throws(ScriptFault) -> String {
        guard let program, let first = value(operation), let second = value(text) else {
            throw ScriptFault(message: "the engine takes no text")
        }
        return self.text(of: try call(program, [first, second]))
    }

    /// The value of a source; nil where it throws `exception`.
    private func evaluate(
        _ source: String, named name: String, _ exception: inout EngineLibrary.Object?
    ) -> EngineLibrary.Object? {
        guard let text = library.string(Array(source.utf16)), let name = library.string(Array(name.utf16)) else {
            return nil
        }
        defer {
            library.releaseString(text)
            library.releaseString(name)
        }
        return library.evaluate(context, text, nil, name, 1, &exception)
    }

    private func call(
        _ function: EngineLibrary.Object, _ arguments: [EngineLibrary.Object?]
    ) throws(ScriptFault) -> EngineLibrary.Object {
        guard let object = library.object(context, function, nil) else {
            throw ScriptFault(message: "the program is no function")
        }
        var exception: EngineLibrary.Object?
        let value = arguments.withUnsafeBufferPointer {
            library.call(context, object, nil, $0.count, $0.baseAddress, &exception)
        }
        guard let value, exception == nil else { throw fault(exception) }
        return value
    }

    private func fault(_ exception: EngineLibrary.Object?) -> ScriptFault {
        ScriptFault(message: exception.map { text(of: $0) } ?? "the program is no function")
    }

    private func value(_ text: String) -> EngineLibrary.Object? {
        guard let string = library.string(Array(text.utf16)) else { return nil }
        defer { library.releaseString(string) }
        return library.makeText(context, string)
    }

    private func text(of value: EngineLibrary.Object) -> String {
        guard let copy = library.text(context, value, nil) else { return "" }
        defer { library.releaseString(copy) }
        return library.string(of: copy)
    }

    private static let asking: EngineLibrary.Callback = { context, _, _, count, arguments, _ in
        guard let context, let script = Script.owner(of: context) else { return nil }
        let texts = script.texts(count, arguments)
        return script.value(script.host(texts.0, texts.1))
    }

    private static let evaluating: EngineLibrary.Callback = { context, _, _, count, arguments, exception in
        guard let context, let script = Script.owner(of: context) else { return nil }
        let (source, name) = script.texts(count, arguments)
        var thrown: EngineLibrary.Object?
        let value = script.evaluate(source, named: name, &thrown)
        exception?.pointee = thrown
        return value
    }

    private func texts(_ count: Int, _ arguments: UnsafePointer<EngineLibrary.Object?>?) -> (String, String) {
        func text(_ index: Int) -> String {
            guard index < count, let value = arguments?[index] else { return "" }
            return self.text(of: value)
        }
        return (text(0), text(1))
    }

    /// The script of a context. Each context is made and let go on one thread, and calls come from within it.
    private static func owner(of context: EngineLibrary.Object) -> Script? {
        owners.withLock { owners in
            owners[Int(bitPattern: context)].flatMap { UnsafeRawPointer(bitPattern: $0) }
        }.map { Unmanaged<Script>.fromOpaque($0).takeUnretainedValue() }
    }
}
