import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

@Suite struct AuditTests {
    private static let secret = "manage-secret-of-the-audit"

    private func records(_ client: TestClient, _ query: String = "") async throws -> [JSONValue] {
        let reply = try await client.send("GET", tenantPath + "/audit?limit=100" + query)
        try #require(reply.status == 200, "\(reply.text)")
        return reply.data.array ?? []
    }

    @Test func `what is done is on record, and what changes nothing is not`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            let path = tenantPath + "/projects/p"
            let headers: HTTPHeaders = ["x-request-id": "request-1"]
            let renamed = try await app.client.send("PATCH", path, ["name": "New"], headers: headers)
            #expect(renamed.status == 200)
            #expect(try await app.client.send("PATCH", path, ["name": "New"]).status == 200)
            #expect(try await app.client.send("PATCH", path + "?dryRun=true", ["name": "Newer"]).status == 200)
            #expect(try await app.client.send("PATCH", path, ["name": 1]).status == 400)
            let found = try await records(app.client)
            #expect(found.compactMap { $0["action"]?.string } == ["update-project", "create-project"])
            let record = try #require(found.first)
            #expect(record["target"] == .string(path) && record["requestId"] == "request-1")
            #expect(record["actor"] == "development" && record["address"] == "127.0.0.1")
            #expect(record["outcome"] == "done" && record["sequence"] == 2)
            #expect(try await records(app.client, "&action=create-project").count == 1)
            let verdict = try await app.store.verifyAudit(of: "default")
            #expect(verdict.broken == nil && verdict.head == record["digest"]?.string)
        }
    }

    @Test func `what is wrong with a query is a 400 that names all of it`() async throws {
        try await TestApp.run { app in
            let reply = try await app.client.send("GET", tenantPath + "/audit?outcome=x&from=yesterday&until=2")
            #expect(reply.status == 400)
            #expect(reply.json["errors"]?.array?.compactMap { $0["name"]?.string } == ["outcome", "from", "until"])
        }
    }

    @Test func `refusals of one kind are one record with their number`() async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: Self.secret)
        try await TestApp.run(options) { app in
            for _ in 0..<5 { #expect(try await app.client.send("GET", tenantPath + "/projects").status == 401) }
            var manager = app.client
            manager.headers["authorization"] = "Bearer " + Self.secret
            #expect(try await records(manager).isEmpty, "who is not known belongs to no tenant")
            let (entries, _) = try await app.store.audit(of: "", AuditQuery(), Page())
            #expect(entries.count == 1 && entries.first?.record.amount == 5)
            #expect(entries.first?.record.outcome == .refused && entries.first?.record.action == "list-projects")
        }
    }
}
