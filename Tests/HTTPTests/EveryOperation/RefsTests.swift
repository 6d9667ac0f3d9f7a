import Catalog
import CoveyTesting
import Domain
import Outbound
import Store
import Testing

/// References to branches and states, on every operation of the management side (manage spec §0.10, §4.2).
@Suite(.timeLimit(.minutes(8))) struct RefsTests {
    /// Operations whose effects are over when a reference matters, or that are about references.
    private static func send(
        _ operation: DescribedOperation, _ ref: String, _ client: TestClient, inHeader: Bool = false
    ) async throws -> TestReply {
        let isProject = operation.path == "/manage/tenants/{tenantId}/projects/{id}"
        let path = operation.path(fixtureIDs.merging(["branchName": "main", "id": isProject ? "p" : "x"]) { $1 })
        return try await client.send(
            operation.methods[0], inHeader ? path : "\(path)?ref=\(ref)", operation.takesBody ? [:] : nil,
            headers: inHeader ? ["x-inkeep-ref": ref] : [:])
    }

    @Test func `a reference is heeded where it means something, and nowhere else`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            try await app.client.make("/projects/p/agents/a/sub-agents", ["id": "s", "name": "Sub"])
            let branch = BranchKey(tenant: "default", project: "p")
            let commit = try #require(try await app.client.branch("main")["hash"]?.string)
            let head = try await app.store.head(of: branch)
            let catalog = Dictionary(uniqueKeysWithValues: Everything.operations.map { ($0.id, $0) })
            var (heeding, ignoring) = (0, 0)
            for operation in try await DescribedOperation.all(app.client) where operation.side == .manage {
                let what = "\(operation)"
                guard operation.query["ref"] != nil else {
                    // What lives outside branches, and what is of no project.
                    ignoring += 1
                    #expect(!operation.headers.contains("x-inkeep-ref"), "\(what)")
                    let plain = try await Self.send(operation, "main", app.client)
                    for ref in ["no-such-ref", commit] {
                        let reply = try await Self.send(operation, ref, app.client)
                        #expect(reply.status == plain.status, "\(what) \(ref): \(reply.text)")
                        #expect(!reply.text.contains("Unknown ref"), "\(what)")
                    }
                    continue
                }
                heeding += 1
                #expect(operation.headers.contains("x-inkeep-ref"), "\(what)")
                // A project that is about to be made has no branches yet.
                let detail =
                    operation.id.hasPrefix("create-") && operation.id.hasSuffix("project")
                    ? "Project not found" : "Unknown ref: no-such-ref"
                for inHeader in [false, true] {
                    let unknown = try await Self.send(operation, "no-such-ref", app.client, inHeader: inHeader)
                    #expect(
                        unknown.status == 404 && unknown.json["detail"] == .string(detail),
                        "\(what): \(unknown.text)")
                    let past = try await Self.send(operation, commit, app.client, inHeader: inHeader)
                    guard case .write = catalog[operation.id]?.effect else {
                        let plain = try await Self.send(operation, "main", app.client)
                        #expect(past.status == plain.status, "\(what): \(past.text)")
                        continue
                    }
                    guard detail != "Project not found" else { continue }
                    #expect(past.status == 400 && past.text.contains("is a commit"), "\(what): \(past.text)")
                }
            }
            #expect(heeding > 100 && ignoring > 30)
            #expect(try await app.store.head(of: branch) == head, "what was refused changed something")
        }
    }

    /// Operations on people, sessions and tokens. May only shrink.
    private static let aboutPeople: Set<String> = [
        "revoke-anonymous-sessions", "create-playground-token", "create-password-reset-link", "create-user",
        "invite-members", "list-user-providers", "upsert-user-profile",
    ]

    /// Operations that change runs and what they may use. May only grow.
    static let aboutRuns: Set<String> = ["put-budget", "delete-budget", "put-prices", "fork-run"]

    @Test func `every change on the management side is done once for a key, from the one place`() async throws {
        try await TestApp.run { app in
            let catalog = Dictionary(uniqueKeysWithValues: Everything.operations.map { ($0.id, $0) })
            for operation in try await DescribedOperation.all(app.client)
            where operation.side == .manage && operation.methods[0] != "GET" {
                // People and what they sign in with are no configuration. A replay only looks: nothing of it is kept.
                if Self.aboutPeople.contains(operation.id) || operation.id == "replay-run" { continue }
                // Runs and what they may use are on no branch, so there is no rehearsal of a change of them.
                if Self.aboutRuns.contains(operation.id) {
                    #expect(operation.headers.contains("idempotency-key"), "\(operation)")
                    continue
                }
                guard let known = catalog[operation.id] else {
                    Issue.record("\(operation) changes something past the catalog")
                    continue
                }
                // The others only look, or refuse because what they do is not built.
                let looks: Set<String> = [
                    "merge-preview", "rerun-trigger", "run-scheduled-trigger-now", "rerun-scheduled-trigger-invocation",
                    "test-webhook-destination",
                ]
                guard case .write = known.effect else {
                    #expect(looks.contains(operation.id), "\(operation) is no write")
                    continue
                }
                #expect(operation.headers.contains("idempotency-key"), "\(operation)")
                #expect(operation.query["dryRun"] != nil, "\(operation)")
            }
        }
    }

    @Test func `every problem tells the id of its request, in the head and in the body`() async throws {
        try await TestApp.run { app in
            for operation in try await DescribedOperation.all(app.client) where operation.side != .anybody {
                let path = operation.path(["tenantId": "default", "projectId": "nowhere"])
                for method in operation.methods {
                    let reply = try await app.client.send(
                        method, path, operation.takesBody ? [1] : nil, headers: ["x-request-id": "mine-1"])
                    guard reply.status >= 400 else { continue }
                    #expect(reply.headers["x-request-id"] == "mine-1", "\(method) \(path)")
                    let isProblem = reply.headers["content-type"] == "application/problem+json"
                    #expect(!isProblem || reply.json["requestId"] == "mine-1", "\(method) \(path): \(reply.text)")
                    #expect(isProblem || operation.path == "/run/v1/mcp", "\(method) \(path): \(reply.text)")
                }
            }
        }
    }
}
