import Catalog
import Domain
import Testing

/// Skills and their files (manage spec §2.17).
@Suite struct SkillTests {
    private let item = ["id": "refund-policy"]

    private func shop() throws -> Memory {
        let memory = Memory()
        try memory.call("create-project", body: Samples.project)
        try memory.call("create-skill", body: Samples.skill)
        return memory
    }

    private func files(_ memory: Memory) throws -> [JSONValue] {
        try memory.call("get-skill", item).data["files"]?.array ?? []
    }

    private func file(_ memory: Memory, _ path: String) throws -> [String: String] {
        let id = try files(memory).first { $0["filePath"] == path.json }?["id"]?.string
        return item.merging(["fileId": id ?? "-"]) { $1 }
    }

    @Test func `a skill is its files`() throws {
        let memory = Memory()
        try memory.call("create-project", body: Samples.project)
        let made = try memory.call("create-skill", body: Samples.skill)
        #expect(made.status == 201)
        for (name, value) in [
            ("id", "refund-policy"), ("name", "refund-policy"), ("description", "How refunds work"),
            ("metadata", ["owner": "finance"]), ("content", "# Refunds\n…"),
        ] as [(String, JSONValue)] {
            #expect(made.data[name] == value, "\(name)")
        }
        #expect(made.data["files"]?.array?.map { $0["filePath"] } == ["SKILL.md", "references/table.md"])
        #expect(made.data[path: "files/0/content"] == Samples.skill[path: "files/0/content"])
        for file in made.data["files"]?.array ?? [] {
            #expect(file["skillId"] == "refund-policy" && file["id"]?.string?.count == 32)
            #expect(file["createdAt"] != nil && file["updatedAt"] != nil)
        }
        #expect(try memory.call("get-skill", item).data == made.data)
        #expect(try memory.refusal("create-skill", body: Samples.skill).status == 409)
        let listed = try memory.call("list-skills").data[0]
        #expect(listed?["content"] == "# Refunds\n…" && listed?["files"] == nil)
    }

