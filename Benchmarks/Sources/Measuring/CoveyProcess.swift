import Glibc
import Kit

/// Covey with one project, whose model is the scripted one. It can be started again on the same data.
final class CoveyProcess {
    /// Seconds until a start or a stop is given up.
    static let patienceSeconds = 20.0

    private let binary: String
    private let arguments: [String]
    private let modelPort: UInt16
    private let home: String
    private let data: String
    private let log: String
    private let port: UInt16
    private var child: Child?

    init(binary: String, arguments: [String], modelPort: UInt16, folder: Folder) throws {
        self.binary = binary
        self.arguments = arguments
        self.modelPort = modelPort
        home = try folder.folder("home")
        data = try folder.folder("covey")
        log = folder.path + "/covey.log"
        port = try Sockets.freePort()
    }

    private static func headers(_ agent: BenchAgent) -> [String] {
        [
            "x-inkeep-tenant-id: default", "x-inkeep-project-id: bench", "x-inkeep-agent-id: \(agent.rawValue)",
        ]
    }

    private static let completions = "/run/v1/chat/completions"

    /// Where turns of an agent go. Throws when it does not run.
    func target(_ agent: BenchAgent = .plain) throws -> Target {
        guard let child else { throw Complaint("Covey does not run") }
        return Target(
            name: "covey", port: port, path: Self.completions, headers: Self.headers(agent), process: child.identifier)
    }

    /// Where turns of an agent go that are shown by user interfaces: only these are told of approvals.
    func chatTarget(_ agent: BenchAgent) throws -> Target {
        let target = try target(agent)
        return Target(
            name: target.name, port: target.port, path: "/run/api/chat", headers: target.headers,
            process: target.process)
    }

    /// Where turns go with an API key alone, which is made for it. Throws when it does not run.
    func keyedTarget() throws -> Target {
        let path = "/manage/tenants/default/projects/bench/api-keys"
        let body = JSON.object([("agentId", .text("plain")), ("name", .text("bench"))]).line
        let answer = try HTTPCall("POST", port: port, path, body: body)
        guard answer.status == 201, let key = try JSON(reading: answer.body)["data"]?["key"]?.string else {
            throw Complaint("POST \(path) answered \(answer.status): \(answer.body.prefix(600))")
        }
        let plain = try target()
        return Target(
            name: plain.name, port: plain.port, path: plain.path, headers: ["authorization: Bearer \(key)"],
            process: plain.process
        )
    }

    /// Starts it and waits until it is healthy.
    func start() throws {
        let child = try spawn()
        try Waiting.until(child, log: log, seconds: Self.patienceSeconds) {
            guard let answer = try? HTTPCall("GET", port: port, "/health", seconds: 5) else { return false }
            return (200..<300).contains(answer.status)
        }
        Output.note("bench: covey runs as process \(child.identifier)")
    }

    /// Starts it and sends turns until one is answered; milliseconds from before the start to the answer.
    func startCold() throws -> Double {
        let begin = Clock.now()
        let child = try spawn()
        var number = 0
        var answered: Int64 = 0
        try Waiting.until(child, log: log, seconds: Self.patienceSeconds) {
            number += 1
            let body = turn("cold-\(number)", false, chunks: 1)
            let answer = try? HTTPCall(
                "POST", port: port, Self.completions, headers: Self.headers(.plain), body: body, seconds: 10
            )
            answered = Clock.now()
            return answer.map { (200..<300).contains($0.status) } ?? false
        }
        return Clock.milliseconds(from: begin, to: answered)
    }

    private func spawn() throws -> Child {
        let child = try Child(
            [
                binary, "serve", "--dev", "--port", String(port), "--database", "sqlite:" + data + "/covey.db",
                "--data", data,
            ] + arguments,
            environment: ["HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": home], output: .file(log)
        )
        self.child = child
        return child
    }

    /// Asks it to end and waits for it. Throws when it had to be killed, since then its database says nothing.
    func stop() throws {
        guard let child else { return }
        let begin = Clock.now()
        child.stop(graceMilliseconds: Self.patienceSeconds * 1_000)
        self.child = nil
        if Clock.milliseconds(from: begin, to: Clock.now()) >= Self.patienceSeconds * 1_000 {
            throw Complaint("covey did not end within \(Self.patienceSeconds) s of SIGTERM")
        }
    }

    /// Makes the project.
    func createProject() throws {
        let path = "/manage/tenants/default/project-full/bench"
        let answer = try HTTPCall("PUT", port: port, path, body: BenchProject.document(port: modelPort))
        guard answer.status == 200 || answer.status == 201 else {
            throw Complaint("PUT \(path) answered \(answer.status): \(answer.body.prefix(600))")
        }
    }

    /// One turn of each sort; throws when an answer is not what the model said.
    func verify() throws {
        for isStreamed in [false, true] {
            let body = turn("verify-\(isStreamed)", isStreamed, chunks: Step.standardChunks)
            let answer = try HTTPCall(
                "POST", port: port, Self.completions, headers: Self.headers(.plain), body: body)
            let markers = answer.body.split(separator: "benchtok", omittingEmptySubsequences: false).count - 1
            guard answer.status == 200, markers == 20, !isStreamed || answer.body.contains("data: [DONE]") else {
                throw Complaint(
                    "a \(isStreamed ? "streamed" : "plain") turn answered \(answer.status), \(markers) of 20 pieces: "
                        + answer.body.suffix(600)
                )
            }
        }
    }

    /// Bytes of the database with its log beside it.
    var databaseBytes: Int { Folder.bytes(in: data, startingWith: "covey.db") }

    /// Bytes of the log alone; none after a clean stop, or the growth of the database cannot be told.
    var databaseLogBytes: Int { Folder.bytes(in: data, startingWith: "covey.db-wal") }

    /// The body of a turn in a conversation that is new whatever its name.
    private func turn(_ name: String, _ isStreamed: Bool, chunks: Int) -> String {
        Step.body(
            isStreamed: isStreamed, conversation: "\(name)-\(Clock.now())", directive: "chunks=\(chunks)")
    }
}
