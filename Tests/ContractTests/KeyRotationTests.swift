import Catalog
import CoveyTesting
import Foundation
import Testing

/// `covey key` and `covey audit` as operators use them, between two lives of a server.
@Suite(.enabled(if: BuiltServer.binary != nil, "covey is not built beside the tests"), .timeLimit(.minutes(8)))
struct KeyRotationTests {
    private static let tool: JSONValue = [
        "id": "weather", "name": "Weather", "headers": ["x-key": "a-secret-value"],
        "config": ["type": "mcp", "mcp": ["server": ["url": "https://mcp.example.com/mcp"]]],
    ]
    private static let path = "/manage/tenants/default/projects/p"

    @Test func `a new key takes over, the old one opens nothing, and the audit is whole`() async throws {
        let folder = try DataFolder()
        let file = folder.url.appending(path: "secret.key")
        do {
            let server = try await BuiltServer(folder: folder.url)
            try await server.makeProject("p", model: "mock/m")
            #expect(try await server.client.call("POST", Self.path + "/tools", Self.tool).status == 201)
            #expect(try await folder.covey(["key", "rotate"]).status != 0, "a server is running")
            #expect(server.stop() == 0)
        }
        let old = try String(contentsOf: file, encoding: .utf8)
        let rotated = try await folder.covey(["key", "rotate"])
        #expect(rotated.status == 0 && rotated.output.contains("No other key is needed"), "\(rotated.output)")
        let new = try String(contentsOf: file, encoding: .utf8)
        #expect(new != old && !new.contains(old.trimmingCharacters(in: .newlines)))
        let rights = try FileManager.default.attributesOfItem(atPath: file.path(percentEncoded: false))
        #expect(rights[.posixPermissions] as? Int == 0o600)
        do {
            let server = try await BuiltServer(folder: folder.url)
            // The same value again changes nothing: it is compared with what the new key opens.
            let (status, body) = try await server.client.call(
                "PATCH", Self.path + "/tools/weather?dryRun=true", ["headers": ["x-key": "a-secret-value"]])
            #expect(status == 200 && body["changes"]?.array?.isEmpty == true, "\(body.jsonText)")
            #expect(server.stop() == 0)
        }
        let whole = try await folder.covey(["audit", "verify"])
        #expect(whole.status == 0 && whole.output.contains("default: 2 records"), "\(whole.output)")
        try old.write(to: file, atomically: true, encoding: .utf8)
        let late = try await folder.covey(["key", "reseal"])
        #expect(late.status != 0 && late.output.contains("which this server does not hold"), "\(late.output)")
    }

    @Test func `a path without a database is refused, and nothing is made`() async throws {
        let folder = try DataFolder()
        for command in [["key", "rotate"], ["key", "reseal"], ["audit", "verify"]] {
            let (status, said) = try await folder.covey(command)
            #expect(status != 0 && said.contains("There is no database at"), "\(said)")
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path(percentEncoded: false))
        #expect(!left.contains { $0.hasPrefix("covey.db") || $0 == "secret.key" })
    }
}