    @Test func `an update replaces the files and keeps those that are the same`() throws {
        let memory = try shop()
        let before = try files(memory)
        let body = Samples.skill(
            "refund-policy", nil, ["references/table.md": "| a | b |", "scripts/run.py": "print(1)"])
        let changed = try memory.call("update-skill", item, body: body).data
        #expect(changed["metadata"] == .null && changed["description"] == "Of use for refund-policy")
        #expect(
            changed["files"]?.array?.map { $0["filePath"] } == ["SKILL.md", "references/table.md", "scripts/run.py"])
        #expect(changed[path: "files/1"] == before[1])
        let writes = memory.writes
        #expect(try memory.call("update-skill", item, body: changed).data == changed)
        #expect(memory.writes == writes, "what was read writes nothing when it is put back")
        let bare = try memory.call("update-skill", item, body: Samples.skill("refund-policy")).data
        #expect(bare["files"]?.array?.count == 1)
        #expect(memory.projects["shop"]?.entries.keys.contains { $0.kind == "skill-file" } == false)
        #expect(try memory.refusal("update-skill", item, body: Samples.skill("other")).status == 422)
        #expect(try memory.refusal("update-skill", ["id": "gone"], body: Samples.skill("gone")).status == 404)
    }

    @Test func `a skill goes with its files, and its users lose it`() throws {
        let memory = try shop()
        try memory.call("create-skill", body: Samples.skill("tone"))
        try memory.call(
            "create-full-agent",
            body: [
                "id": "a", "name": "A",
                "subAgents": [
                    "s": [
                        "type": "internal", "name": "S", "canUse": [],
                        "skills": [["id": "refund-policy", "index": 0], ["id": "tone", "index": 1]],
                    ]
                ],
            ])
        #expect(try memory.call("delete-skill", item).status == 204)
        #expect(try memory.refusal("delete-skill", item).status == 404)
        #expect(memory.projects["shop"]?.entries.keys.contains { $0.kind == "skill-file" } == false)
        let agent = try memory.call("get-full-agent", ["agentId": "a"]).data
        #expect(agent[path: "subAgents/s/skills"]?.array?.map { $0["id"] } == ["tone"])
    }

    // MARK: Bodies that are refused

    struct Broken: Sendable, CustomTestStringConvertible {
        let files: [(path: JSONValue, content: JSONValue)]
        let pointers: [String]

        init(_ files: [(JSONValue, JSONValue)], _ pointers: [String]) {
            self.files = files
            self.pointers = pointers
        }

        var testDescription: String { "\(files) \(pointers)".prefix(100).description }
        var body: JSONValue {
            ["files": .array(files.map { ["filePath": $0.path, "content": $0.content] })]
        }
    }

    private static let good: (JSONValue, JSONValue) = ("SKILL.md", "---\nname: a\ndescription: d\n---\n")
    private static func entry(_ text: String) -> Broken { Broken([("SKILL.md", text.json)], ["/files/0/content"]) }

    static let broken: [Broken] =
        [
            Broken([], ["/files"]),
            Broken([("skill.md", "x")], ["/files"]),
            Broken([good, good], ["/files/1/filePath"]),
            Broken([good, ("a", "1"), ("a/b", "2")], ["/files/1/filePath"]),
            Broken([good, ("a", 1), (nil, "2")], ["/files/1/content", "/files/2/filePath"]),
            Broken([good] + (1...100).map { ("f\($0)".json, "x") }, ["/files"]),
            Broken([good, ("a", String(repeating: "x", count: 1_000_001).json)], ["/files/1/content"]),
            Broken([good, (String(repeating: "x", count: 1025).json, "x")], ["/files/1/filePath"]),
            entry(""), entry("# No front-matter"), entry("---\nname: a\ndescription: d\n"), entry("---\n---\n"),
            entry("---\n- a\n---\n"), entry("---\nname: [\n---\n"), entry("---\nname: a\n---\n"),
            entry("---\ndescription: d\n---\n"), entry("---\nname: a\nname: a\ndescription: d\n---\n"),
            entry("---\nname: a\ndescription: ''\n---\n"), entry("---\nname: a\ndescription: [d]\n---\n"),
            entry("---\nname: a\ndescription: \(String(repeating: "x", count: 1025))\n---\n"),
            entry("---\nname: a\ndescription: d\nmetadata: text\n---\n"),
            entry("---\nname: a\ndescription: d\nmetadata:\n  a: [1]\n---\n"),
            entry("---\nname: a\ndescription: d\nx: \(String(repeating: "y", count: 65_536))\n---\n"),
            entry(" ---\nname: a\ndescription: d\n---\n"), entry("--- \u{0}\nname: a\ndescription: d\n---\n"),
            entry("---\nname: a\ndescription: d\nx: \(String(repeating: "[", count: 60_000))\n---\n"),
            entry("---\nname: a\ndescription: d\nx: \(String(repeating: "- ", count: 30_000))\n---\n"),
        ]
        + ["A", "a b", "-a", "a-", "a--b", "new", "ä", "''", String(repeating: "a", count: 65)].map {
            entry("---\nname: \($0)\ndescription: d\n---\n")
        }
        + ["/a", "a/", "a//b", "./a", "a/../b", "..", " ", "a\\b", "a\u{7}b", ""].map {
            Broken([good, ($0.json, "x")], ["/files/1/filePath"])
        }

    @Test(arguments: broken) func `a body that is no skill names what is at fault`(row: Broken) throws {
        let memory = try shop()
        let problem = try memory.refusal("create-skill", body: row.body)
        #expect(problem.status == 400 && problem.pointers == row.pointers, "\(problem.broken)")
        #expect(try memory.refusal("update-skill", item, body: row.body).pointers == row.pointers)
    }

    @Test func `a page of aliases is refused and not unfolded`() throws {
        var yaml = "a0: &a0 x\n"
        for level in 1...40 { yaml += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        let text = "---\nname: bomb\ndescription: d\n\(yaml)? *a40\n: 1\n---\n"
        let problem = try shop().refusal("create-skill", body: Samples.skill("bomb", text))
        #expect(problem.pointers == ["/files/0/content"])
    }

    @Test(arguments: [
        ("---\nname: a\ndescription: >\n  folded\n  text\n---\nB", "folded text", "B"),
        ("\u{FEFF}---\r\nname: \"a\" # comment\r\ndescription: 'it''s'\r\n---  \r\n\r\nB\r\n", "it's", "\r\nB\r\n"),
        ("---\nname: a\ndescription: |\n  a\n  ---\n  b\n---\n---\n", "a\n---\nb", "---\n"),
        ("---\nname: a\ndescription: 42\n---", "42", ""),
        ("---\n{name: a, description: AT&T and *stars*}\n---\nB", "AT&T and *stars*", "B"),
        ("---\nname: a\ndescription: e\u{301} 🎉\n---\n\n\n", "e\u{301} 🎉", "\n\n"),
    ])
    func `front-matter is read as authors write it`(_ text: String, _ description: String, _ content: String) throws {
        let memory = try shop()
        let shown = try memory.call("create-skill", body: Samples.skill("a", text)).data
        #expect(shown["description"] == description.json && shown["content"] == content.json)
        let writes = memory.writes
        try memory.call("update-skill", ["id": "a"], body: shown)
        #expect(memory.writes == writes, "\(shown[path: "files/0/content"]?.string ?? "")")
    }

    @Test func `front-matter that only others understand is kept`() throws {
        let memory = try shop()
        let text =
            "---\nname: a\nlicense: MIT\ndescription: d\nallowed-tools: [x, 1.0]\nmetadata: {v: 1.0, on: true}\n---\nB"
        let shown = try memory.call("create-skill", body: Samples.skill("a", text)).data
        #expect(shown["metadata"] == ["v": "1.0", "on": "true"])
        #expect(shown["otherFrontMatter"] == nil)
        let entry = shown[path: "files/0/content"]?.string ?? ""
        #expect(entry.contains("license: MIT") && entry.contains("allowed-tools:") && entry.contains("1.0"))
    }

    /// Texts out of what YAML could take for something else.
    private static func strange(_ numbers: inout RoundTripTests.Numbers) -> String {
        let pieces = [
            "---", "\n", " ", "  ", "\t", ": ", "# ", "- ", "'", "\"", "\\", "|", ">", "&a", "*b", "!", "%", "@", "`",
            "{",
            "}", "[", "]", ",", "?", "yes", "null", "~", "1.0", "0x1", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{1}",
            "\u{0}",
            "\r", "\r\n", "é", "e\u{301}", "🎉", "\u{7F}", "\u{FFFE}", "a", "…", "=", "<<", "\u{1B}", "\n\n",
        ]
        let text = (0..<Int.random(in: 1...8, using: &numbers)).map { _ in
            pieces.randomElement(using: &numbers) ?? ""
        }.joined()
        // The library takes a mark at the beginning of a text for one of the encoding.
        return text.unicodeScalars.first == "\u{FEFF}" ? "a" + text : text
    }

    /// The text in YAML's double quotes, all but plain characters escaped.
    private static func quoted(_ text: String) -> String {
        let characters = text.unicodeScalars.map { scalar -> String in
            let isPlain =
                scalar.isASCII && scalar.value > 0x1F && scalar.value < 0x7F && !"\"\\".unicodeScalars.contains(scalar)
            let digits = String(scalar.value, radix: 16)
            return isPlain ? String(scalar) : "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
        return "\"\(characters.joined())\""
    }

    @Test(arguments: 0..<8) func `the entry that is shown is read as the same skill`(run: Int) throws {
        let memory = try shop()
        for seed in 0..<40 {
            var numbers = RoundTripTests.Numbers(state: UInt64(run * 1000 + seed))
            let texts = (0..<7).map { _ in Self.strange(&numbers) }
            let (description, owner) = ("d" + texts[0] + "d", "k" + texts[1])
            let yaml = """
                name: s\(seed)
                description: \(Self.quoted(description))
                metadata: {\(Self.quoted(owner)): \(Self.quoted(texts[2])), "": "x"}
                \(Self.quoted("x" + texts[3])): [\(Self.quoted(texts[4])), {n: 1.5, t: \(Self.quoted(texts[5]))}]
                """
            let text = "---\n\(yaml)\n---\n\(texts[6])"
            let made = try memory.call("create-skill", body: Samples.skill("s\(seed)", text)).data
            #expect(made["content"] == texts[6].json && made["description"] == description.json, "\(text)")
            #expect(made["metadata"]?[owner] == texts[2].json && made["metadata"]?[""] == "x", "\(text)")
            let entry = made[path: "files/0/content"]?.string ?? ""
            let writes = memory.writes
            #expect(try memory.call("update-skill", ["id": "s\(seed)"], body: made).data == made)
            #expect(memory.writes == writes, "\(entry.debugDescription)")
        }
    }

    // MARK: Files

    @Test func `files are made, read, changed and deleted one by one`() throws {
        let memory = try shop()
        let made = try memory.call("create-skill-file", item, body: ["filePath": " notes/b.md ", "content": "B"])
        #expect(made.status == 201 && made.data["filePath"] == "notes/b.md" && made.data["skillId"] == "refund-policy")
        let path = try file(memory, "notes/b.md")
        #expect(path["fileId"] == made.data["id"]?.string)
        #expect(try memory.call("get-skill-file", path).data == made.data)
        let changed = try memory.call("update-skill-file", path, body: ["content": "C", "filePath": "elsewhere"])
        #expect(changed.data["content"] == "C" && changed.data["filePath"] == "notes/b.md")
        #expect(try memory.refusal("update-skill-file", path, body: [:]).pointers == ["/content"])
        #expect(try memory.refusal("update-skill-file", path, body: ["content": .null]).pointers == ["/content"])
        for clash in ["notes/b.md", "notes", "notes/b.md/deeper", "references/table.md"] {
            let body: JSONValue = ["filePath": clash.json, "content": "x"]
            #expect(try memory.refusal("create-skill-file", item, body: body).status == 409, "\(clash)")
        }
        #expect(try memory.call("delete-skill-file", path).status == 204)
        #expect(try memory.refusal("delete-skill-file", path).status == 404)
        #expect(try memory.refusal("get-skill-file", path).detail == "Skill file not found")
    }

    @Test func `the entry is read and changed like a file, and is neither made nor deleted`() throws {
        let memory = try shop()
        let path = try file(memory, "SKILL.md")
        #expect(try memory.call("get-skill-file", path).data == (try files(memory))[0])
        let text = "---\nname: refund-policy\ndescription: New\n---\nNew body"
        let changed = try memory.call("update-skill-file", path, body: ["content": text.json]).data
        #expect(changed["content"] == text.json && changed["id"] == path["fileId"]?.json)
        let skill = try memory.call("get-skill", item).data
        #expect(skill["description"] == "New" && skill["content"] == "New body" && skill["metadata"] == .null)
        #expect(skill["files"]?.array?.count == 2)
        let other = text.replacing("refund-policy", with: "other").json
        #expect(try memory.refusal("update-skill-file", path, body: ["content": other]).status == 422)
        #expect(try memory.refusal("update-skill-file", path, body: ["content": "x"]).pointers == ["/content"])
        #expect(try memory.refusal("update-skill-file", path, body: [:]).pointers == ["/content"])
        #expect(try memory.refusal("delete-skill-file", path).status == 422)
        let again: JSONValue = ["filePath": "SKILL.md", "content": text.json]
        #expect(try memory.refusal("create-skill-file", item, body: again).status == 422)
    }

    @Test func `a skill has no more files than it may`() throws {
        let memory = try shop()
        for number in 2..<SkillFile.countMax {
            try memory.call("create-skill-file", item, body: ["filePath": "f\(number)".json, "content": ""])
        }
        #expect(try files(memory).count == SkillFile.countMax)
        let body: JSONValue = ["filePath": "more", "content": ""]
        #expect(try memory.refusal("create-skill-file", item, body: body).status == 422)
    }

    @Test func `a file of another skill is none of this one`() throws {
        let memory = try shop()
        try memory.call("create-skill", body: Samples.skill("tone", nil, ["a": "1"]))
        let foreign = try memory.call("get-skill", ["id": "tone"]).data
        for position in 0...1 {
            let id = foreign[path: "files/\(position)/id"]?.string ?? ""
            let path = ["id": "refund-policy", "fileId": id]
            for operation in ["get-skill-file", "delete-skill-file", "update-skill-file"] {
                #expect(try memory.refusal(operation, path, body: ["content": ""]).detail == "Skill file not found")
            }
        }
        let nobody = ["id": "gone", "fileId": "x"]
        for operation in ["get-skill-file", "delete-skill-file", "update-skill-file", "create-skill-file"] {
            let body: JSONValue = ["filePath": "a", "content": ""]
            #expect(try memory.refusal(operation, nobody, body: body).detail == "Skill not found")
        }
        #expect(try memory.refusal("get-skill", ["projectId": "gone", "id": "tone"]).detail == "Project not found")
    }

    // MARK: Sub-agents

    @Test func `a sub-agent's skills come in the order of their indexes`() throws {
        let memory = try Samples.shop()
        try memory.call("create-subagent", ["agentId": "other"], body: ["id": "s", "name": "S"])
        let path = ["agentId": "other", "subAgentId": "s", "skillId": "tone"]
        func attach(_ skill: String, _ index: Int64, _ more: KeyValuePairs<String, JSONValue> = [:]) throws -> JSONValue
        {
            var body: JSONObject = [
                "agentId": "other", "subAgentId": "s", "skillId": skill.json, "index": .integer(index),
            ]
            for (name, value) in more { body[name] = value }
            let output = try memory.call("create-subagent-skill", path, body: .object(body))
            #expect(output.status == 201)
            return output.data
        }
        let made = try attach("tone", 1)
        #expect(made["alwaysLoaded"] == false && made["index"] == 1 && made["skillId"] == "tone")
        _ = try attach("refund-policy", 0, ["alwaysLoaded": true])
        let listed = try memory.call("get-skills-for-subagent", path)
        #expect(listed.data.array?.map { $0["id"] } == ["refund-policy", "tone"])
        #expect(listed.data[0]?["alwaysLoaded"] == true && listed.data[0]?["content"] == "# Refunds\n…")
        #expect(listed.data[1]?["subAgentSkillId"] == made["id"] && listed.data[1]?["subAgentId"] == "s")
        #expect(listed.body?["pagination"] == nil)
        #expect(try attach("refund-policy", 5)["alwaysLoaded"] == false, "an attach says all of it")
        #expect(
            try memory.call("get-skills-for-subagent", path).data.array?.map { $0["id"] } == ["tone", "refund-policy"])
        #expect(try memory.call("delete-subagent-skill", path) == OperationOutput(204))
        #expect(try memory.refusal("delete-subagent-skill", path).status == 404)
        for (body, pointers) in [
            ([:], ["/subAgentId", "/skillId", "/index"]),
            (["subAgentId": "s", "skillId": "tone", "index": -1], ["/index"]),
            (["subAgentId": "s", "skillId": "tone", "index": .null], ["/index"]),
        ] as [(JSONValue, [String])] {
            #expect(try memory.refusal("create-subagent-skill", path, body: body).pointers == pointers)
        }
        for (subAgent, skill, detail) in [("x", "tone", "Sub-agent not found"), ("s", "x", "Skill not found")] {
            let body: JSONValue = ["subAgentId": subAgent.json, "skillId": skill.json, "index": 0]
            #expect(try memory.refusal("create-subagent-skill", path, body: body).detail == detail)
        }
    }

    @Test func `whole agents name their skills strictly and show them whole`() throws {
        let memory = try Samples.shop()
        let made = try memory.call("create-full-agent", body: Samples.agent).data
        let skills = made[path: "subAgents/router/skills"]?.array ?? []
        #expect(skills.map { $0["id"] } == ["tone", "refund-policy"])
        #expect(skills.last?["alwaysLoaded"] == true && skills.last?["description"] == "How refunds work")
        #expect(skills.last?["subAgentId"] == "router" && skills.last?["subAgentSkillId"] != nil)
        let place = "/subAgents/router/skills/0"
        for (skill, pointer) in [
            (["id": "tone", "index": 0, "more": 1], place + "/more"), (["id": "tone"], place + "/index"),
            (["id": "tone", "index": JSONValue(1.5)], place + "/index"), (["id": "gone", "index": 0], place + "/id"),
        ] as [(JSONValue, String)] {
            let body = Samples.agent.with("subAgents/router/skills", [skill])
            #expect(try memory.refusal("update-full-agent", ["agentId": "support"], body: body).pointers == [pointer])
        }
        let twice: JSONValue = [["id": "tone", "index": 0], ["id": "tone", "index": 1]]
        let doubled = Samples.agent.with("subAgents/router/skills", twice)
        #expect(
            try memory.refusal("update-full-agent", ["agentId": "support"], body: doubled).pointers == [
                "/subAgents/router/skills/1/id"
            ])
        let without = Samples.agent.with("subAgents/router/skills", nil)
        let shown = try memory.call("update-full-agent", ["agentId": "support"], body: without).data
        #expect(shown[path: "subAgents/router/skills"] == [])
    }

    @Test func `a whole project carries skills with their files and never deletes one by silence`() throws {
        let memory = Memory()
        try memory.call("update-full-project", ["projectId": "shop"], body: ProjectDocumentTests.body)
        let shown = try memory.call("get-full-project").data
        #expect(shown["skills"]?.object?.keys == ["refund-policy", "tone"])
        let files = shown[path: "skills/refund-policy/files"]?.array
        #expect(files?.map { $0["filePath"] } == ["SKILL.md", "references/table.md"])
        let fewer = ProjectDocumentTests.body.with("skills", ["tone": Samples.skill("tone", nil, ["n.md": "1"])])
        let kept = try memory.call("update-full-project", ["projectId": "shop"], body: fewer).data
        #expect(kept[path: "skills/refund-policy"] == shown[path: "skills/refund-policy"])
        #expect(kept[path: "skills/tone/files"]?.array?.count == 2)
        let none = ProjectDocumentTests.body.with("skills", nil)
        #expect(
            try memory.call("update-full-project", ["projectId": "shop"], body: none).data["skills"] == kept["skills"])
    }
}
