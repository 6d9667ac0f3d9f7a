import Catalog
import CoveyTesting
import Outbound
import Store
import Testing

/// Skills over the wire, on a real database.
struct SkillWireTests {
    private static let skills = tenantPath + "/projects/p/skills"

    private static func body(_ name: String, _ text: String = "Be kind.", _ files: [String: String] = [:]) -> JSONValue
    {
        let entry = "---\nname: \(name)\ndescription: Of use\n---\n\(text)"
        let others = files.sorted { $0.key < $1.key }.map { path, content -> JSONValue in
            ["filePath": .string(path), "content": .string(content)]
        }
        return ["files": .array([["filePath": "SKILL.md", "content": .string(entry)]] + others)]
    }

    @Test(.timeLimit(.minutes(8))) func `a skill is made, listed, replaced by either verb, and deleted`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            let made = try await app.client.send(
                "POST", Self.skills, Self.body("tone", "A", ["b/c.md": "1", "a.md": "2"]))
            #expect(made.status == 201, "\(made.text)")
            #expect(made.data["files"]?.array?.map { $0["filePath"] } == ["SKILL.md", "a.md", "b/c.md"])
            let shown = try await app.client.send("GET", Self.skills + "/tone")
            #expect(shown.bytes == made.bytes)
            let branch = BranchKey(tenant: "default", project: "p")
            let head = try await app.store.head(of: branch)
            for verb in ["PATCH", "PUT"] {
                #expect(try await app.client.send(verb, Self.skills + "/tone", shown.data).bytes == shown.bytes)
            }
            #expect(try await app.store.head(of: branch) == head, "what was read and put back changes nothing")
            try #require(try await app.client.send("POST", Self.skills, Self.body("voice")).status == 201)
            let page = try await app.client.send("GET", Self.skills + "?limit=1&page=2")
            #expect(page.json["pagination"] == ["page": 2, "limit": 1, "total": 2, "pages": 2])
            #expect(page.data[0]?["files"] == nil && page.data[0]?["content"]?.string != nil)
            try await app.client.check([
                Scenario("the same twice", "POST", Self.skills, Self.body("tone"), status: 409, contains: ["tone"]),
                Scenario("no entry", "PUT", Self.skills + "/tone", ["files": []], status: 400, contains: ["SKILL.md"]),
                Scenario("another name", "PUT", Self.skills + "/tone", Self.body("voice"), status: 422),
                Scenario("an unknown skill", "GET", Self.skills + "/x", status: 404, contains: ["Skill not found"]),
                Scenario("deleted", "DELETE", Self.skills + "/tone", status: 204),
                Scenario("deleted twice", "DELETE", Self.skills + "/tone", status: 404),
                Scenario("made again", "POST", Self.skills, Self.body("tone"), status: 201, lacks: ["a.md"]),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a file is changed only as it was read`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            let made = try await app.client.send("POST", Self.skills, Self.body("tone", "A", ["a.md": "1"]))
            for position in [0, 1] {
                let file = made.data["files"]?[position]
                let path = "\(Self.skills)/tone/files/\(file?["id"]?.string ?? "-")"
                let text = (file?["content"]?.string ?? "") + " and more"
                let read = try await app.client.send("GET", path)
                #expect(read.data == file)
                let tag = try #require(read.headers["etag"])
                let change: JSONValue = ["content": .string(text)]
                let first = try await app.client.send("PATCH", path, change, headers: ["if-match": tag])
                #expect(first.status == 200 && first.data["content"] == .string(text), "\(first.text)")
                let late = try await app.client.send("PUT", path, change, headers: ["if-match": tag])
                #expect(late.status == 412, "\(late.text)")
            }
            let skill = try await app.client.send("GET", Self.skills + "/tone")
            #expect(skill.data["content"] == "A and more" && skill.data["files"]?[1]?["content"] == "1 and more")
            let files = Self.skills + "/tone/files"
            try await app.client.check([
                Scenario("a new one", "POST", files, ["filePath": "b.md", "content": "x"], status: 201),
                Scenario("twice", "POST", files, ["filePath": "b.md", "content": "x"], status: 409),
                Scenario("the entry", "POST", files, ["filePath": "SKILL.md", "content": "x"], status: 422),
                Scenario(
                    "out of the skill", "POST", files, ["filePath": "../b.md", "content": "x"], status: 400,
                    contains: ["/filePath"]),
                Scenario("unknown", "GET", files + "/none", status: 404, contains: ["Skill file not found"]),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a sub-agent's skills go with the skill`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            for name in ["tone", "voice"] {
                try #require(try await app.client.send("POST", Self.skills, Self.body(name)).status == 201)
            }
            let base = tenantPath + "/projects/p/agents/a/sub-agent-skills"
            for (name, index) in [("tone", 1), ("voice", 0), ("tone", 2)] {
                let body: JSONValue = [
                    "agentId": "a", "subAgentId": "main", "skillId": .string(name), "index": .integer(Int64(index)),
                ]
                let attached = try await app.client.send("POST", base, body)
                #expect(attached.status == 201 && attached.data["index"] == .integer(Int64(index)), "\(attached.text)")
            }
            let listed = try await app.client.send("GET", base + "/agent/main")
            #expect(listed.data.array?.map { $0["id"] } == ["voice", "tone"], "\(listed.text)")
            let whole = try await app.client.send("GET", tenantPath + "/projects/p/agent/a")
            #expect(whole.data["subAgents"]?["main"]?["skills"] == listed.data)
            try await app.client.check([
                Scenario("the skill goes", "DELETE", Self.skills + "/voice", status: 204),
                Scenario(
                    "and its use", "GET", base + "/agent/main", status: 200, contains: ["tone"], lacks: ["voice"]),
                Scenario("detached", "DELETE", base + "/agent/main/skill/tone", status: 204),
                Scenario("detached twice", "DELETE", base + "/agent/main/skill/tone", status: 404),
            ])
            // A whole project that was read can be put back.
            let full = tenantPath + "/project-full/p"
            let read = try await app.client.send("GET", full)
            #expect(try await app.client.send("PUT", full, read.data).status == 200)
            #expect(try await app.client.send("GET", full).bytes == read.bytes)
        }
    }
}
