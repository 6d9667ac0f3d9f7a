import Catalog
import CoveyTesting
import Testing

/// How the original's command line finds conflicts: through branches that it makes and deletes (manage spec §5.4,
/// §8 check 15).
extension ReplayTests {
    private static let branches = project + "/branches"
    private static let orders = project + "/agents/support/sub-agents/orders"
    private static let card = project + "/data-components/order-card"

    /// The definition on the client's side, with another name of the data component.
    private static func edited(_ name: String) -> JSONValue {
        var document = SDKProject.body.object ?? [:]
        var cards = document["dataComponents"]?.object ?? [:]
        var card = cards["order-card"]?.object ?? [:]
        card["name"] = .string(name)
        cards["order-card"] = .object(card)
        document["dataComponents"] = .object(cards)
        return .object(document)
    }

    /// What `pull` keeps: the state of the main branch.
    private static func pulledHash(_ client: TestClient) async throws -> JSONValue {
        let main = try await client.send("GET", branches + "/main")
        #expect(main.status == 200 && main.data["baseName"] == "main", "\(main.text)")
        return try #require(main.data["hash"])
    }

    /// A branch of the state that was pulled, with the client's definition on it.
    private static func branch(
        _ name: String, from hash: JSONValue, _ definition: JSONValue, _ client: TestClient
    ) async throws {
        let made = try await client.send("POST", branches, ["name": .string(name), "fromCommit": hash])
        #expect(made.status == 201 && made.data["hash"] == hash, "\(made.text)")
        let put = try await client.send("PUT", "\(full)?ref=\(name)", definition)
        #expect(put.status == 200, "\(put.text)")
    }

