import Catalog
import CoveyTesting
import Outbound
import Store
import Testing

/// Branches and references over the wire (manage spec §4.2, §4.3).
struct BranchTests {
    static let project = "\(tenantPath)/projects/p"
    static let branches = "\(project)/branches"

    /// A server with the project `p`, its agent `a`, and the tool `t`.
    static func serve(_ body: @escaping @Sendable (TestApp, TestClient) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            try await app.client.makeTool("t", "One")
            try await body(app, app.client)
        }
    }

    @Test func `a branch is a copy that goes its own way`() async throws {
        try await Self.serve { _, client in
            let main = try await client.branch("main")
            #expect(main["baseName"] == "main" && main["fullName"] == "default_p_main")
            let dev = try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(dev["fullName"] == "default_p_dev")
            #expect(dev["hash"] == main["hash"], "nothing was changed on it yet")
            let tool = "\(Self.project)/tools/t"
            #expect(try await client.send("PATCH", "\(tool)?ref=dev", ["name": "Two"]).status == 200)
            for ref in ["dev", "default_p_dev"] {
                #expect(try await client.send("GET", "\(tool)?ref=\(ref)").data["name"] == "Two")
                #expect(try await client.send("GET", tool, headers: ["x-inkeep-ref": ref]).data["name"] == "Two")
            }
            #expect(try await client.send("GET", tool).data["name"] == "One")
            #expect(try await client.send("GET", "\(tool)?ref=main").data["name"] == "One")
            let both = try await client.send("GET", "\(tool)?ref=main", headers: ["x-inkeep-ref": "dev"])
            #expect(both.data["name"] == "One", "the query counts more")
            let moved = try await client.branch("dev")
            #expect(moved["hash"] != main["hash"])
            #expect(try await client.branch("main")["hash"] == main["hash"])
            let listed = try await client.send("GET", Self.branches).data.array ?? []
            #expect(listed.compactMap { $0["baseName"]?.string } == ["dev", "main"])
            #expect(listed.first == moved)
        }
    }

    @Test func `a branch takes the schedules that run on it along, and a schedule may name a state`() async throws {
        try await Self.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            let hash = try #require(try await client.branch("main")["hash"]?.string)
            let schedules = "/projects/p/agents/a/scheduled-triggers"
            for (id, ref) in [("s1", "dev"), ("s2", "default_p_dev"), ("s3", "main"), ("s4", hash), ("s5", "gone")] {
                try await client.make(
                    schedules,
                    ["id": .string(id), "name": .string(id), "cronExpression": "0 8 * * *", "ref": .string(ref)])
            }
            for (id, status) in [("s1", 501), ("s2", 501), ("s3", 501), ("s4", 501), ("s5", 400)] {
                let reply = try await client.send("POST", "\(tenantPath)\(schedules)/\(id)/run")
                #expect(reply.status == status, "\(id): \(reply.text)")
            }
            #expect(try await client.send("DELETE", "\(Self.branches)/dev?force=true").status == 204)
            let left = try await client.send("GET", "\(tenantPath)\(schedules)?sort=id").data.array ?? []
            #expect(left.compactMap { $0["id"]?.string } == ["s3", "s4", "s5"])
        }
    }

    @Test func `branches are made of branches and of commits`() async throws {
        try await Self.serve { _, client in
            let tool = "\(Self.project)/tools/t"
            let first = try #require(try await client.branch("main")["hash"]?.string)
            for name in ["Two", "Three"] { _ = try await client.send("PATCH", tool, ["name": .string(name)]) }
            try await client.make("/projects/p/tools", KindsTests.tool("later"))
            #expect(try await client.send("DELETE", "\(Self.project)/agents/a").status == 204)
            try await client.make("/projects/p/branches", ["name": "new", "fromBranch": "default_p_main"])
            let old = try await client.make(
                "/projects/p/branches", ["name": "feature/old", "fromCommit": .string(first)])
            #expect(old["hash"] == .string(first))
            #expect(try await client.send("GET", "\(tool)?ref=new").data["name"] == "Three")
            #expect(try await client.send("GET", "\(tool)?ref=feature/old").data["name"] == "One")
            #expect(try await client.send("GET", "\(tool)?ref=feature%2Fold").data["name"] == "One")
            #expect(try await client.send("GET", "\(Self.project)/tools/later?ref=feature/old").status == 404)
            let agent = try await client.send("GET", "\(Self.project)/agent/a?ref=feature/old")
            #expect(agent.data["subAgents"]?["main"]?["prompt"] == "Answer.")
            // What was put back is whole: its links delete what hangs on it.
            #expect(try await client.send("DELETE", "\(Self.project)/agents/a?ref=feature/old").status == 204)
            #expect(try await client.branch("feature%2Fold")["baseName"] == "feature/old")
            let holding = try await client.send("GET", "\(Self.branches)/agents/a").data.array ?? []
            #expect(holding == [])
        }
    }

    @Test func `what a reference cannot be is refused`() async throws {
        try await Self.serve { _, client in
            let hash = try #require(try await client.branch("main")["hash"]?.string)
            let wrong = String(hash.reversed())
            let tool = "\(Self.project)/tools/t"
            try await client.check([
                Scenario("an unknown ref", "GET", "\(tool)?ref=nope", status: 404, contains: ["Unknown ref: nope"]),
                Scenario(
                    "write there", "PATCH", "\(tool)?ref=nope", ["name": "x"], status: 404, contains: ["Unknown ref"]),
                Scenario("a hash that is none", "GET", "\(tool)?ref=\(wrong)", status: 404, contains: ["Unknown ref"]),
                Scenario("the branch of nobody", "GET", "\(tool)?ref=~", status: 404, contains: ["Unknown ref"]),
                Scenario("a commit", "GET", "\(tool)?ref=\(hash)", status: 200),
                Scenario("a write on a commit", "PATCH", "\(tool)?ref=\(hash)", ["name": "x"], status: 400),
                Scenario(
                    "a create on a commit", "POST", "\(Self.project)/agents?ref=\(hash)", ["id": "b", "name": "B"],
                    status: 400),
                Scenario("a write of the past", "PATCH", "\(tool)?at=1", ["name": "x"], status: 400),
                Scenario("no number", "GET", "\(tool)?at=x", status: 400, contains: ["/at"]),
                Scenario("the future", "GET", "\(tool)?at=999", status: 404, contains: ["Unknown change: 999"]),
                Scenario("before all", "GET", "\(tool)?at=0", status: 404, contains: ["Unknown change: 0"]),
                Scenario(
                    "no project", "GET", "\(tenantPath)/projects/q/tools/t?ref=dev", status: 404,
                    contains: ["Project not found"]),
                Scenario(
                    "no project, commit", "GET", "\(tenantPath)/projects/q/tools/t?ref=\(hash)", status: 404,
                    contains: ["Project not found"]),
                Scenario(
                    "a project that begins elsewhere", "POST", "\(tenantPath)/projects?ref=dev",
                    ["id": "q", "name": "Q", "models": ["base": ["model": "mock/m"]]], status: 404),
                Scenario(
                    "both sources", "POST", Self.branches,
                    ["name": "b", "fromBranch": "main", "fromCommit": .string(hash)], status: 400),
                Scenario("unknown source", "POST", Self.branches, ["name": "b", "fromBranch": "nope"], status: 404),
                Scenario(
                    "unknown commit", "POST", Self.branches, ["name": "b", "fromCommit": .string(wrong)], status: 404),
                Scenario("no name", "POST", Self.branches, [:], status: 400, contains: ["/name"]),
                Scenario("a bad name", "POST", Self.branches, ["name": "a b"], status: 400, contains: ["/name"]),
                Scenario("the hidden name", "POST", Self.branches, ["name": "~"], status: 400),
                Scenario("a name that is there", "POST", Self.branches, ["name": "main"], status: 409),
                Scenario("and its full name", "POST", Self.branches, ["name": "default_p_main"], status: 409),
                Scenario("no such branch", "GET", "\(Self.branches)/nope", status: 404),
                Scenario("the hidden branch", "GET", "\(Self.branches)/~", status: 400),
                Scenario("delete none", "DELETE", "\(Self.branches)/nope", status: 404),
                Scenario("delete main", "DELETE", "\(Self.branches)/main?force=true", status: 403),
                Scenario("delete main by its full name", "DELETE", "\(Self.branches)/default_p_main", status: 403),
                Scenario("how?", "DELETE", "\(Self.branches)/x?force=maybe", status: 400),
            ])
        }
    }

    @Test func `references are resolved`() async throws {
        try await Self.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            let hash = try #require(try await client.branch("main")["hash"]?.string)
            #expect(hash.wholeMatch(of: #/[0-9a-v]{32}/#) != nil)
            let resolve = "\(Self.project)/refs/resolve"
            for query in ["", "?ref=main", "?ref=default_p_main"] {
                let data = try await client.send("GET", resolve + query).data
                #expect(data == ["type": "branch", "name": "default_p_main", "hash": .string(hash)], "\(query)")
            }
            #expect(try await client.send("GET", "\(resolve)?ref=dev").data["name"] == "default_p_dev")
            let commit = try await client.send("GET", "\(resolve)?ref=\(hash)").data
            #expect(commit == ["type": "commit", "name": .string(hash), "hash": .string(hash)])
            #expect(try await client.send("GET", "\(tenantPath)/projects/q/refs/resolve").status == 404)
        }
    }

    @Test func `deleting a branch takes along what was recorded on it, and nothing else`() async throws {
        try await Self.serve { app, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            let runner = client.agent("a", of: "p")
            for (ref, conversation) in [("main", "c1"), ("dev", "c2")] {
                let turn: JSONValue = [
                    "model": "x", "messages": messages("Hi"), "conversationId": .string(conversation),
                ]
                #expect(try await runner.send("POST", "/run/v1/chat/completions?ref=\(ref)", turn).status == 200)
            }
            let unknown = try await runner.send(
                "POST", "/run/v1/chat/completions?ref=nope", ["model": "x", "messages": messages("Hi")])
            #expect(unknown.status == 404 && unknown.text.contains("Unknown ref: nope"))
            #expect(try await client.send("DELETE", "\(Self.branches)/main?force=true").status == 403)
            let conversations = { @Sendable in
                try await app.store.conversations(tenant: "default", project: "p", ConversationQuery(limit: 9))
                    .conversations.map(\.key.id).sorted()
            }
            #expect(try await conversations() == ["c1", "c2"], "refused without side effects")
            #expect(try await client.send("PATCH", "\(Self.project)/tools/t?ref=dev", ["name": "Two"]).status == 200)
            let refused = try await client.send("DELETE", "\(Self.branches)/dev")
            #expect(refused.status == 409 && refused.text.contains("force=true"))
            #expect(try await conversations() == ["c1", "c2"])
            #expect(try await client.send("DELETE", "\(Self.branches)/dev?force=true&dryRun=true").status == 200)
            #expect(try await conversations() == ["c1", "c2"])
            #expect(try await client.send("DELETE", "\(Self.branches)/dev?force=true").status == 204)
            #expect(try await conversations() == ["c1"])
            #expect(try await client.send("GET", "\(Self.branches)/dev").status == 404)
            #expect(try await client.send("GET", "\(Self.project)/tools/t?ref=dev").status == 404)
            #expect(try await client.send("GET", "\(Self.project)/tools/t").data["name"] == "One")
        }
    }

    @Test func `a branch without changes of its own is deleted without force`() async throws {
        try await Self.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(try await client.send("DELETE", "\(Self.branches)/dev").status == 204)
        }
    }

    @Test func `a branch made anew under an old name is another`() async throws {
        try await Self.serve { _, client in
            let tool = "\(Self.project)/tools/t"
            try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(try await client.send("PATCH", "\(tool)?ref=dev", ["name": "First life"]).status == 200)
            let first = try #require(try await client.branch("dev")["hash"]?.string)
            #expect(try await client.send("DELETE", "\(Self.branches)/dev?force=true").status == 204)
            // What the deleted branch was can still be read, and made a branch of.
            #expect(try await client.send("GET", "\(tool)?ref=\(first)").data["name"] == "First life")
            try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(try await client.send("GET", "\(tool)?ref=dev").data["name"] == "One")
            #expect(try await client.send("PATCH", "\(tool)?ref=dev", ["name": "Second life"]).status == 200)
            let second = try #require(try await client.branch("dev")["hash"]?.string)
            #expect(first != second)
            #expect(try await client.send("GET", "\(tool)?ref=\(first)").data["name"] == "First life")
            #expect(try await client.send("GET", "\(tool)?ref=\(second)").data["name"] == "Second life")
            try await client.make("/projects/p/branches", ["name": "saved", "fromCommit": .string(first)])
            #expect(try await client.send("GET", "\(tool)?ref=saved").data["name"] == "First life")
            let history = try await client.send("GET", "\(tool)/history?ref=dev").json["data"]?.array ?? []
            #expect(history.compactMap { $0["action"]?.string } == ["update", "create"])
        }
    }

    @Test func `a project made anew has none of the old one's states`() async throws {
        try await Self.serve { _, client in
            let hash = try #require(try await client.branch("main")["hash"]?.string)
            #expect(try await client.send("DELETE", Self.project).status == 204)
            #expect(try await client.send("GET", "\(Self.project)/tools/t?ref=\(hash)").status == 404)
            try await client.makeProject()
            #expect(try await client.send("GET", "\(Self.project)/tools/t?ref=\(hash)").status == 404)
            #expect(try await client.send("GET", "\(Self.project)/tools/t?at=3").status == 404)
        }
    }
}

extension TestClient {
    /// The branch as the server shows it.
    func branch(_ name: String, of project: String = "p") async throws -> JSONValue {
        try await send("GET", "\(tenantPath)/projects/\(project)/branches/\(name)").data
    }

    /// A tool.
    @discardableResult func makeTool(_ id: String, _ name: String = "Tool", ref: String = "main") async throws
        -> JSONValue
    {
        var body = KindsTests.tool(id).object ?? [:]
        body["name"] = .string(name)
        return try await make("/projects/p/tools?ref=\(ref)", .object(body))
    }
}

extension KindsTests {
    /// The smallest tool.
    static func tool(_ id: String) -> JSONValue {
        [
            "id": .string(id), "name": "Tool",
            "config": ["type": "mcp", "mcp": ["server": ["url": "https://mcp.example.com/mcp"]]],
        ]
    }
}
