import Catalog
import CSandbox
import Glibc
import JavaScript

/// The process that functions run in: `covey function-worker`. It warms the engine, gives up every right that running
/// code does not need, and only then reads code. It is spoken to in lines of JSON; when its host is gone, it ends.
public enum FunctionWorker {
    /// The hidden command under which the binary is a worker. The settings follow as one word.
    public static let command = "function-worker"

    /// Works until the host closes the pipe.
    ///
    /// - Parameter arguments: What follows the command.
    public static func run(_ arguments: [String]) -> Never {
        // Where the thread that started this process ends, so does this: also when it is busy.
        guard covey_die_with_parent() == 0, let settings = arguments.first.flatMap({ WorkerSettings(text: $0) }) else {
            fail("is started by the server alone")
        }
        do {
            let engine = try ScriptEngine()
            try warm(engine, settings)
            let files = Confinement.mappedFiles()
            try Confinement.apply(settings)
            serve(engine, settings, files)
        } catch let fault as EngineFault {
            fail(fault.reason)
        } catch let failure as Confinement.Failure {
            fail("\(failure.wall) is not available")
        } catch {
            fail("\(error)")
        }
    }

    private static func fail(_ reason: String) -> Never {
        let message: JSONValue = ["broken": .string(reason)]
        WorkerPipe().write(message.jsonBytes)
        exit(1)
    }

    /// Does once what the engine otherwise does at first use, when files could no longer be opened and memory counts.
    private static func warm(_ engine: ScriptEngine, _ settings: WorkerSettings) throws(EngineFault) {
        let source = #"""
            async (input) => {
                const text = new Date(0).toLocaleString("en", { timeZone: "UTC" }) + new Date(2020, 6, 1)
                    + new Intl.NumberFormat("de").format(1234.5) + "b".localeCompare("a", "en") + "é".normalize("NFD");
                const parts = /(?<year>\d{4})-\p{L}+/u.exec("2020-ab").groups.year;
                const map = new Map([[{}, Math.random()]]), set = new WeakSet([map]), words = [3, 1, 2].sort();
                setTimeout(() => {}, 1);
                console.log(JSON.stringify({ text, parts, words, set: set.has(map), id: crypto.randomUUID() }));
                for (let i = 0; i < 3; i++) new Uint8Array(1 << 20).fill(i);
                return [new TextDecoder().decode(new TextEncoder().encode("ä")), 10n ** 30n > 1, `${input}`];
            }
            """#
        let call = WorkerCall(settings, send: { _ in }, module: { _ in "{}" })
        let script = try Script(Program.source, in: engine, host: call.answer)
        do {
            let work: JSONValue = ["code": .string(try engine.expression(of: source)), "input": 1]
            _ = try script.tell("start", work.jsonText)
        } catch {
            throw EngineFault(reason: error.message)
        }
        switch call.end {
        case .done: break
        case .failed(let message, _): throw EngineFault(reason: message)
        default: throw EngineFault(reason: "the engine does not work")
        }
    }

    private static func serve(_ engine: ScriptEngine, _ settings: WorkerSettings, _ files: [String]) -> Never {
        let worker = Worker(engine, settings)
        worker.prepare()
        worker.send(["ready": ["files": .array(files.map(JSONValue.string))]])
        while true { worker.serve() }
    }
}
