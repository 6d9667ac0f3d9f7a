import CoveyTesting
import Foundation
import Outbound
import Testing

/// HTTPS against a certificate authority of the test's own. The server is the `openssl` command.
@Suite(.timeLimit(.minutes(8)), .enabled(if: TestAuthority.openSSL != nil, "the openssl command is not installed"))
struct TLSTests {
    /// A server with a certificate for `localhost` from `authority`; it ends with the test.
    private final class Server {
        let authority: TestAuthority
        let port: Int
        private let process = Process()
        private let input = Pipe()

        init() throws {
            authority = try TestAuthority()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: try #require(TestAuthority.openSSL))
            process.arguments = [
                "s_server", "-accept", "127.0.0.1:0", "-cert", authority.chain, "-key", authority.key, "-www",
            ]
            process.currentDirectoryURL = authority.folder
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
        }
    }

    @Test func `a certificate is trusted for its name and its authority only`() async throws {
        let server = try Server()
        let trusting = HTTPClient.live(policy: .development, certificateAuthorities: server.authority.certificate)
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
