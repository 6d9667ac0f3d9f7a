import Catalog
import CoveyTesting
import Foundation
import Outbound
import Testing

/// The built binary, started as its users start it, on loopback and a port of its own choosing.
final class BuiltServer {
    /// The binary beside the test bundle; nil where the tests were built without it.
    static let binary = BuiltBinary.covey

    /// Servers at once: each takes memory and descriptors of which a machine has not endlessly many.
    private static let places = Places(8)

    /// The server's process.
    let process: Process
    private let output: Pipe
    /// The server's address, without a slash at its end.
    let address: String
    /// What speaks to it.
    let client: ServerClient

    /// Starts the binary on the data directory `folder`, for development unless told otherwise, and waits for the line
    /// that names its address.
    init(
        folder: URL, isDevelopment: Bool = true, arguments: [String] = [], environment: [String: String] = [:]
    ) async throws {
        let binary = try #require(Self.binary, "covey is not built beside the tests")
        process = Process()
        output = Pipe()
        process.executableURL = binary
        let path = folder.path(percentEncoded: false)
        let mode = isDevelopment ? ["--dev"] : []
        process.arguments = ["serve", "--port", "0", "--data", path] + mode + arguments
        // The servers of tools that tests name are not asked, wherever they are.
        let quiet = ["PATH": "/usr/bin:/bin", "HOME": path, "AGENTS_TOOL_HEALTH_INTERVAL_MS": "0"]
        process.environment = quiet.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        await Self.places.take()
        process.terminationHandler = { _ in Self.places.give() }
        do {
            try process.run()
        } catch {
            Self.places.give()
            throw error
        }
        let reading = output.fileHandleForReading
        let said = await aside {
            var said = ""
            while !said.contains("\n") || !said.contains("http://") {
                let data = reading.availableData
                if data.isEmpty { break }
                said += String(decoding: data, as: UTF8.self)
            }
            return said
        }
        let found = said.firstMatch(of: #/http://[0-9a-zA-Z.\[\]:]+/#)
        address = String(try #require(found, "covey did not start; it said: \(said)").0)
        client = ServerClient(address: address)
    }

    /// Ends it at once, as a power cut would, and waits until it is gone.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to end and waits until it has.
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    deinit { if process.isRunning { kill() } }

    /// Makes a project with one agent `agent`, whose only sub-agent `main` speaks with `model`.
    func makeProject(_ id: String, model: String) async throws {
        let document: JSONValue = [
            "id": .string(id), "name": .string(id), "models": ["base": ["model": .string(model)]], "tools": [:],
            "agents": [
                "agent": [
                    "id": "agent", "name": "Agent", "defaultSubAgentId": "main",
                    "subAgents": [
                        "main": ["id": "main", "type": "internal", "name": "Main", "prompt": "Answer.", "canUse": []]
                    ],
                ]
            ],
        ]
        let answer = try await client.call("PUT", "/manage/tenants/default/project-full/\(id)", document)
        try #require(answer.status == 201, "\(answer.body.jsonText)")
    }

    /// The headers that name the agent `agent` of a project.
    static func scope(_ project: String) -> HTTPHeaders {
        ["x-inkeep-tenant-id": "default", "x-inkeep-project-id": project, "x-inkeep-agent-id": "agent"]
    }
}

/// Speaks JSON with a server.
struct ServerClient: Sendable {
    let address: String
    private let http = HTTPClient.live(policy: .unrestricted)

    init(address: String) { self.address = address }

    /// Sends a request; the body is JSON.
    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: HTTPHeaders = [:]
    ) async throws -> HTTPResponse {
        var request = HTTPRequest(method: method, url: address + path, headers: headers, body: body?.jsonBytes)
        if body != nil { request.headers["Content-Type"] = "application/json" }
        return try await http.send(request)
    }

    /// Sends a request and reads its answer as JSON, null where it is none.
    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: HTTPHeaders = [:]
    ) async throws -> (status: Int, body: JSONValue) {
        let response = try await send(method, path, body, headers: headers)
        let bytes = try await response.body.collect()
        return (response.status, (try? JSONValue(parsing: bytes)) ?? .null)
    }
}

/// A data directory that is gone after the test.
final class DataFolder {
    let url: URL

    /// A folder with scripts in `scripts/`, by name.
    init(scripts: [String: String] = [:]) throws {
        url = FileManager.default.temporaryDirectory.appending(path: "covey-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: url.appending(path: "scripts"), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        for (name, text) in scripts { try Data(text.utf8).write(to: url.appending(path: "scripts/\(name)")) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Runs a command of the built binary to its end, with the folder as its data directory and its home.
    func covey(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws -> Command.Outcome {
        let path = url.path(percentEncoded: false)
        let own = ["PATH": "/usr/bin:/bin", "HOME": path, "COVEY_DATA": path].merging(environment) { $1 }
        return try await Command.run(
            try #require(BuiltBinary.covey), arguments, environment: own, input: input)
    }
}

/// Python clients from PyPI, in the virtual environment that `make test` sets up.
enum Python {
    /// Why the clients cannot be run, or nil when they can.
    static let missing: Comment? =
        FileManager.default.isExecutableFile(atPath: PythonProgram.interpreter.path(percentEncoded: false))
        ? nil : "the Python clients are not installed; Scripts/python installs them from PyPI"

    /// Runs a script of `Tests/Clients` and answers what it wrote and how it ended.
    static func run(_ script: String, _ arguments: [String]) async throws -> Command.Outcome {
        try await Command.run(PythonProgram.interpreter, [PythonProgram.file(script)] + arguments)
    }
}
