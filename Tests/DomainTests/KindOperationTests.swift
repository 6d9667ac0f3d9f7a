import Catalog
import Domain
import Testing

/// What every kind does with the operations that follow from its declaration.
@Suite struct KindOperationTests {
    /// A kind with what its operations need.
    struct Row: CustomTestStringConvertible, Sendable {
        let kind: Kind
        let body: JSONValue
        var path: [String: String] = ["agentId": "desk", "subAgentId": "a"]
        /// What a second create answers.
        var again = 409
        /// The id; the body's when nil and the body has one.
        var isDerived = false
        var patch: JSONValue = ["name": "Changed"]

        var testDescription: String { kind.name }
    }

    static let rows: [Row] = [
        Row(kind: Tool.kind, body: Samples.tool.with("id", "radar")),
        Row(kind: Agent.kind, body: ["id": "night", "name": "Night"]),
        Row(kind: SubAgent.kind, body: ["id": "c", "name": "C"]),
        Row(kind: Function.kind, body: Samples.function, again: 201, patch: ["executeCode": "() => 2"]),
        Row(kind: FunctionTool.kind, body: ["id": "calc2", "name": "calc", "functionId": "f"]),
        Row(kind: DataComponent.kind, body: Samples.dataComponent.with("id", "d2")),
        Row(kind: ArtifactComponent.kind, body: Samples.artifactComponent.with("id", "a2")),
        Row(kind: ContextConfig.kind, body: Samples.contextConfig, patch: ["headersSchema": .null]),
        Row(kind: ExternalAgent.kind, body: Samples.externalAgent.with("id", "erp")),
        Row(kind: CredentialReference.kind, body: Samples.credential.with("id", "key2")),
        Row(
            kind: SubAgentRelation.kind,
            body: ["id": "x", "sourceSubAgentId": "a", "targetSubAgentId": "b", "relationType": "transfer"], again: 422,
            isDerived: true, patch: ["relationType": "delegate"]),
        Row(
            kind: ToolRelation.kind, body: ["id": "x", "subAgentId": "a", "toolId": "weather"], again: 422,
            isDerived: true, patch: ["selectedTools": ["one"]]),
        Row(
            kind: ExternalAgentRelation.kind, body: ["externalAgentId": "crm", "headers": ["x-a": "1"]], again: 422,
            isDerived: true, patch: ["headers": .null]),
        Row(
            kind: TeamAgentRelation.kind, body: ["targetAgentId": "other"], again: 422, isDerived: true,
            patch: ["headers": ["x-a": "1"]]),
        Row(
            kind: Trigger.kind,
            body: [
                "id": "hook", "name": "Hook", "inputSchema": ["type": "object"], "runAsUserIds": ["u1", "u2"],
                "outputTransform": ["objectTransformation": ["title": "issue.title"]],
            ]),
        Row(
            kind: ScheduledTrigger.kind,
            body: ["id": "daily", "name": "Daily", "runAt": "2026-03-01T00:00:00.000Z", "runAsUserIds": ["u1"]]),
        Row(
            kind: WebhookDestination.kind,
            body: [
                "id": "ops", "name": "Ops", "url": "https://ops.example.com", "agentIds": ["desk"],
                "eventTypes": ["event.created"], "headers": ["x-a": "1"],
            ]),
    ]

    /// The shop with an agent `desk` of sub-agents `a` and `b`, and a function `f`.
    private func shop() throws -> Memory {
        let memory = try Samples.shop()
        try memory.call("create-agent", body: ["id": "desk", "name": "Desk"])
        for id in ["a", "b"] {
            try memory.call("create-subagent", ["agentId": "desk"], body: ["id": .string(id), "name": "S"])
        }
        try memory.call("create-function", body: Samples.function.with("id", "f"))
        return memory
    }

    private func operations(of kind: Kind) -> [Operation] { kind.operations }

