import CoveyTesting
import Foundation
import Testing

/// `covey serve` as its users start it: what it refuses, and in which words.
struct ServeTests {
    /// The binary beside the test bundle; nil where the tests were built without it.
    private static let binary = BuiltBinary.covey

    /// One way to start it that must fail.
    struct Row: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        var environment: [String: String] = [:]
        let says: String
        var testDescription: String { (arguments + environment.keys).joined(separator: " ") }
    }

    private static let rows = [
        Row(arguments: ["--port", "99999"], says: "--port is '99999', but must be a port from 0 to 65535."),
        Row(arguments: ["--port", "x"], says: "--port"),
        Row(arguments: ["--dev", "--host", "0.0.0.0"], says: "--host is '0.0.0.0'"),
        Row(arguments: [], environment: ["COVEY_DEV": "1", "COVEY_HOST": "10.0.0.1"], says: "--host is '10.0.0.1'"),
        Row(arguments: [], environment: ["COVEY_DEV": "maybe"], says: "COVEY_DEV is 'maybe'"),
        Row(arguments: [], environment: ["COVEY_PORT": "-1"], says: "COVEY_PORT is '-1'"),
        Row(arguments: [], environment: ["COVEY_SIGN_UP": "maybe"], says: "COVEY_SIGN_UP is 'maybe', but must be"),
        Row(
            arguments: [], environment: ["COVEY_ADMIN_EMAIL": "a@x.io"],
            says: "COVEY_ADMIN_PASSWORD is '', but must be set together with COVEY_ADMIN_EMAIL."),
        Row(
            arguments: [], environment: ["COVEY_ADMIN_EMAIL": "a@x.io", "COVEY_ADMIN_PASSWORD": "hidden"],
            says: "Password must have at least 15 characters"),
        Row(
            arguments: [], environment: ["COVEY_LOG_FORMAT": "xml"],
            says: "COVEY_LOG_FORMAT is 'xml', but must be text or"),
        Row(
            arguments: [], environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"],
            says: "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4318', but must be an address"),
        Row(
            arguments: [],
            environment: [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_EXPORTER_OTLP_HEADERS": "hidden",
            ], says: "OTEL_EXPORTER_OTLP_HEADERS is '…', but must be pairs"),
        Row(
            arguments: [],
            environment: [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            ], says: "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc', but must be http/json"),
        Row(arguments: ["--log-level", "loud"], says: "one of trace, debug, info"),
        Row(arguments: ["--database", "mysql://x"], says: "sqlite:PATH or postgres://"),
        Row(
            arguments: ["--database", "postgres://u:hidden@127.0.0.1:1/x"],
            says: "The database postgres://…@127.0.0.1:1/x cannot be used."),
        Row(arguments: ["--data", "/dev/null"], says: "The data folder /dev/null is a file."),
        Row(arguments: [], environment: ["COVEY_RUN_BYPASS_SECRET": "short"], says: "at least 16 characters"),
        Row(
            arguments: [], environment: ["INKEEP_AGENTS_MANAGE_API_BYPASS_SECRET": "hidden"],
            says: "INKEEP_AGENTS_MANAGE_API_BYPASS_SECRET"),
        Row(arguments: [], environment: ["COVEY_HTTP_STREAMS_MAX": "0"], says: "COVEY_HTTP_STREAMS_MAX is '0'"),
        Row(arguments: ["--host", "203.0.113.7"], says: "203.0.113.7 is not an address of this machine."),
        Row(arguments: ["--scripts", "/nowhere"], says: "The scripts folder /nowhere is not there."),
        Row(arguments: ["--database", "sqlite:/nowhere/x.db"], says: "The database /nowhere/x.db cannot be used"),
    ]

    @Test(.enabled(if: binary != nil, "covey is not built beside the tests"), .timeLimit(.minutes(8)), arguments: rows)
    func `a start that cannot be says why, and never a secret`(_ row: Row) async throws {
        let folder = try TestApp.makeFolder()
        defer { TestApp.remove(folder) }
        let (status, said) = try await Self.start(row.arguments, row.environment, in: folder)
        #expect(status != 0)
        #expect(said.contains(row.says), "\(said)")
        #expect(!said.contains("hidden"))
    }

    @Test(.enabled(if: binary != nil, "covey is not built beside the tests"), .timeLimit(.minutes(8)))
    func `a taken port is named`() async throws {
        try await TestApp.run { app in
            let folder = try TestApp.makeFolder()
            defer { TestApp.remove(folder) }
            let (status, said) = try await Self.start(["--port", "\(app.port)"], [:], in: folder)
            #expect(status != 0)
            #expect(said.contains("Port \(app.port) on 127.0.0.1 is in use."), "\(said)")
        }
    }

    @Test(.enabled(if: binary != nil, "covey is not built beside the tests"), .timeLimit(.minutes(8)))
    func `a second server on one SQLite database is refused, until the first is gone`() async throws {
        let folder = try TestApp.makeFolder()
        defer { TestApp.remove(folder) }
        let (first, output) = Self.process(["--dev", "--port", "0"], [:], in: folder)
        try first.run()
        let begun = await Self.firstWords(output)
        #expect(begun.contains("Covey listens"), "\(begun)")
        let (status, said) = try await Self.start(["--dev", "--port", "0"], [:], in: folder)
        #expect(status != 0)
        #expect(said.contains("Another server uses the database .covey/covey.db."), "\(said)")
        kill(first.processIdentifier, SIGKILL)
        await aside { first.waitUntilExit() }
        let (next, more) = Self.process(["--dev", "--port", "0"], [:], in: folder)
        try next.run()
        let again = await Self.firstWords(more)
        #expect(again.contains("Covey listens"), "\(again)")
        next.terminate()
        await aside { next.waitUntilExit() }
    }

    private static func start(
        _ arguments: [String], _ environment: [String: String], in folder: String
    ) async throws -> Command.Outcome {
        try await Command.run(
            try #require(binary), ["serve"] + arguments, environment: Self.environment(environment, in: folder),
            in: URL(filePath: folder))
    }

    private static func environment(_ environment: [String: String], in folder: String) -> [String: String] {
        let usual = ["PATH": "/usr/bin:/bin", "HOME": folder, "COVEY_RUN_BYPASS_SECRET": "the secret of the tests"]
        return usual.merging(environment) { $1 }
    }

    private static func firstWords(_ output: Pipe) async -> String {
        let reading = output.fileHandleForReading
        return await aside { String(decoding: reading.availableData, as: UTF8.self) }
    }

    private static func process(
        _ arguments: [String], _ environment: [String: String], in folder: String
    ) -> (Process, Pipe) {
        let process = Process()
        let output = Pipe()
        process.executableURL = binary
        process.arguments = ["serve"] + arguments
        process.environment = Self.environment(environment, in: folder)
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardOutput = output
        process.standardError = output
        return (process, output)
    }
}