    /// The steps of `push` in their order. Answers whether it went on to the main branch.
    private static func push(
        _ definition: JSONValue, over hash: JSONValue, _ name: String, _ client: TestClient
    ) async throws -> Bool {
        try await branch(name, from: hash, definition, client)
        let preview = try await client.send(
            "POST", branches + "/merge/preview", ["sourceBranch": .string(name), "targetBranch": "main"])
        #expect(preview.status == 200, "\(preview.text)")
        #expect(try await client.send("DELETE", "\(branches)/\(name)?force=true").status == 204)
        #expect(try await client.send("GET", "\(branches)/\(name)").status == 404)
        if preview.data["hasConflicts"] == true {
            // Which things are at odds is shown by table and key.
            let conflict = preview.data["conflicts"]?[0]
            #expect(conflict?["table"] == "data_components", "\(preview.text)")
            #expect(
                conflict?["primaryKey"]
                    == ["tenant_id": "default", "project_id": .string(SDKProject.id), "id": "order-card"])
            #expect(conflict?["base"]?["name"] == "OrderCard" && conflict?["ours"]?["name"] == "Theirs")
            #expect(conflict?["theirs"]?["name"] == "Mine")
            return false
        }
        #expect(try await client.send("PUT", full, definition).status == 200)
        return true
    }

    @Test(.timeLimit(.minutes(8))) func `push looks on a branch whether it would undo what others did`() async throws {
        try await runPushed { _, client in
            let hash = try await Self.pulledHash(client)
            _ = try await client.send("GET", Self.full)
            // Nobody did anything; then somebody changed something else; then the same.
            #expect(
                try await Self.push(Self.edited("Mine"), over: hash, "temp-cli-push-check_1700000000000_x1", client))
            #expect(try await client.send("GET", Self.card).data["name"] == "Mine")
            #expect(try await client.send("PUT", Self.full, SDKProject.body).status == 200)
            let second = try await Self.pulledHash(client)
            #expect(try await client.send("PATCH", Self.orders, ["prompt": "Theirs."]).status == 200)
            #expect(
                try await Self.push(Self.edited("Mine"), over: second, "temp-cli-push-check_1700000000001_x2", client))
            #expect(try await client.send("PUT", Self.full, SDKProject.body).status == 200)
            let third = try await Self.pulledHash(client)
            #expect(try await client.send("PATCH", Self.card, ["name": "Theirs"]).status == 200)
            let isPushed = try await Self.push(
                Self.edited("Mine"), over: third, "temp-cli-push-check_1700000000002_x3", client)
            #expect(!isPushed)
            #expect(try await client.send("GET", Self.card).data["name"] == "Theirs", "theirs is untouched")
            let left = try await client.send("GET", Self.branches)
            #expect(left.data.array?.map { $0["baseName"] } == ["main"], "no branch is left behind")
            // A state that the server does not know any more is no reason not to push.
            let nothing = JSONValue.string(String(repeating: "0", count: 32))
            let unknown: JSONValue = ["name": "temp-cli-push-check_1_x", "fromCommit": nothing]
            #expect(try await client.send("POST", Self.branches, unknown).status == 404)
            let temp = Self.branches + "/temp-cli-push-check_1_x?force=true"
            #expect(try await client.send("DELETE", temp).status == 404)
            #expect(try await client.send("PUT", Self.full, Self.edited("Mine")).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `pull takes over what others did, and settles what both did`() async throws {
        try await runPushed { _, client in
            let hash = try await Self.pulledHash(client)
            #expect(try await client.send("PATCH", Self.orders, ["prompt": "Theirs."]).status == 200)
            #expect(try await client.send("PATCH", Self.card, ["name": "Theirs"]).status == 200)
            for (pick, name) in [("ours", "Mine"), ("theirs", "Theirs")] {
                let temp = "temp-cli-pull_1700000000000_\(pick)"
                try await Self.branch(temp, from: hash, Self.edited("Mine"), client)
                let ends: JSONObject = ["sourceBranch": "main", "targetBranch": .string(temp)]
                let preview = try await client.send("POST", Self.branches + "/merge/preview", .object(ends)).data
                let conflict = try #require(preview["conflicts"]?[0])
                #expect(preview["hasConflicts"] == true && preview["conflicts"]?.array?.count == 1)
                let resolution: JSONValue = [
                    "table": conflict["table"] ?? .null, "primaryKey": conflict["primaryKey"] ?? .null,
                    "rowDefaultPick": .string(pick),
                ]
                let order = ends.with([
                    "sourceHash": preview["sourceHash"] ?? .null, "targetHash": preview["targetHash"] ?? .null,
                    "resolutions": [resolution],
                ])
                var stale = order
                stale["targetHash"] = hash
                #expect(try await client.send("POST", Self.branches + "/merge", .object(stale)).status == 409)
                let merged = try await client.send("POST", Self.branches + "/merge", .object(order))
                #expect(merged.status == 200 && merged.data["status"] == "success", "\(merged.text)")
                let result = try await client.send("GET", "\(Self.full)?ref=\(temp)").data
                #expect(result["dataComponents"]?["order-card"]?["name"] == .string(name))
                #expect(result["agents"]?["support"]?["subAgents"]?["orders"]?["prompt"] == "Theirs.")
                #expect(try await client.send("DELETE", "\(Self.branches)/\(temp)?force=true").status == 204)
            }
            #expect(try await Self.pulledHash(client) != hash, "what is kept for the next time")
            #expect(try await client.send("GET", Self.card).data["name"] == "Theirs", "a pull changes nothing here")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `the main branch cannot be deleted, and nothing goes with the attempt`()
        async throws
    {
        try await runPushed { _, client in
            let turn: JSONValue = ["messages": messages("Hi"), "conversationId": "c1", "model": "x", "stream": false]
            let runner = client.agent("night", of: SDKProject.id)
            _ = try await runner.send("POST", "/run/v1/chat/completions", turn)
            let places = [Self.full, Self.branches, Self.project + "/conversations"]
            var before: [String] = []
            for place in places { before.append(try await client.send("GET", place).text) }
            for query in ["", "?force=true"] {
                #expect(try await client.send("DELETE", Self.branches + "/main" + query).status == 403)
            }
            for (place, text) in zip(places, before) {
                #expect(try await client.send("GET", place).text == text, "\(place)")
            }
        }
    }
}