    @Test(arguments: rows) func `a resource is created, shown, listed, changed and deleted`(row: Row) throws {
        let memory = try shop()
        let names = row.kind.operations.map(\.id)
        let (list, get, create, update, delete) = (names[0], names[1], names[2], names[3], names[4])
        let before = try memory.call(list, row.path).body?[path: "pagination/total"]?.integer ?? 0

        let created = try memory.call(create, row.path, body: row.body)
        #expect(created.status == 201)
        let id = created.data["id"]?.string ?? ""
        if row.isDerived { #expect(id.count == 32) } else { #expect(.string(id) == row.body["id"]) }
        for (name, value) in row.kind.masking(row.body).object ?? [:] where name != "id" {
            #expect(created.data[name] == value, "\(name)")
        }
        #expect(Timestamp.milliseconds(created.data["createdAt"]?.string ?? "") != nil)

        let item = row.path.merging(["id": id]) { $1 }
        let shown = try memory.call(get, item).data
        for (name, value) in created.data.object ?? [:] { #expect(shown[name] == value, "\(name)") }
        let listed = try memory.call(list, row.path)
        #expect(listed.body?[path: "pagination/total"]?.integer == before + 1)
        #expect(listed.data[0]?["id"] == .string(id), "the newest comes first")

        let again = try? memory.call(create, row.path, body: row.body).status
        let status = try again ?? memory.refusal(create, row.path, body: row.body).status
        #expect(status == row.again)

        let changed = try memory.call(update, item, body: row.patch)
        #expect(changed.status == 200)
        for (name, value) in row.kind.masking(row.patch).object ?? [:] {
            #expect(changed.data[name] ?? .null == value, "\(name)")
        }
        #expect(try memory.call(delete, item).status == 204)
        #expect(try memory.refusal(get, item).detail == "\(row.kind.title) not found")
        #expect(try memory.refusal(delete, item).status == 404)
        #expect(try memory.refusal(update, item, body: row.patch).status == 404)
    }

    @Test(arguments: rows) func `a missing place is a 404 that names the outermost`(row: Row) throws {
        let memory = try shop()
        for operation in row.kind.operations {
            let item = row.path.merging(["id": "x"]) { $1 }
            let nowhere = item.merging(["projectId": "nowhere"]) { $1 }
            #expect(try memory.refusal(operation.id, nowhere, body: row.body).detail == "Project not found")
            guard row.kind.scope == .agent || row.kind.scope == .subAgent else { continue }
            let stranger = item.merging(["agentId": "stranger"]) { $1 }
            #expect(try memory.refusal(operation.id, stranger, body: row.body).detail == "Agent not found")
            guard row.kind.scope == .subAgent else { continue }
            let nobody = item.merging(["subAgentId": "nobody"]) { $1 }
            #expect(try memory.refusal(operation.id, nobody, body: row.body).detail == "Sub-agent not found")
        }
    }

    @Test(arguments: rows.filter(\.kind.refusesEmptyUpdate)) func `an update with nothing in it is refused`(row: Row)
        throws
    {
        let memory = try shop()
        let names = row.kind.operations.map(\.id)
        let id = try memory.call(names[2], row.path, body: row.body).data["id"]?.string ?? ""
        let item = row.path.merging(["id": id]) { $1 }
        #expect(try memory.refusal(names[3], item, body: ["unknown": 1]).status == 400)
    }

    @Test(
        arguments: [
            ("0", nil), ("x", nil), ("-1", nil), ("", nil), ("nan", nil), (nil, "0"), (nil, "101"), (nil, "many"),
        ] as [(String?, String?)])
    func `a page out of range is a 400`(page: String?, limit: String?) throws {
        let query = ["page": page, "limit": limit].compactMapValues(\.self)
        let problem = try shop().refusal("list-agents", query: query)
        #expect(problem.status == 400 && problem.broken.map(\.path) == [page == nil ? ["limit"] : ["page"]])
    }

    @Test func `pages add up and one beyond the end is empty`() throws {
        let memory = try shop()
        for number in 0..<12 { try memory.call("create-agent", body: ["id": "n\(number)".json, "name": "N"]) }
        let all = try memory.call("list-agents", query: ["limit": "100"]).data.array ?? []
        var paged: [JSONValue] = []
        for page in 1...5 {
            let output = try memory.call("list-agents", query: ["page": String(page), "limit": "3"])
            paged += output.data.array ?? []
            #expect(output.body?["pagination"] == ["page": .integer(Int64(page)), "limit": 3, "total": 14, "pages": 5])
        }
        #expect(paged == all && all.count == 14)
        let beyond = try memory.call("list-agents", query: ["page": "6", "limit": "3"])
        #expect(beyond.data == [] && beyond.body?[path: "pagination/total"] == 14)
        let none = try memory.call("list-context-configs", ["agentId": "desk"])
        #expect(none.body?["pagination"] == ["page": 1, "limit": 10, "total": 0, "pages": 0])
    }

    @Test func `relations are listed by their ends`() throws {
        let memory = try shop()
        let desk = ["agentId": "desk"]
        for (source, target) in [("a", "b"), ("b", "a")] {
            try memory.call(
                "create-sub-agent-relation", desk,
                body: [
                    "id": "x", "sourceSubAgentId": source.json, "targetSubAgentId": target.json,
                    "relationType": "transfer",
                ])
        }
        func sources(_ query: [String: String]) throws -> [JSONValue?] {
            try memory.call("list-sub-agent-relations", desk, query: query).data.array?.map { $0["sourceSubAgentId"] }
                ?? []
        }
        #expect(try sources([:]) == ["b", "a"])
        #expect(try sources(["sourceSubAgentId": "a"]) == ["a"])
        #expect(try sources(["targetSubAgentId": "a"]) == ["b"])
        #expect(try sources(["sourceSubAgentId": "a", "targetSubAgentId": "b"]) == ["a"])
        #expect(try sources(["externalSubAgentId": "a"]) == [])
        try memory.call("create-subagent-tool-relation", desk, body: ["subAgentId": "b", "toolId": "weather"])
        let users = try memory.call("get-subagents-for-tool", ["agentId": "desk", "toolId": "weather"])
        #expect(users.data.array?.map { $0["subAgentId"] } == ["b"])
        #expect(
            try memory.call("list-subagent-tool-relations", desk, query: ["toolId": "weather"]).data.array?.count == 1)
        #expect(try memory.call("list-subagent-tool-relations", desk, query: ["toolId": "other"]).data == [])
    }

    @Test func `the same relation has the same id wherever it is made`() throws {
        func id(_ memory: Memory) throws -> JSONValue? {
            try memory.call(
                "create-subagent-tool-relation", ["agentId": "desk"],
                body: ["id": "mine", "subAgentId": "a", "toolId": "weather"]
            ).data["id"]
        }
        #expect(try id(shop()) == id(shop()))
    }

    @Test func `the default sub-agent is not deleted, another is, with what refers to it`() throws {
        let memory = try shop()
        let desk = ["agentId": "desk"]
        try memory.call("update-agent", ["id": "desk"], body: ["defaultSubAgentId": "a"])
        try memory.call(
            "create-sub-agent-relation", desk,
            body: ["sourceSubAgentId": "a", "targetSubAgentId": "b", "relationType": "transfer"])
        #expect(try memory.refusal("delete-subagent", ["agentId": "desk", "id": "a"]).status == 409)
        try memory.call("delete-subagent", ["agentId": "desk", "id": "b"])
        #expect(try memory.call("list-sub-agent-relations", desk).data == [])
    }

    @Test func `a deleted credential is cleared from what used it`() throws {
        let memory = try shop()
        try memory.call("update-tool", ["id": "weather"], body: ["credentialReferenceId": "weather-key"])
        let shown = try memory.call("get-credential-by-id", ["id": "weather-key"]).data
        #expect(shown["tools"]?.array?.map { $0["id"] } == ["weather"])
        #expect(shown["externalAgents"] == [])
        try memory.call("delete-credential", ["id": "weather-key"])
        #expect(try memory.call("get-tool", ["id": "weather"]).data["credentialReferenceId"] == nil)
    }

    @Test func `a user's own credential for a tool takes the place of the one before`() throws {
        let memory = try shop()
        let own = Samples.credential.with("toolId", "weather").with("userId", "usr_1")
        #expect(try memory.call("create-credential", body: own.with("id", "k1")).status == 201)
        #expect(try memory.call("create-credential", body: own.with("id", "k2")).status == 200)
        #expect(try memory.call("create-credential", body: own.with("id", "k3").with("userId", "usr_2")).status == 201)
        let ids = try memory.call("list-credentials").data.array?.map { $0["id"] }
        #expect(ids == ["k3", "k2", "weather-key"])
    }

    @Test func `changed bounds of a project reach who had none or the old ones`() throws {
        let memory = try shop()
        func setBounds(_ transfers: Int64, _ steps: Int64) throws {
            try memory.call(
                "update-project", ["id": "shop"],
                body: ["stopWhen": ["transferCountIs": .integer(transfers), "stepCountIs": .integer(steps)]])
        }
        try memory.call("update-agent", ["id": "other"], body: ["stopWhen": ["transferCountIs": 3]])
        try setBounds(5, 6)
        try memory.call("update-subagent", ["agentId": "desk", "id": "b"], body: ["stopWhen": ["stepCountIs": 2]])
        try setBounds(7, 8)
        #expect(try memory.call("get-agent", ["id": "desk"]).data["stopWhen"] == ["transferCountIs": 7])
        #expect(try memory.call("get-agent", ["id": "other"]).data["stopWhen"] == ["transferCountIs": 3])
        #expect(
            try memory.call("get-subagent-by-id", ["agentId": "desk", "id": "a"]).data["stopWhen"] == ["stepCountIs": 8]
        )
        #expect(
            try memory.call("get-subagent-by-id", ["agentId": "desk", "id": "b"]).data["stopWhen"] == ["stepCountIs": 2]
        )
    }

    @Test func `projects are listed, shown and deleted`() throws {
        let memory = try shop()
        #expect(try memory.call("create-project", body: Samples.project.with("id", "two")).status == 201)
        let listed = try memory.call("list-projects")
        #expect(listed.data.array?.map { $0["id"] } == ["two", "shop"])
        #expect(listed.data[0]?["mainBranchName"] == "default_two_main")
        #expect(try memory.refusal("create-project", body: Samples.project).status == 409)
        #expect(
            try memory.refusal("create-project", body: ["id": "Bad_Id", "name": "x"]).pointers == ["/id", "/models"])
        #expect(try memory.call("delete-project", ["id": "two"]).status == 204)
        #expect(try memory.refusal("get-project-by-id", ["id": "two"]).status == 404)
    }

    @Test func `empty models, prompts and context variables are none`() throws {
        let memory = try shop()
        let agent = try memory.call(
            "update-agent", ["id": "desk"], body: ["models": ["base": [:]], "prompt": "", "contextConfigId": ""]
        ).data
        #expect(agent["models"] == .null && agent["prompt"] == .null && agent["contextConfigId"] == .null)
        let config = try memory.call(
            "create-context-config", ["agentId": "desk"], body: ["headersSchema": [:], "contextVariables": [:]]
        ).data
        #expect(config["id"]?.string?.count == 21)
        #expect(config["headersSchema"] == nil && config["contextVariables"] == .null)
    }

    @Test func `a list of projects includes their agents when asked to`() throws {
        let memory = try shop()
        try memory.call("create-project", body: Samples.project.with("id", "two"))
        let listed = try memory.call("list-projects", query: ["include": "agents"]).data
        #expect(listed[0]?["agents"] == [])
        #expect(
            listed[1]?["agents"] == [
                ["agentId": "other", "agentName": "Other"], ["agentId": "desk", "agentName": "Desk"],
            ])
        #expect(try memory.call("list-projects").data[1]?["agents"] == nil)
        #expect(try memory.refusal("list-projects", query: ["include": "tools"]).pointers == ["/include"])
    }

    @Test func `a credential shows whole rows of what uses it`() throws {
        let memory = try shop()
        let credential: JSONValue = ["credentialReferenceId": "weather-key"]
        try memory.call("update-tool", ["id": "weather"], body: credential)
        try memory.call("update-external-agent", ["id": "crm"], body: credential)
        let shown = try memory.call("get-credential-by-id", ["id": "weather-key"]).data
        for list in ["tools", "externalAgents"] {
            #expect(shown[path: "\(list)/0/tenantId"] == "default" && shown[path: "\(list)/0/projectId"] == "shop")
        }
        for name in ["capabilities", "lastError"] { #expect(shown[path: "tools/0/\(name)"] == .null, "\(name)") }
    }

    @Test func `a user has one credential for a tool, however it is written`() throws {
        let memory = try shop()
        let own = Samples.credential.with("toolId", "weather").with("userId", "ann")
        try memory.call("create-credential", body: own.with("id", "anns"))
        try memory.call("create-credential", body: own.with("id", "bobs").with("userId", "bob"))
        #expect(try memory.refusal("update-credential", ["id": "bobs"], body: ["userId": "ann"]).status == 409)
        #expect(try memory.call("update-credential", ["id": "anns"], body: ["userId": "ann"]).status == 200)
        let update = CredentialReference.kind.operations.first { $0.id == "update-credential" }
        #expect(update?.errors.contains(409) == true)
        let project = Samples.project.with("agents", [:]).with("tools", [:]).with(
            "credentialReferences", ["one": own.with("id", "one"), "two": own.with("id", "two")])
        let problem = try memory.refusal("update-full-project", ["projectId": "shop"], body: project)
        #expect(problem.pointers == ["/credentialReferences/two"])
    }
}
