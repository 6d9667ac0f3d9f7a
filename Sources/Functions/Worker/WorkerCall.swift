import CSandbox
import Catalog
import Cryptography
import Glibc
import JavaScript

/// One call of a function inside a worker: the program around it, and what it asks for.
final class WorkerCall {
    /// How a call ended, in words for the host.
    enum End {
        /// With this result, as JSON.
        case done(String)
        /// With this error.
        case failed(message: String, line: JSONValue)
        /// It wrote more than it may.
        case tooMuch
    }

    private let settings: WorkerSettings
    /// Sends one message to the host.
    private let send: (JSONValue) -> Void
    /// Asks the host for a module; the answer is JSON.
    private let module: (JSONValue) -> String
    private(set) var end: End?
    /// What was written to the console, as far as it is kept.
    private(set) var console = ""
    private var written = 0
    /// Requests that are under way.
    private(set) var requests = 0

    init(
        _ settings: WorkerSettings, send: @escaping (JSONValue) -> Void, module: @escaping (JSONValue) -> String
    ) {
        self.settings = settings
        self.send = send
        self.module = module
    }

    /// Takes the answer to a request into account.
    func tookAnswer() { requests -= 1 }

    /// Ends the call; the first end counts.
    func finish(_ end: End) { self.end = self.end ?? end }

    /// What the program asks.
    func answer(_ operation: String, _ text: String) -> String {
        switch operation {
        case "limits": return "{\"timers\":\(settings.timers)}"
        case "now": return String(Self.milliseconds())
        case "console": write(text)
        case "utf8": return String(decoding: Base64.standard.bytes(text) ?? [], as: UTF8.self)
        case "random": return Base64.standard.text(Self.randomBytes(min(Int(text) ?? 0, 65_536)))
        case "fetch": request(text)
        case "module": return (try? JSONValue(parsing: text)).map(module) ?? #"{"error":"not a name"}"#
        case "done": deliver(text)
        case "fail": fail(text)
        default: break
        }
        return ""
    }

    private func write(_ text: String) {
        written += text.utf8.count + 1
        guard written <= settings.outputBytes else { return overflow() }
        let room = settings.consoleBytes - console.utf8.count
        if room > 0 { console += String(decoding: text.utf8.prefix(room), as: UTF8.self) + "\n" }
    }

    /// Whoever writes without end is not asked to stop: the process says so and goes.
    private func overflow() {
        send(["exceeded": [:]])
        exit(0)
    }

    private func request(_ text: String) {
        guard text.utf8.count <= settings.outputBytes * 2, let request = try? JSONValue(parsing: text) else {
            return overflow()
        }
        requests += 1
        send(["fetch": request])
    }

    private func deliver(_ text: String) {
        guard end == nil else { return }
        if written + text.utf8.count > settings.outputBytes { finish(.tooMuch) } else { finish(.done(text)) }
    }

    private func fail(_ text: String) {
        guard end == nil, let words = try? JSONValue(mending: Array(text.utf8)) else { return }
        let message = words["message"]?.string ?? ""
        finish(.failed(message: String(message.prefix(Self.messageLengthMax)), line: words["line"] ?? .null))
    }

    /// Characters of an error that are handed on.
    private static let messageLengthMax = 2000

    /// Milliseconds since some moment.
    static func milliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<max(0, count)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}
