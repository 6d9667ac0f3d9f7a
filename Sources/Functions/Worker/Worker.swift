import CSandbox
import Catalog
import Glibc
import JavaScript

/// A worker that is ready: takes one call after another.
final class Worker {
    private let engine: ScriptEngine
    private let settings: WorkerSettings
    private var pipe = WorkerPipe()
    /// What the host answered about modules, by what was asked: they do not change while a worker lives.
    private var modules: [JSONValue: String] = [:]
    /// Answers to requests that came while a module was waited for.
    private var postponed: [JSONValue] = []
    private var served = 0
    /// The next call and the program around it. It is made while nobody waits: that takes longer than many a call.
    private var prepared: (work: WorkerCall, script: Script)?

    /// Calls between two collections of what they left.
    private static let callsUncollected = 32

    init(_ engine: ScriptEngine, _ settings: WorkerSettings) {
        self.engine = engine
        self.settings = settings
    }

    func send(_ message: JSONValue) { pipe.write(message.jsonBytes) }

    /// Makes the program around the next call. Where that fails now, it is tried again when the call is there.
    func prepare() { prepared = try? program() }

    private func program() throws(EngineFault) -> (work: WorkerCall, script: Script) {
        let work = WorkerCall(
            settings, send: { [unowned self] in self.send($0) }, module: { [unowned self] in self.module($0) })
        return (work, try Script(Program.source, in: engine, host: work.answer))
    }

    /// Waits for a call, makes it and sends what came of it.
    func serve() {
        guard let message = next(within: -1) else { return }
        if message["probe"] != nil { return send(["holes": .array(Confinement.holes().map(JSONValue.string))]) }
        guard let call = message["call"] else { return }
        do throws(EngineFault) {
            let (work, script) = if let prepared { prepared } else { try program() }
            prepared = nil
            do throws(ScriptFault) {
                try make(call, work, script)
            } catch {
                work.finish(.failed(message: error.message, line: .null))
            }
            report(work)
        } catch {
            send(["failed": ["message": "The engine gives no context.", "line": .null]])
        }
        postponed = []
        served += 1
        // Between calls, and not after each: it takes longer than a call.
        if served.isMultiple(of: Self.callsUncollected) { engine.collectGarbage() }
        prepare()
    }

    private func make(_ call: JSONValue, _ work: WorkerCall, _ script: Script) throws(ScriptFault) {
        let code = JavaScript.callingImports(try engine.expression(of: call["code"]?.string ?? ""))
        let input: JSONValue = ["code": .string(code), "input": call["input"] ?? .null]
        _ = try script.tell("start", input.jsonText)
        while work.end == nil {
            // Empty means that no timer waits.
            let milliseconds = Int32(clamping: Int(try script.tell("wait", "")) ?? -1)
            if milliseconds < 0, work.requests == 0 {
                let message = "The function never finishes: what it waits for does not come."
                work.finish(.failed(message: message, line: .null))
            } else if let answer = next(within: milliseconds)?["fetched"] {
                work.tookAnswer()
                _ = try script.tell("fetched", answer.jsonText)
            } else {
                _ = try script.tell("tick", "")
            }
        }
    }

    private func next(within milliseconds: Int32) -> JSONValue? {
        if !postponed.isEmpty { return postponed.removeFirst() }
        return pipe.line(within: milliseconds).flatMap { try? JSONValue(parsing: $0) }
    }

    private func module(_ name: JSONValue) -> String {
        if let known = modules[name] { return known }
        send(["module": name])
        while true {
            guard let message = pipe.line(within: -1).flatMap({ try? JSONValue(parsing: $0) }) else { continue }
            guard let module = message["module"] else {
                postponed.append(message)
                continue
            }
            let answer = module.jsonText
            modules[name] = answer
            return answer
        }
    }

    private func report(_ work: WorkerCall) {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let used = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
        let common: [(key: String, value: JSONValue)] = [
            ("console", .string(work.console)), ("processorMs", .integer(Int64(used))),
        ]
        switch work.end {
        case .done(let result):
            var line = JSONWriter(capacity: result.utf8.count + 256)
            line.raw("{\"done\":{\"result\":")
            line.raw(Array(result.utf8))
            for (name, value) in common {
                line.raw(",")
                line.string(name)
                line.raw(":")
                line.raw(value.jsonBytes)
            }
            line.raw("}}")
            pipe.write(line.bytes)
        case .failed(let message, let place):
            let words: [(key: String, value: JSONValue)] = [("message", .string(message)), ("line", place)]
            send(["failed": .object(JSONObject(words + common))])
        case .tooMuch, nil: send(["exceeded": [:]])
        }
    }
}
