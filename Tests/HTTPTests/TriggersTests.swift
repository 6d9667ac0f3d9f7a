import Catalog
import CoveyTesting
import Store
import Testing

/// Webhook triggers as configuration (manage spec §2.18, §8 check 13).
struct TriggersTests {
    private static let path = tenantPath + "/projects/p/agents/a/triggers"
    private static let whole = tenantPath + "/projects/p/agent/a"

    private static func serve(_ body: @Sendable (TestApp) async throws -> Void) async throws {
        var options = TestApp.Options()
        options.publicURL = "https://api.example.com/"
        try await TestApp.run(options) { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            try await app.client.make(
                "/projects/p/credentials",
                ["id": "gh-secret", "name": "S", "type": "memory", "credentialStoreId": "memory-default"])
            try await body(app)
        }
    }

    private static let hook: JSONValue = [
        "name": "GitHub issues", "messageTemplate": "New issue: {{title}}",
        "inputSchema": ["type": "object", "properties": ["issue": ["type": "object"]], "required": ["issue"]],
        "outputTransform": ["objectTransformation": ["title": "issue.title"]],
        "authentication": ["headers": [["name": "X-Hook-Key", "value": "longsecret1"]]],
        "signingSecretCredentialReferenceId": "gh-secret",
        "signatureVerification": [
            "algorithm": "sha256", "encoding": "hex",
            "signature": ["source": "header", "key": "x-hub-signature-256", "prefix": "sha256="],
            "signedComponents": [["source": "body", "key": "@", "required": true]],
            "componentJoin": ["strategy": "concatenate", "separator": ""],
        ],
        "runAsUserIds": ["usr_1"], "dispatchDelayMs": 0,
    ]

