import Catalog
import CoveyTesting
import Domain
import Store
import Testing

/// What was done, the past itself, and the way back, over the wire.
struct HistoryTests {
    private static let project = BranchTests.project
    private static let tool = "\(project)/tools/t"

    private static func lines(_ path: String, _ client: TestClient) async throws -> [JSONValue] {
        let reply = try await client.send("GET", path)
        try #require(reply.status == 200, "\(path): \(reply.text)")
        return reply.json["data"]?.array ?? []
    }

    @Test func `a history tells who did what when, newest first`() async throws {
        try await BranchTests.serve { app, client in
            app.clock.advance(by: .seconds(60))
            #expect(try await client.send("PATCH", Self.tool, ["name": "Two", "description": "New"]).status == 200)
            #expect(try await client.send("DELETE", Self.tool).status == 204)
            let lines = try await Self.lines("\(Self.tool)/history", client)
            #expect(lines.compactMap { $0["action"]?.string } == ["delete", "update", "create"])
            let update = lines[1]
            #expect(update["actor"] == "development" && update["at"] == "2026-01-05T10:01:00.000Z")
            #expect(update["kind"] == "tool" && update["id"] == "t" && update["branch"] == "main")
            #expect(
                update["members"] == [
                    ["name": "name", "before": "One", "after": "Two"],
                    ["name": "description", "before": .null, "after": "New"],
                ])
            // The hash and the number are of the state right after it.
            let hash = try #require(update["hash"]?.string)
            let number = try #require(update["number"]?.integer)
            #expect(try await client.send("GET", "\(Self.tool)?ref=\(hash)").data["name"] == "Two")
            #expect(try await client.send("GET", "\(Self.tool)?at=\(number)").data["name"] == "Two")
            #expect(try await client.send("GET", Self.tool).status == 404)
            let page = try await client.send("GET", "\(Self.tool)/history?page=2&limit=2").json
            #expect(page["pagination"] == ["page": 2, "limit": 2, "total": 3, "pages": 2])
            #expect(page["data"]?.array?.count == 1)
            #expect(try await client.send("GET", "\(Self.project)/tools/never/history").status == 404)
            #expect(try await client.send("GET", "\(Self.tool)/history?limit=101").status == 400)
            let before = try await Self.lines("\(Self.tool)/history?at=\(number)", client)
            #expect(before.count == 2, "the history of the past ends there")
        }
    }

    @Test func `an agent's history is that of all that lives in it, a project's of everything`() async throws {
        try await BranchTests.serve { _, client in
            let agent = "\(Self.project)/agents/a"
            try await client.makeTool("other")
            let relation: JSONValue = ["subAgentId": "main", "toolId": "t"]
            try await client.make("/projects/p/agents/a/sub-agent-tool-relations", relation)
            try await client.make(
                "/projects/p/external-agents",
                [
                    "id": "crm", "name": "CRM", "baseUrl": "https://crm.example.com/a2a",
                ])
            let external: JSONValue = ["externalAgentId": "crm"]
            try await client.make("/projects/p/agents/a/sub-agents/main/external-agent-relations", external)
            let kinds = try await Self.lines("\(agent)/history", client).compactMap { $0["kind"]?.string }
            #expect(
                kinds == [
                    "sub-agent-external-agent-relation", "sub-agent-tool-relation", "sub-agent", "agent",
                ])
            let inner = try await Self.lines("\(agent)/sub-agents/main/history", client)
            #expect(inner.compactMap { $0["kind"]?.string } == ["sub-agent-external-agent-relation", "sub-agent"])
            let all = try await Self.lines("\(Self.project)/history", client)
            #expect(all.count == 8 && all.last?["kind"] == "project")
            let second = try await client.send("GET", "\(agent)/history?limit=2&page=2").json
            #expect(second["data"]?.array?.compactMap { $0["kind"]?.string } == ["sub-agent", "agent"])
            #expect(second["pagination"]?["total"] == 4)
        }
    }

    @Test func `a branch's history goes on into that of the branch it was made from`() async throws {
        try await BranchTests.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(try await client.send("PATCH", Self.tool, ["name": "Main later"]).status == 200)
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=dev", ["name": "Dev"]).status == 200)
            let lines = try await Self.lines("\(Self.tool)/history?ref=dev", client)
            #expect(lines.compactMap { $0["branch"]?.string } == ["dev", "main"])
            let first = try await client.send("GET", "\(Self.tool)/history?ref=dev&limit=1&page=2").json
            #expect(first["data"]?[0]?["branch"] == "main" && first["pagination"]?["total"] == 2)
            let number = try #require(lines.last?["number"]?.integer)
            #expect(try await client.send("GET", "\(Self.tool)?ref=dev&at=\(number)").data["name"] == "One")
        }
    }

    @Test func `every read works in the past`() async throws {
        try await BranchTests.serve { app, client in
            let paths =
                [
                    "/tools", "/tools/t", "/tools?limit=1", "/agents", "/agents/a", "/agents/a/full", "/agent/a",
                    "/agents/a/sub-agents", "/agents/a/sub-agents/main/related", "/agents/a/sub-agent-tool-relations",
                    "/agents/a/sub-agent-tool-relations?subAgentId=main", "/credentials",
                    "/agents/a/sub-agent-data-components/agent/main", "/refs/resolve",
                ].map { Self.project + $0 } + ["\(tenantPath)/project-full/p", Self.project]
            try await client.make(
                "/projects/p/agents/a/sub-agent-tool-relations", ["subAgentId": "main", "toolId": "t"])
            let hash = try #require(try await client.branch("main")["hash"]?.string)
            let head = try #require(try await app.store.head(of: BranchKey(tenant: "default", project: "p")))
            func separator(_ path: String) -> String { path.contains("?") ? "&" : "?" }
            var then: [String: JSONValue] = [:]
            for path in paths { then[path] = try await client.send("GET", path).json }
            app.clock.advance(by: .seconds(60))
            for number in 0..<3 {
                #expect(try await client.send("PATCH", Self.tool, ["name": .string("\(number)")]).status == 200)
            }
            #expect(try await client.send("PATCH", "\(Self.project)/agents/a", ["name": "New"]).status == 200)
            try await client.makeTool("later")
            #expect(try await client.send("DELETE", "\(Self.project)/agents/a").status == 204)
            #expect(try await client.send("DELETE", Self.tool).status == 204)
            for path in paths where !path.contains("refs/resolve") {
                for past in ["ref=\(hash)", "at=\(head)"] {
                    let reply = try await client.send("GET", path + separator(path) + past)
                    #expect(reply.status == 200 && reply.json == then[path], "\(path) \(past): \(reply.text)")
                }
            }
            #expect(try await client.send("GET", "\(Self.project)/agents/b?ref=\(hash)").status == 404)
        }
    }

    @Test func `a resource is restored, also when it is gone`() async throws {
        try await BranchTests.serve { app, client in
            let first = try #require(try await Self.lines("\(Self.tool)/history", client).first?["number"])
            let before = try await client.send("GET", Self.tool).data
            app.clock.advance(by: .seconds(60))
            #expect(try await client.send("PATCH", Self.tool, ["name": "Two", "description": "New"]).status == 200)
            let plan = try await client.send("POST", "\(Self.tool)/restore?dryRun=true", ["at": first])
            #expect(plan.json["changes"]?[0]?["members"] == ["name", "description"], "\(plan.text)")
            #expect(try await client.send("GET", Self.tool).data["name"] == "Two")
            let restored = try await client.send("POST", "\(Self.tool)/restore", ["at": first])
            #expect(restored.status == 200 && restored.data["changes"]?[0]?["action"] == "update")
            #expect(restored.data["hash"] == (try await client.branch("main"))["hash"])
            #expect(try await client.send("GET", Self.tool).data["name"] == "One")
            #expect(try await client.send("DELETE", Self.tool).status == 204)
            #expect(try await client.send("POST", "\(Self.tool)/restore", ["at": first]).status == 200)
            let after = try await client.send("GET", Self.tool).data
            #expect(after["name"] == "One" && after["createdAt"] == before["createdAt"])
            #expect(try await Self.lines("\(Self.tool)/history", client).first?["action"] == "create")
            let again = try await client.send("POST", "\(Self.tool)/restore", ["at": first])
            #expect(again.status == 200 && again.data["changes"] == [])
            try await client.check([
                Scenario(
                    "before it was there", "POST", "\(Self.tool)/restore", ["at": 2], status: 404,
                    contains: ["was not there"]),
                Scenario("never there", "POST", "\(Self.project)/tools/x/restore", ["at": first], status: 404),
                Scenario(
                    "the future", "POST", "\(Self.tool)/restore", ["at": 999], status: 404, contains: ["Unknown change"]
                ),
                Scenario("nothing said", "POST", "\(Self.tool)/restore", [:], status: 400, contains: ["/at"]),
                Scenario("no number", "POST", "\(Self.tool)/restore", ["at": "x"], status: 400),
                Scenario("in the past", "POST", "\(Self.tool)/restore?at=3", ["at": 3], status: 400),
            ])
        }
    }

    @Test func `an agent is restored with all that lives in it, and what would dangle is named`() async throws {
        try await BranchTests.serve { app, client in
            let agent = "\(Self.project)/agent/a"
            try await client.make(
                "/projects/p/agents/a/sub-agent-tool-relations", ["subAgentId": "main", "toolId": "t"])
            let before = try await client.send("GET", agent).data
            let head = try #require(try await app.store.head(of: BranchKey(tenant: "default", project: "p")))
            let order: JSONValue = ["at": .integer(head)]
            app.clock.advance(by: .seconds(60))
            #expect(try await client.send("DELETE", agent).status == 204)
            let restore = "\(Self.project)/agents/a/restore"
            #expect(try await client.send("POST", restore, order).status == 200)
            func timeless(_ document: JSONValue) -> JSONValue {
                guard let members = document.object else { return document }
                return .object(
                    JSONObject(members.filter { $0.key != "updatedAt" }.map { ($0.key, timeless($0.value)) }))
            }
            #expect(timeless(try await client.send("GET", agent).data) == timeless(before))
            // What came later goes; what it needs must be there.
            try await client.make("/projects/p/agents/a/sub-agents", ["id": "later", "name": "Later"])
            #expect(try await client.send("POST", restore, order).status == 200)
            #expect(try await client.send("GET", "\(Self.project)/agents/a/sub-agents/later").status == 404)
            #expect(try await client.send("DELETE", Self.tool).status == 204)
            let refused = try await client.send("POST", restore, order)
            #expect(refused.status == 409 && refused.text.contains("the tool t"), "\(refused.text)")
            let relations = try await client.send("GET", "\(Self.project)/agents/a/sub-agent-tool-relations")
            #expect(relations.json["data"] == [])
        }
    }

    @Test func `a project is restored to any change`() async throws {
        try await BranchTests.serve { app, client in
            let whole = "\(tenantPath)/project-full/p"
            let before = try await client.send("GET", whole).data
            let head = try #require(try await app.store.head(of: BranchKey(tenant: "default", project: "p")))
            #expect(try await client.send("DELETE", "\(Self.project)/agents/a").status == 204)
            #expect(try await client.send("PATCH", Self.tool, ["name": "Two"]).status == 200)
            try await client.makeTool("later")
            let restored = try await client.send("POST", "\(Self.project)/restore", ["at": .integer(head)])
            #expect(restored.status == 200, "\(restored.text)")
            #expect(try await client.send("GET", whole).data == before)
            let numbers = try await Self.lines("\(Self.project)/history?limit=100", client)
            let batch = try #require(numbers.first?["batch"]?.integer)
            #expect(numbers.count { $0["batch"]?.integer == batch } == restored.data["changes"]?.array?.count)
            // And back again.
            let undone = try await client.send("POST", "\(Self.project)/restore", ["at": .integer(Int64(batch - 1))])
            #expect(undone.status == 200)
            #expect(try await client.send("GET", "\(Self.project)/tools/later").status == 200)
            #expect(try await client.send("GET", "\(Self.project)/agents/a").status == 404)
        }
    }

    @Test func `an association has a history under its two ends, and comes back`() async throws {
        try await BranchTests.serve { _, client in
            let skills = "\(Self.project)/agents/a/sub-agent-skills"
            let entry = "---\nname: s\ndescription: Of use.\n---\nText."
            let files: JSONValue = [
                ["filePath": "SKILL.md", "content": .string(entry)], ["filePath": "a.md", "content": "One"],
            ]
            let skill = try await client.send("POST", "\(Self.project)/skills", ["files": files])
            try #require(skill.status == 201, "\(skill.text)")
            let file = try #require(skill.data["files"]?[1]?["id"]?.string)
            let made = try await client.send(
                "POST", skills, ["subAgentId": "main", "skillId": "s", "index": 3, "alwaysLoaded": true])
            try #require(made.status == 201, "\(made.text)")
            let pair = "\(skills)/agent/main/skill/s"
            let number = try #require(try await Self.lines("\(pair)/history", client).first?["number"])
            // With the skill goes all that is of it, and comes back with it.
            #expect(try await client.send("DELETE", "\(Self.project)/skills/s").status == 204)
            #expect(
                try await Self.lines("\(pair)/history?order=asc", client).compactMap { $0["action"]?.string }
                    == ["create", "delete"])
            let lonely = try await client.send("POST", "\(pair)/restore", ["at": number])
            #expect(lonely.status == 409 && lonely.text.contains("would not exist"), "\(lonely.text)")
            let back = try await client.send("POST", "\(Self.project)/skills/s/restore", ["at": number])
            #expect(back.status == 200 && back.data["changes"]?.array?.count == 2, "\(back.text)")
            let shown = try await client.send("GET", "\(Self.project)/skills/s").data
            #expect(shown["files"]?[1]?["content"] == "One" && shown["files"]?[1]?["id"] == .string(file))
            #expect(try await client.send("POST", "\(pair)/restore", ["at": number]).status == 200)
            let listed = try await client.send("GET", "\(skills)/agent/main").data
            #expect(listed[0]?["index"] == 3 && listed[0]?["alwaysLoaded"] == true)
            #expect(
                try await Self.lines("\(Self.project)/skills/s/files/\(file)/history", client)
                    .compactMap { $0["action"]?.string } == ["create", "delete", "create"])
            #expect(try await client.send("GET", "\(skills)/agent/main/skill/never/history").status == 404)
        }
    }

    @Test func `every kind on branches has a history and a way back`() {
        let ids = Set(Everything.operations.map(\.id))
        for kind in Everything.kinds where kind.isVersioned && kind.scope != .tenant {
            #expect(ids.contains("get-\(kind.name)-history") && ids.contains("restore-\(kind.name)"), "\(kind.name)")
        }
    }
}
