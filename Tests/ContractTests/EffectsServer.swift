import Catalog
import CoveyTesting
import Foundation
import Outbound
import Testing

/// `Tests/Clients/effects_server.py` in a process of its own.
struct EffectsServer: Sendable {
    /// Where its MCP server is.
    let url: String
    private let client: ServerClient
    private let program: PythonProgram

    /// Starts it and waits for its port.
    init() async throws {
        program = try await PythonProgram.start("effects_server.py")
        client = ServerClient(address: "http://127.0.0.1:\(try program.port())")
        url = client.address + "/mcp"
    }

    /// Makes the project `shop`, whose tool `effects` it is, with the agent `agent`, whose sub-agent `main` answers
    /// first; of the others only what they say is told.
    func makeProject(_ client: ServerClient, model: String, _ subAgents: JSONObject) async throws {
        var agents: JSONObject = [:]
        for (id, members) in subAgents {
            var subAgent: JSONObject = ["id": .string(id), "type": "internal", "name": .string(id.capitalized)]
            for (name, value) in members.object ?? [:] { subAgent[name] = value }
            agents[id] = .object(subAgent)
        }
        let document: JSONValue = [
            "id": "shop", "name": "Shop", "models": ["base": ["model": .string(model)]],
            "tools": [
                "effects": [
                    "id": "effects", "name": "Effects",
                    "config": ["type": "mcp", "mcp": ["server": ["url": .string(url)]]],
                ]
            ],
            "agents": [
                "agent": [
                    "id": "agent", "name": "Agent", "defaultSubAgentId": "main", "subAgents": .object(agents),
                ]
            ],
        ]
        let made = try await client.call("PUT", "/manage/tenants/default/project-full/shop", document)
        try #require(made.status == 201, "\(made.body.jsonText)")
    }

    /// Every call that reached it, in order.
    func all() async throws -> [JSONValue] { try await client.call("GET", "/effects").body.array ?? [] }
}
