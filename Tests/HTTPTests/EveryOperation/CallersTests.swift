import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

/// Every operation, called by everybody: a new kind of account is one more row, a new operation is here by itself.
@Suite(.timeLimit(.minutes(8))) struct CallersTests {
    private static let manageSecret = "manage-secret-of-these-tests"
    private static let runSecret = "run-secret-of-these-tests"
    private static let scope: [String: String] = [
        "x-inkeep-tenant-id": "default", "x-inkeep-project-id": "p", "x-inkeep-agent-id": "a",
    ]

    /// Somebody who calls, and which operations let them in; all others answer 401, or 403 to whom they know.
    struct Caller: Sendable {
        let name: String
        let headers: [String: String]
        var isLetIn: @Sendable (DescribedOperation) -> Bool = { $0.side == .anybody }
    }

    static let callers = [
        Caller(name: "nobody", headers: [:]),
        Caller(name: "a stranger", headers: ["authorization": "Bearer no-such-secret-anywhere"]),
        Caller(name: "a stranger with a scope", headers: scope.merging(bearer("no-such-secret-anywhere")) { $1 }),
        Caller(name: "another scheme", headers: ["authorization": "Basic " + manageSecret]),
        Caller(name: "the secret with more behind it", headers: bearer(manageSecret + "x")),
        Caller(name: "the secret without its end", headers: bearer(String(manageSecret.dropLast()))),
        Caller(name: "an empty token", headers: ["authorization": "Bearer "]),
        Caller(
            name: "the manager", headers: bearer(manageSecret), isLetIn: { $0.side != .run }),
        Caller(
            name: "the manager by X-API-Key", headers: ["x-api-key": manageSecret], isLetIn: { $0.side != .run }),
        Caller(name: "the runner without a scope", headers: bearer(runSecret)),
        Caller(
            name: "the runner for a user",
            headers: scope.merging(bearer(runSecret)) { $1 }.merging(["x-inkeep-run-as-user-id": "user"]) { $1 },
            isLetIn: { $0.side != .manage }),
    ]

    private static func bearer(_ token: String) -> [String: String] { ["authorization": "Bearer \(token)"] }

    /// The paths lead nowhere, so that who is let in changes nothing either.
    private static let nowhere = ["tenantId": "default", "projectId": "nowhere"]

    @Test func `every operation lets in whom it is for, and nobody else`() async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(
            manageBypassSecret: Self.manageSecret, runBypassSecret: Self.runSecret)
        try await TestApp.run(options) { app in
            var manager = app.client
            manager.headers["authorization"] = "Bearer " + Self.manageSecret
            try await manager.makeProject()
            try await manager.makeAgent()
            let branch = BranchKey(tenant: "default", project: "p")
            let head = try await app.store.head(of: branch)
            for operation in try await DescribedOperation.all(app.client) {
                for caller in Self.callers {
                    for method in operation.methods {
                        try await Self.check(operation, method, caller, app.client)
                    }
                }
            }
            #expect(try await app.store.head(of: branch) == head, "who was refused changed something")
        }
    }

    private static func check(
        _ operation: DescribedOperation, _ method: String, _ caller: Caller, _ client: TestClient
    ) async throws {
        let isLetIn = caller.isLetIn(operation)
        let path = operation.path(isLetIn ? nowhere : fixtureIDs)
        var headers: HTTPHeaders = [:]
        for (name, value) in caller.headers { headers[name] = value }
        let reply = try await client.send(
            method, path, operation.takesBody ? [:] : nil, headers: headers)
        let what = "\(method) \(path) by \(caller.name): \(reply.status) \(reply.text.prefix(300))"
        guard isLetIn else {
            #expect(reply.status == 401, "\(what)")
            #expect(reply.json["code"] == "unauthorized" && reply.headers["www-authenticate"] == "Bearer", "\(what)")
            return
        }
        #expect(reply.status != 401 && reply.status != 403, "\(what)")
        #expect(operation.statuses.contains(reply.status), "\(what), which the document does not say")
    }
}
