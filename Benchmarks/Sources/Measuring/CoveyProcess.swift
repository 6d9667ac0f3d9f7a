import Glibc
import Kit

/// Covey with one project of one agent, whose model is the scripted one. It can be started again on the same data.
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

    private static let headers = [
        "x-inkeep-tenant-id: default", "x-inkeep-project-id: bench", "x-inkeep-agent-id: plain",
    ]

    /// Where turns go. Throws when it does not run.
    func target() throws -> Target {
        guard let child else { throw Complaint("Covey does not run") }
        return Target(
            name: "covey", port: port, path: "/run/v1/chat/completions", headers: Self.headers,
            process: child.identifier
        )
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
        let body = Step.body(isStreamed: false, chunks: 1, delayMilliseconds: 0)
        let begin = Clock.now()
        let child = try spawn()
        var number = 0
        var answered: Int64 = 0
        try Waiting.until(child, log: log, seconds: Self.patienceSeconds) {
            number += 1
            let filled = Self.fill(body, "cold-\(begin)-\(number)")
            let answer = try? HTTPCall(
                "POST", port: port, "/run/v1/chat/completions", headers: Self.headers, body: filled, seconds: 10
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
        let answer = try HTTPCall("PUT", port: port, path, body: Self.project(modelPort: modelPort))
        guard answer.status == 200 || answer.status == 201 else {
            throw Complaint("PUT \(path) answered \(answer.status): \(answer.body.prefix(600))")
        }
    }

    /// One turn of each sort; throws when an answer is not what the model said.
    func verify() throws {
        for isStreamed in [false, true] {
            let body = Self.fill(
                Step.body(isStreamed: isStreamed, chunks: 20, delayMilliseconds: 0),
                "verify-\(isStreamed)-\(Clock.now())"
            )
            let answer = try HTTPCall("POST", port: port, "/run/v1/chat/completions", headers: Self.headers, body: body)
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

    private static func fill(_ body: String, _ identifier: String) -> String {
        body.split(separator: "bench-{{run}}-{{n}}", omittingEmptySubsequences: false).joined(separator: identifier)
    }

    private static func project(modelPort: UInt16) -> String {
        let subAgent = JSON.object([
            ("id", .text("main")), ("type", .text("internal")), ("name", .text("Main")), ("prompt", .text("Answer.")),
            ("canUse", .array([])),
        ])
        let agent = JSON.object([
            ("id", .text("plain")), ("name", .text("Plain")), ("defaultSubAgentId", .text("main")),
            ("subAgents", .object([("main", subAgent)])),
        ])
        let model = JSON.object([
            ("model", .text("custom/fake")),
            ("providerOptions", .object([("baseURL", .text("http://127.0.0.1:\(modelPort)/v1"))])),
        ])
        return JSON.object([
            ("id", .text("bench")), ("name", .text("Bench")), ("models", .object([("base", model)])),
            ("tools", .object([])), ("agents", .object([("plain", agent)])),
        ]).line
    }
}