    @Test(.timeLimit(.minutes(8))) func `a trigger shows its address and never its secret`() async throws {
        try await Self.serve { app in
            let made = try await app.client.send("POST", Self.path, Self.hook)
            try #require(made.status == 201, "\(made.text)")
            let id = try #require(made.data["id"]?.string)
            #expect(id.count == 21)
            #expect(
                made.data["webhookUrl"]
                    == .string("https://api.example.com/run/tenants/default/projects/p/agents/a/triggers/\(id)"))
            #expect(made.data["runAsUserId"] == "usr_1" && made.data["runAsUserIds"] == ["usr_1"])
            #expect(made.data["userCount"] == 1 && made.data["createdBy"] == "development")
            #expect(made.json["warning"] == nil)
            let header = try #require(made.data["authentication"]?["headers"]?[0])
            #expect(header["name"] == "X-Hook-Key" && header["valuePrefix"] == "longsecr")
            #expect(header["valueHash"]?.string?.count == 128 && header["value"] == nil)
            for place in ["\(Self.path)/\(id)", Self.path, Self.whole, tenantPath + "/project-full/p"] {
                let reply = try await app.client.send("GET", place)
                #expect(reply.status == 200 && reply.text.contains("longsecr"), "\(place)")
                #expect(!reply.text.contains("longsecret1"), "\(place)")
            }
            let stored = try await app.store.graph(of: BranchKey(tenant: "default", project: "p"))
            let documents = try #require(stored).entries.map(\.document.jsonText)
            #expect(!documents.joined().contains("longsecret1"))
            #expect(documents.joined().contains("longsecr"))
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a secret stays when it is said again in whatever way, and else is replaced`()
        async throws
    {
        try await Self.serve { app in
            let made = try await app.client.send("POST", Self.path, Self.hook)
            let item = "\(Self.path)/\(try #require(made.data["id"]?.string))"
            let first = try #require(made.data["authentication"]?["headers"]?[0])
            let branch = BranchKey(tenant: "default", project: "p")
            let head = try await app.store.head(of: branch)
            let sames: [JSONValue] = [
                ["name": "X-Hook-Key", "keepExisting": true], ["name": "x-hook-key", "keepExisting": true],
                ["name": "X-Hook-Key", "value": "longsecret1"], first,
            ]
            for same in sames {
                let reply = try await app.client.send("PATCH", item, ["authentication": ["headers": [same]]])
                #expect(reply.status == 200, "\(same.jsonText): \(reply.text)")
                #expect(reply.data["authentication"]?["headers"]?[0] == first, "\(same.jsonText)")
            }
            #expect(try await app.store.head(of: branch) == head, "what is said again is no change")
            let shown = try await app.client.send("GET", item).data
            #expect(try await app.client.send("PUT", item, shown).status == 200)
            #expect(try await app.store.head(of: branch) == head)

            let other = try await app.client.send(
                "PATCH", item, ["authentication": ["headers": [["name": "X-Hook-Key", "value": "another"]]]])
            #expect(other.data["authentication"]?["headers"]?[0]?["valueHash"] != first["valueHash"])
            #expect(other.data["authentication"]?["headers"]?[0]?["valuePrefix"] == "anot")
            let lacking = try await app.client.send(
                "PATCH", item, ["authentication": ["headers": [["name": "X-Other", "keepExisting": true]]]])
            #expect(lacking.status == 400 && lacking.text.contains("/authentication/headers/0/keepExisting"))
            let cleared = try await app.client.send("PATCH", item, ["authentication": .null])
            #expect(cleared.status == 200 && cleared.data["authentication"] == .null)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `whole documents hash secrets, keep them, and leave triggers alone`()
        async throws
    {
        try await Self.serve { app in
            let branch = BranchKey(tenant: "default", project: "p")
            let agent = try await app.client.send("GET", Self.whole).data
            let full = try await app.client.send("GET", tenantPath + "/project-full/p").data
            var members = try #require(agent.object)
            members["triggers"] = ["gh": Self.hook, "two": ["name": "Two"]]
            let put = try await app.client.send("PUT", Self.whole, .object(members))
            try #require(put.status == 200, "\(put.text)")
            let header = try #require(put.data["triggers"]?["gh"]?["authentication"]?["headers"]?[0])
            #expect(header["valueHash"]?.string?.count == 128 && !put.text.contains("longsecret1"))
            let head = try await app.store.head(of: branch)
            for body in [put.data, .object(members)] {
                let again = try await app.client.send("PUT", Self.whole, body)
                #expect(again.status == 200 && again.data["triggers"] == put.data["triggers"], "\(again.text)")
            }
            let project = try await app.client.send("GET", tenantPath + "/project-full/p").data
            #expect(project["agents"]?["a"]?["triggers"]?["gh"]?["authentication"]?["headers"]?[0] == header)
            #expect(try await app.client.send("PUT", tenantPath + "/project-full/p", project).status == 200)
            #expect(try await app.store.head(of: branch) == head, "what was read and put back changes nothing")

            members["triggers"] = nil
            #expect(try await app.client.send("PUT", Self.whole, .object(members)).status == 200)
            #expect(try await app.client.send("GET", "\(Self.path)/gh").status == 200, "nothing said leaves them")
            members["triggers"] = ["two": ["name": "Two"]]
            #expect(try await app.client.send("PUT", Self.whole, .object(members)).status == 200)
            #expect(try await app.client.send("GET", "\(Self.path)/gh").status == 404)
            #expect(try await app.client.send("GET", "\(Self.path)/two").status == 200)
            members["triggers"] = [:]
            #expect(try await app.client.send("PUT", Self.whole, .object(members)).status == 200)
            #expect(try await app.client.send("GET", Self.path).json["pagination"]?["total"] == 0)

            var whole = try #require(full.object)
            var its = try #require(whole["agents"]?["a"]?.object)
            its["triggers"] = ["gh": Self.hook]
            whole["agents"] = ["a": .object(its)]
            let pushed = try await app.client.send("PUT", tenantPath + "/project-full/p", .object(whole))
            #expect(pushed.status == 200 && !pushed.text.contains("longsecret1"), "\(pushed.text)")
            #expect(pushed.text.contains("valueHash"))
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what is wrong with a trigger is a 400 that names it`() async throws {
        try await Self.serve { app in
            let id = try #require(try await app.client.send("POST", Self.path, Self.hook).data["id"]?.string)
            let rows: [(JSONValue, String)] = [
                ([:], "/name"), (["name": ""], "/name"), (["name": "T", "enabled": "yes"], "/enabled"),
                (["name": "T", "dispatchDelayMs": 600_001], "/dispatchDelayMs"),
                (["name": "T", "inputSchema": ["type": "nonsense"]], "/inputSchema"),
                (["name": "T", "outputTransform": ["jmespath": "a["]], "/outputTransform/jmespath"),
                (["name": "T", "outputTransform": ["objectTransformation": ["x": "f("]]], "/outputTransform"),
                (["name": "T", "runAsUserId": "system"], "/runAsUserId"),
                (["name": "T", "runAsUserIds": ["u", "apikey:1"]], "/runAsUserIds/1"),
                (["name": "T", "runAsUserId": "u", "runAsUserIds": ["u", "v"]], "/runAsUserId"),
                (["name": "T", "signingSecretCredentialReferenceId": "no"], "/signingSecretCredentialReferenceId"),
                (["name": "T", "authentication": ["headers": [["name": "X"]]]], "/authentication/headers/0/value"),
                (
                    ["name": "T", "authentication": ["headers": [["name": "no name", "value": "v"]]]],
                    "/authentication/headers/0/name"
                ),
                (
                    [
                        "name": "T",
                        "authentication": ["headers": [["name": "X", "value": "v"], ["name": "x", "value": "w"]]],
                    ], "/authentication/headers/1/name"
                ),
                (
                    ["name": "T", "authentication": ["headers": [["name": "X", "valueHash": "abc"]]]],
                    "/authentication/headers/0/valueHash"
                ),
                (
                    ["name": "T", "authentication": ["headers": [["name": "X", "value": "v", "keepExisting": true]]]],
                    "/authentication/headers/0/keepExisting"
                ),
            ]
            for (body, pointer) in rows {
                let reply = try await app.client.send("POST", Self.path, body)
                #expect(reply.status == 400 && reply.text.contains("\"pointer\":\"\(pointer)"), "\(reply.text)")
            }
            var verification = try #require(Self.hook["signatureVerification"]?.object)
            verification["signature"] = ["source": "body", "key": "a[", "regex": "("]
            verification["signedComponents"] = []
            let reply = try await app.client.send(
                "PATCH", "\(Self.path)/\(id)", ["signatureVerification": .object(verification)])
            #expect(reply.status == 400, "\(reply.text)")
            for place in ["/signature/regex", "/signedComponents"] {
                #expect(reply.text.contains("/signatureVerification\(place)"), "\(place): \(reply.text)")
            }
            #expect(try await app.client.send("PATCH", "\(Self.path)/\(id)", ["unknown": 1]).status == 400)
            #expect(try await app.client.send("PATCH", "\(Self.path)/none", ["name": "N"]).status == 404)
            let half = try await app.client.send(
                "PATCH", "\(Self.path)/\(id)", ["signingSecretCredentialReferenceId": .null])
            #expect(half.status == 200 && half.json["warning"]?.string?.contains("not checked") == true)
            let many = JSONValue.array((0..<21).map { ["name": .string("X-\($0)"), "value": "v"] })
            let tooMany = try await app.client.send(
                "PATCH", "\(Self.path)/\(id)", ["authentication": ["headers": many]])
            #expect(tooMany.status == 400)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `users are listed, set, added and removed`() async throws {
        try await Self.serve { app in
            let id = try #require(try await app.client.send("POST", Self.path, Self.hook).data["id"]?.string)
            let users = "\(Self.path)/\(id)/users"
            #expect(try await app.client.send("GET", users).data == ["usr_1"])
            let added = try await app.client.send("POST", users, ["userId": "usr 2"])
            #expect(added.status == 201 && added.data == ["usr_1", "usr 2"])
            #expect(try await app.client.send("POST", users, ["userId": "usr_1"]).data == ["usr_1", "usr 2"])
            #expect(try await app.client.send("GET", "\(Self.path)/\(id)").data["runAsUserId"] == .null)
            let removed = try await app.client.send("DELETE", users + "/usr%202")
            #expect(removed.status == 200 && removed.data == ["usr_1"])
            #expect(try await app.client.send("DELETE", users + "/usr%202").status == 404)
            let set = try await app.client.send("PUT", users, ["userIds": ["a", "b", "a"]])
            #expect(set.status == 200 && set.data == ["a", "b"])
            for (method, body) in [
                ("PUT", [:]), ("PUT", ["userIds": ["system"]]), ("POST", [:]), ("POST", ["userId": "apikey:1"]),
                ("PUT", ["userIds": "a"]),
            ] as [(String, JSONValue)] {
                #expect(try await app.client.send(method, users, body).status == 400, "\(method) \(body.jsonText)")
            }
            #expect(try await app.client.send("GET", "\(Self.path)/none/users").status == 404)
            let cleared = try await app.client.send("PATCH", "\(Self.path)/\(id)", ["runAsUserIds": []])
            #expect(cleared.data["userCount"] == 0 && cleared.data["enabled"] == true)
            let one = try await app.client.send("PATCH", "\(Self.path)/\(id)", ["runAsUserId": "u"])
            #expect(one.data["runAsUserIds"] == ["u"])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `invocations are read from their log, by page, status and time`() async throws {
        try await Self.serve { app in
            let id = try #require(try await app.client.send("POST", Self.path, Self.hook).data["id"]?.string)
            let source = ResourceKey(kind: "trigger", parent: "a", id: id)
            let branch = BranchKey(tenant: "default", project: "p")
            let statuses: [Invocation.Status] = [.pending, .completed, .failed, .completed]
            try await app.store.write(in: branch, actor: "test", at: 1) { transaction in
                let workspace = transaction.workspace(
                    WorkspaceTools(projectKind: "project", now: 1, makeID: { "x" }, sealing: TestApp.sealing))
                for (number, status) in statuses.enumerated() {
                    let at = Int64(1000 * (number + 1))
                    var invocation = Invocation(
                        id: "i\(number)", source: source, status: status, dueAt: at, createdAt: at)
                    invocation.conversations = ["c\(number)"]
                    invocation.request = ["n": .integer(Int64(number))]
                    if status == .failed { invocation.error = "no" }
                    try workspace.invocations.add(invocation)
                }
            }
            let list = "\(Self.path)/\(id)/invocations"
            let all = try await app.client.send("GET", list + "?limit=3")
            #expect(all.data.array?.compactMap { $0["id"]?.string } == ["i3", "i2", "i1"])
            #expect(all.json["pagination"] == ["page": 1, "limit": 3, "total": 4, "pages": 2])
            let done = try await app.client.send("GET", list + "?status=success")
            #expect(done.data.array?.compactMap { $0["id"]?.string } == ["i3", "i1"])
            #expect(done.data[0]?["status"] == "success" && done.data[0]?["conversationId"] == "c3")
            let window = "?from=1970-01-01T00:00:02Z&to=1970-01-01T00:00:03.000Z"
            #expect(try await app.client.send("GET", list + window).json["pagination"]?["total"] == 2)
            let one = try await app.client.send("GET", list + "/i2")
            #expect(one.data["errorMessage"] == "no" && one.data["requestPayload"] == ["n": 2], "\(one.text)")
            #expect(one.data["triggerId"] == .string(id) && one.data["ref"] == .null)
            for query in ["?status=running", "?from=yesterday", "?to=", "?limit=0"] {
                #expect(try await app.client.send("GET", list + query).status == 400, "\(query)")
            }
            #expect(try await app.client.send("GET", list + "/none").json["detail"] == "Invocation not found")
            #expect(try await app.client.send("GET", "\(Self.path)/none/invocations").status == 404)
            #expect(try await app.client.send("DELETE", "\(Self.path)/\(id)").status == 204)
            let left = try await app.store.readConfiguration(in: branch) {
                let workspace = $0.workspace(
                    WorkspaceTools(projectKind: "project", now: 1, makeID: { "x" }, sealing: TestApp.sealing))
                return try workspace.invocations.get(source, "i2")
            }
            #expect(left == nil, "invocations go with their trigger")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a rerun is checked, and then said to be unavailable`() async throws {
        try await Self.serve { app in
            let id = try #require(try await app.client.send("POST", Self.path, Self.hook).data["id"]?.string)
            let rerun = "\(Self.path)/\(id)/rerun"
            let rows: [(JSONValue, Int)] = [
                ([:], 400), (["userMessage": ""], 400), (["userMessage": "x", "messageParts": [["kind": "odd"]]], 400),
                (["userMessage": "x", "runAsUserId": "stranger"], 400), (["userMessage": "x"], 501),
                (
                    [
                        "userMessage": "x", "runAsUserId": "usr_1", "messageParts": [["kind": "text", "text": "more"]],
                    ], 501
                ),
            ]
            for (body, status) in rows {
                let reply = try await app.client.send("POST", rerun, body)
                #expect(reply.status == status, "\(body.jsonText): \(reply.text)")
                if status == 501 {
                    #expect(reply.json["code"] == "not_implemented")
                    #expect(reply.json["detail"]?.string?.contains("rerun-trigger") == true, "\(reply.text)")
                }
            }
            #expect(try await app.client.send("POST", "\(Self.path)/none/rerun", ["userMessage": "x"]).status == 404)
            let users = "\(Self.path)/\(id)/users"
            #expect(try await app.client.send("PUT", users, ["userIds": ["a", "b"]]).status == 200)
            #expect(try await app.client.send("POST", rerun, ["userMessage": "x"]).status == 400)
            #expect(try await app.client.send("PATCH", "\(Self.path)/\(id)", ["enabled": false]).status == 200)
            #expect(try await app.client.send("POST", rerun, ["userMessage": "x"]).status == 409)
        }
    }
}
