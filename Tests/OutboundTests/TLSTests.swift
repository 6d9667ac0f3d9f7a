import Foundation
import Outbound
import Testing

/// Where the command is; nil when it is not installed.
private let openSSL = ["/usr/bin/openssl", "/usr/local/bin/openssl"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

/// HTTPS against a certificate authority of the test's own. The server is the `openssl` command.
@Suite(.timeLimit(.minutes(1)), .enabled(if: openSSL != nil, "the openssl command is not installed"))
struct TLSTests {
    /// A server with a certificate for `localhost` from an authority in `authority`; both end with the test.
    private final class Server {
        let folder: URL
        let port: Int
        private let process = Process()
        private let input = Pipe()

        var authority: String { folder.appending(path: "ca.pem").path }

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "covey-tls-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
            try Self.run(
                ["req", "-x509"] + key + ["-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem"], in: folder)
            try Self.run(
                ["req", "-x509"] + key + [
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-CA", "ca.pem", "-CAkey",
                    "ca.key", "-keyout", "server.key", "-out", "server.pem", "-addext", "basicConstraints=CA:FALSE",
                ], in: folder)
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: try #require(openSSL))
            process.arguments = [
                "s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-www",
            ]
            process.currentDirectoryURL = folder
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            process.standardInput = input
            try process.run()
            var seen = ""
            var port: Int?
            while port == nil {
                let data = output.fileHandleForReading.availableData
                try #require(!data.isEmpty, "openssl s_server did not start: \(seen)")
                seen += String(decoding: data, as: UTF8.self)
                port = seen.firstMatch(of: #/ACCEPT \S+:(\d+)\n/#).flatMap { Int($0.1) }
            }
            self.port = try #require(port)
        }

        deinit {
            // It inherits a mask that holds back milder signals.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: folder)
        }

        private static func run(_ arguments: [String], in folder: URL) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: try #require(openSSL))
            process.arguments = arguments
            process.currentDirectoryURL = folder
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "openssl \(arguments.joined(separator: " "))")
        }
    }

    @Test func `a certificate is trusted for its name and its authority only`() async throws {
        let server = try Server()
        let trusting = HTTPClient.live(policy: .development, certificateAuthorities: server.authority)
        let response = try await trusting.send(HTTPRequest(url: "https://localhost:\(server.port)/"))
        #expect(response.status == 200)
        #expect(try await !response.body.collect().isEmpty)

        for (client, host) in [(trusting, "127.0.0.1"), (HTTPClient.live(policy: .development), "localhost")] {
            await #expect {
                _ = try await client.send(HTTPRequest(url: "https://\(host):\(server.port)/"))
            } throws: {
                if case .tls? = $0 as? OutboundError { true } else { false }
            }
        }
    }
}
