import Catalog
import Domain
import Testing

/// The associations of sub-agents with components and function tools (manage spec §1.14–§1.19, §2.9).
@Suite struct LinkTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let link: Link
        let id: String
        /// Whether the list has a pagination block.
        let isPaged: Bool

        var testDescription: String { link.kind.name }
    }

    static let rows = [
        Row(link: Everything.links[0], id: "order-card", isPaged: false),
        Row(link: Everything.links[1], id: "citation", isPaged: false),
        Row(link: Everything.links[2], id: "calc", isPaged: true),
    ]

    private func shop() throws -> Memory {
        let memory = try Samples.shop()
        try memory.call("create-function", body: Samples.function)
        for agent in ["other", "second"] {
            if agent == "second" { try memory.call("create-agent", body: ["id": "second", "name": "Second"]) }
            try memory.call("create-subagent", ["agentId": agent], body: ["id": "a", "name": "A"])
            try memory.call(
                "create-function-tool", ["agentId": agent], body: ["id": "calc", "name": "C", "functionId": "calc-fn"])
        }
        return memory
    }

    @Test(arguments: rows) func `an association is made, seen from both ends, and removed`(row: Row) throws {
        let memory = try shop()
        let names = row.link.operations.map(\.id)
        let (associate, list, remove, exists, users) = (names[0], names[1], names[2], names[3], names[4])
        let member = row.link.member
        let body = JSONValue.object(JSONObject([("subAgentId", "a"), (member, row.id.json), ("agentId", "other")]))
        let pair = ["agentId": "other", "subAgentId": "a", member: row.id]

        #expect(try memory.call(exists, pair).body == ["exists": false])
        let made = try memory.call(associate, pair, body: body)
        #expect(made.status == 201 && made.data[member] == row.id.json && made.data["subAgentId"] == "a")
        #expect(made.data["id"]?.string?.count == 32 && made.data["createdAt"] != nil)
        #expect(try memory.refusal(associate, pair, body: body).status == 409)
        #expect(try memory.call(exists, pair).body == ["exists": true])
        let listed = try memory.call(list, pair)
        #expect(listed.data.array?.map { $0["id"] } == [row.id.json])
        #expect((listed.body?["pagination"] != nil) == row.isPaged)
        #expect((listed.data[0]?["relationshipId"] != nil) == row.isPaged)

        // The same in another agent is not this one's business.
        try memory.call(associate, ["agentId": "second"], body: body)
        #expect(try memory.call(users, pair).data.array?.map { $0["subAgentId"] } == ["a"])
        #expect(try memory.call(users, pair).data[0]?["createdAt"] != nil)

        let removed = try memory.call(remove, pair)
        #expect(removed.status == 200 && removed.body?["removed"] == true && removed.body?["message"]?.string != nil)
        #expect(try memory.refusal(remove, pair).status == 404)
        #expect(try memory.call(users, pair).data == [])
        #expect(
            try memory.call(exists, ["agentId": "second", "subAgentId": "a", member: row.id]).body == ["exists": true])
    }

    @Test(arguments: rows) func `the sub-agent is looked for before what it shall use`(row: Row) throws {
        let memory = try shop()
        let names = row.link.operations.map(\.id)
        let path = ["agentId": "other", "subAgentId": "nobody", row.link.member: "nothing"]
        func refusal(_ subAgent: String, _ id: String) throws -> String {
            let body = JSONValue.object(JSONObject([("subAgentId", subAgent.json), (row.link.member, id.json)]))
            return try memory.refusal(names[0], path, body: body).detail
        }
        #expect(try refusal("nobody", "nothing") == "Sub-agent not found")
        #expect(try refusal("a", "nothing") == "\(row.link.target.title) not found")
        #expect(try memory.refusal(names[0], path, body: [:]).pointers == ["/subAgentId", "/\(row.link.member)"])
        #expect(try memory.call(names[1], path).data == [])
        #expect(try memory.call(names[3], path).body == ["exists": false])
        #expect(try memory.refusal(names[2], path).status == 404)
    }

    @Test(arguments: rows) func `an association goes with either end`(row: Row) throws {
        let memory = try shop()
        let names = row.link.operations.map(\.id)
        let body = JSONValue.object(JSONObject([("subAgentId", "a"), (row.link.member, row.id.json)]))
        let pair = ["agentId": "other", "subAgentId": "a", row.link.member: row.id]
        try memory.call(names[0], pair, body: body)
        let delete = row.link.target.operations.map(\.id)[4]
        try memory.call(delete, ["agentId": "other", "id": row.id])
        #expect(try memory.call(names[1], pair).data == [])
        #expect(memory.projects["shop"]?.entries.keys.contains { $0.kind == row.link.kind.name } == false)
    }
}
