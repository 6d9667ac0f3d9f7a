import CoveyTesting
import Foundation
import HTTP
import Outbound
import Testing

/// The server on encrypted connections, with certificates of a test's own.
@Suite(.timeLimit(.minutes(8)), .enabled(if: TestAuthority.openSSL != nil, "the openssl command is not installed"))
struct EncryptionTLSTests {
    private func send(_ app: TestApp, _ authority: TestAuthority) async throws -> HTTPResponse {
        let client = HTTPClient.live(policy: .development, certificateAuthorities: authority.certificate)
        return try await client.send(HTTPRequest(url: "https://localhost:\(app.port)/health"))
    }

    @Test func `connections are encrypted, and a renewed certificate needs no restart`() async throws {
        let authority = try TestAuthority()
        let certificates = try Certificates(Certificates.Files(chain: authority.chain, key: authority.key))
        var options = TestApp.Options()
        options.certificates = certificates
        try await TestApp.run(options) { app in
            let reply = try await send(app, authority)
            #expect(reply.status == 204 && reply.headers["strict-transport-security"] == "max-age=31536000")
            await #expect(throws: (any Error).self, "nobody speaks in clear there") {
                _ = try await app.client.send("GET", "/health")
            }
            #expect(try !certificates.renew())
            // Half of a renewal: the new key does not belong to the old certificate.
            let chain = try Data(contentsOf: URL(fileURLWithPath: authority.chain))
            try authority.issue(number: 2)
            let renewed = try Data(contentsOf: URL(fileURLWithPath: authority.chain))
            try chain.write(to: URL(fileURLWithPath: authority.chain))
            #expect(throws: (any Error).self) { try certificates.renew() }
            #expect(try await send(app, authority).status == 204, "the certificate before still serves")
            try renewed.write(to: URL(fileURLWithPath: authority.chain))
            #expect(try certificates.renew())
            #expect(try await send(app, authority).status == 204)
        }
    }

    @Test func `files that are no certificate are refused at the start`() throws {
        let authority = try TestAuthority()
        for (chain, key) in [
            (authority.key, authority.chain), (authority.chain, authority.certificate), ("/nowhere", authority.key),
        ] {
            #expect(throws: (any Error).self) { try Certificates(Certificates.Files(chain: chain, key: key)) }
        }
    }
}
