import Catalog
import CoveyTesting
import Store
import Testing

/// Previews and merges over the wire (manage spec §4.4).
struct MergeTests {
    private static let project = BranchTests.project
    private static let tool = "\(project)/tools/t"

    private static func name(_ ref: String, _ client: TestClient, of id: String = "t") async throws -> String? {
        try await client.send("GET", "\(project)/tools/\(id)?ref=\(ref)").data["name"]?.string
    }

    @Test func `what both sides changed in different members is merged without a conflict`() async throws {
        try await BranchTests.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=dev", ["name": "Dev"]).status == 200)
            try await client.makeTool("added", ref: "dev")
            #expect(try await client.send("PATCH", Self.tool, ["description": "Main"]).status == 200)
            let preview = try await client.preview("dev", "main")
            #expect(preview["hasConflicts"] == false && preview["canFastForward"] == false)
            #expect(preview["conflicts"] == [] && preview["dangling"] == nil)
            #expect(
                preview["diffSummary"] == [
                    ["table": "tools", "diffType": "modified", "dataChange": true, "schemaChange": false]
                ])
            let merged = try await client.merge("dev", "main")
            #expect(merged.status == 200, "\(merged.text)")
            #expect(merged.data["mergeCommitHash"] == (try await client.branch("main"))["hash"])
            let tool = try await client.send("GET", Self.tool).data
            #expect(tool["name"] == "Dev" && tool["description"] == "Main")
            #expect(try await Self.name("main", client, of: "added") == "Tool")
            #expect(try await client.send("DELETE", "\(BranchTests.branches)/dev").status == 204, "it is merged")
            let history = try await client.send("GET", "\(Self.project)/history?limit=2").json["data"]?.array ?? []
            #expect(Set(history.compactMap { $0["batch"]?.integer }).count == 1, "one transaction, one batch")
        }
    }

    @Test func `a conflict names the row, and is settled as told`() async throws {
        try await BranchTests.serve { _, client in
            let agent = "\(Self.project)/agents/a/sub-agents/main"
            try await client.make("/projects/p/branches", ["name": "dev"])
            for (ref, prompt, name) in [("dev", "c", "Theirs"), ("main", "b", "Ours")] {
                let body: JSONValue = ["prompt": .string(prompt), "name": .string(name)]
                #expect(try await client.send("PATCH", "\(agent)?ref=\(ref)", body).status == 200)
            }
            let preview = try await client.preview("dev", "main")
            #expect(preview["hasConflicts"] == true)
            let conflict = try #require(preview["conflicts"]?[0])
            #expect(preview["conflicts"]?.array?.count == 1)
            #expect(conflict["table"] == "sub_agents")
            let key: JSONValue = ["tenant_id": "default", "project_id": "p", "agent_id": "a", "id": "main"]
            #expect(conflict["primaryKey"] == key)
            #expect(conflict["ourDiffType"] == "modified" && conflict["theirDiffType"] == "modified")
            #expect(conflict["base"]?["prompt"] == "Answer." && conflict["base"]?["tenant_id"] == "default")
            #expect(conflict["ours"]?["prompt"] == "b" && conflict["theirs"]?["prompt"] == "c")
            #expect(conflict["ours"]?["conversation_history_config"]?.object != nil)
            let open = try await client.merge("dev", "main")
            #expect(open.status == 409 && open.json["conflicts"]?[0]?["primaryKey"] == key)
            func resolution(_ changes: JSONObject = [:]) -> JSONValue {
                let body: JSONObject = [
                    "table": "sub_agents", "primaryKey": key, "rowDefaultPick": "theirs", "columns": ["prompt": "ours"],
                ]
                return .object(body.with(changes))
            }
            let other: JSONValue = ["tenant_id": "default", "project_id": "p", "agent_id": "a", "id": "other"]
            for wrong in [
                resolution(["table": "nope"]), resolution(["primaryKey": other]),
                resolution(["columns": ["nope": "ours"]]), resolution(["columns": ["id": "ours"]]),
                resolution(["rowDefaultPick": "both"]),
            ] {
                let refused = try await client.merge("dev", "main", [resolution(), wrong])
                #expect(refused.status == 400 && refused.json["errors"]?[0] != nil, "\(wrong) \(refused.text)")
            }
            #expect(try await client.send("GET", agent).data["name"] == "Ours", "nothing was merged")
            #expect(try await client.merge("dev", "main", [resolution()]).status == 200)
            let merged = try await client.send("GET", agent).data
            #expect(merged["prompt"] == "b" && merged["name"] == "Theirs")
            #expect(try await client.preview("dev", "main")["diffSummary"] == [], "nothing is left to merge")
        }
    }

    @Test func `a secret that both sides set to the same is no conflict, and is not shown`() async throws {
        try await BranchTests.serve { _, client in
            func headers(_ key: String) -> JSONValue { ["headers": ["X-Key": .string(key), "X-Other": "constant-1"]] }
            #expect(try await client.send("PATCH", Self.tool, headers("first-secret")).status == 200)
            try await client.make("/projects/p/branches", ["name": "dev"])
            for ref in ["dev", "main"] {
                #expect(
                    try await client.send("PATCH", "\(Self.tool)?ref=\(ref)", headers("second-secret")).status == 200)
            }
            let same = try await client.preview("dev", "main")
            #expect(same["hasConflicts"] == false && same["diffSummary"] == [], "\(same.jsonText)")
            // Set anew to what it was is not changed; the other side's is taken.
            for key in ["third-secret", "second-secret"] {
                #expect(try await client.send("PATCH", Self.tool, headers(key)).status == 200)
            }
            let renamed: JSONValue = ["name": "Dev", "headers": ["X-Key": "fourth-secret", "X-Other": "constant-1"]]
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=dev", renamed).status == 200)
            let moved = try await client.preview("dev", "main")
            #expect(moved["hasConflicts"] == true, "second on main came after first: both sides changed it")
            #expect(!moved.jsonText.contains("-secret"))
            let conflict = try #require(moved["conflicts"]?[0])
            let row: JSONValue = [
                "table": "tools", "primaryKey": conflict["primaryKey"] ?? .null, "rowDefaultPick": "theirs",
            ]
            #expect(try await client.merge("dev", "main", [row]).status == 200)
            // Both have the fourth now. What main sets back to that it has not changed; the other side's is taken.
            for (ref, last) in [("dev", "sixth-secret"), ("main", "fourth-secret")] {
                for key in ["fifth-secret", last] {
                    #expect(try await client.send("PATCH", "\(Self.tool)?ref=\(ref)", headers(key)).status == 200)
                }
            }
            let name: JSONValue = ["name": "Later"]
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=dev", name).status == 200)
            let last = try await client.preview("dev", "main")
            #expect(last["hasConflicts"] == false && last["diffSummary"]?.array?.count == 1, "\(last.jsonText)")
            #expect(try await client.merge("dev", "main").status == 200)
            #expect(try await client.send("GET", Self.tool).data["name"] == "Later")
        }
    }

    @Test func `a branch that is gone is merged into no more`() async throws {
        try await BranchTests.serve { _, client in
            for name in ["dev", "old"] { try await client.make("/projects/p/branches", ["name": .string(name)]) }
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=dev", ["name": "Dev"]).status == 200)
            let order = try await client.order("dev", "old", [])
            #expect(try await client.send("DELETE", "\(BranchTests.branches)/old?force=true").status == 204)
            let merge = "\(BranchTests.branches)/merge"
            #expect(try await client.send("POST", merge, order).status == 404)
            // Made anew under its name it is another branch: what was previewed is not what is there.
            #expect(try await client.send("PATCH", Self.tool, ["name": "Main"]).status == 200)
            try await client.make("/projects/p/branches", ["name": "old"])
            #expect(try await client.send("POST", merge, order).status == 409)
            #expect(try await Self.name("old", client) == "Main")
        }
    }

    @Test func `what a merge costs goes by what was changed, not by what there is`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            let branch = BranchKey(tenant: "default", project: "p")
            try await app.store.write(in: branch, actor: "test", at: 1) { transaction in
                for number in 0..<10_000 {
                    let id = "tool-\(number)"
                    let document: JSONValue = .object(
                        (KindsTests.tool(id).object ?? [:]).merging(["name": .string(id)]))
                    try transaction.put(ResourceKey(kind: "tool", id: id), document, [])
                }
            }
            try await app.client.make("/projects/p/branches", ["name": "dev"])
            let tool = "\(Self.project)/tools/tool-77"
            #expect(try await app.client.send("PATCH", "\(tool)?ref=dev", ["name": "Dev"]).status == 200)
            let clock = ContinuousClock()
            let order = try await app.client.order("dev", "main", [])
            let preview = try await clock.measure { _ = try await app.client.preview("dev", "main") }
            let merge = try await clock.measure {
                let reply = try await app.client.send("POST", "\(BranchTests.branches)/merge", order)
                #expect(reply.status == 200, "\(reply.text)")
            }
            print("merge of one change among 10,000 resources: preview \(preview), merge \(merge)")
            #expect(try await app.client.send("GET", tool).data["name"] == "Dev")
            // Reading both branches whole takes many times as long.
            #expect(preview < .seconds(1) && merge < .seconds(1))
        }
    }

    @Test func `what one side deleted and the other changed is a conflict`() async throws {
        try await BranchTests.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(try await client.send("DELETE", "\(Self.tool)?ref=dev").status == 204)
            #expect(try await client.send("PATCH", Self.tool, ["name": "Two"]).status == 200)
            let conflict = try #require(try await client.preview("dev", "main")["conflicts"]?[0])
            #expect(conflict["theirDiffType"] == "removed" && conflict["theirs"] == .null)
            let row: JSONObject = ["table": "tools", "primaryKey": conflict["primaryKey"] ?? .null]
            let columns = row.with(["rowDefaultPick": "ours", "columns": ["name": "ours"]])
            #expect(try await client.merge("dev", "main", [.object(columns)]).status == 400)
            let keep = row.with(["rowDefaultPick": "ours"])
            let rehearsal = try await client.merge(
                "dev", "main", [.object(row.with(["rowDefaultPick": "theirs"]))], query: "?dryRun=true")
            #expect(rehearsal.json["changes"]?[0]?["action"] == "delete", "\(rehearsal.text)")
            #expect(try await client.merge("dev", "main", [.object(keep)]).status == 200)
            #expect(try await Self.name("main", client) == "Two")
            // It is decided: merging the other way takes it along.
            #expect(try await client.preview("main", "dev")["hasConflicts"] == false)
            #expect(try await client.merge("main", "dev").status == 200)
            #expect(try await Self.name("dev", client) == "Two")
        }
    }

    @Test func `stale states, one branch, and missing ones are refused`() async throws {
        try await BranchTests.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=dev", ["name": "Dev"]).status == 200)
            let preview = try await client.preview("dev", "main")
            #expect(preview["canFastForward"] == true)
            #expect(try await client.send("PATCH", Self.tool, ["description": "moved"]).status == 200)
            let merge = "\(BranchTests.branches)/merge"
            func order(_ changes: JSONObject) -> JSONValue {
                let body: JSONObject = [
                    "sourceBranch": "dev", "targetBranch": "main", "sourceHash": preview["sourceHash"] ?? .null,
                    "targetHash": preview["targetHash"] ?? .null,
                ]
                return .object(body.with(changes))
            }
            try await client.check([
                Scenario("a target that moved", "POST", merge, order([:]), status: 409, contains: ["main has changed"]),
                Scenario("a source that is another", "POST", merge, order(["sourceHash": "x"]), status: 409),
                Scenario("itself", "POST", merge, order(["targetBranch": "default_p_dev"]), status: 400),
                Scenario("no source", "POST", merge, order(["sourceBranch": "nope"]), status: 404),
                Scenario("no target", "POST", merge, order(["targetBranch": "nope"]), status: 404),
                Scenario("the hidden one", "POST", merge, order(["targetBranch": "~"]), status: 404),
                Scenario("no hash", "POST", merge, ["sourceBranch": "dev", "targetBranch": "main"], status: 400),
                Scenario(
                    "itself seen", "POST", "\(merge)/preview", ["sourceBranch": "dev", "targetBranch": "dev"],
                    status: 400),
                Scenario(
                    "nobody", "POST", "\(merge)/preview", ["sourceBranch": "no", "targetBranch": "dev"], status: 404),
            ])
            #expect(try await Self.name("main", client) == "One")
        }
    }

    @Test func `what would dangle is named, and nothing is merged`() async throws {
        try await BranchTests.serve { _, client in
            let relations = "\(Self.project)/agents/a/sub-agent-tool-relations"
            try await client.make("/projects/p/branches", ["name": "dev"])
            let relation = try await client.send(
                "POST", "\(relations)?ref=dev", ["subAgentId": "main", "toolId": "t"])
            #expect(relation.status == 201)
            #expect(try await client.send("DELETE", Self.tool).status == 204)
            let preview = try await client.preview("dev", "main")
            #expect(preview["hasConflicts"] == true && preview["conflicts"] == [])
            #expect(preview["dangling"]?[0]?["kind"] == "sub-agent-tool-relation")
            let refused = try await client.merge("dev", "main")
            #expect(refused.status == 409 && refused.text.contains("the tool t"), "\(refused.text)")
            let other = try await client.merge("main", "dev")
            #expect(other.status == 409 && other.text.contains("the tool t"), "\(other.text)")
            #expect(try await Self.name("dev", client) == "One")
            // In an agent that is gone nothing can live.
            try await client.make("/projects/p/branches", ["name": "inside"])
            let subAgents = "\(Self.project)/agents/a/sub-agents"
            #expect(try await client.send("POST", "\(subAgents)?ref=inside", ["id": "s", "name": "S"]).status == 201)
            #expect(try await client.send("DELETE", "\(Self.project)/agents/a").status == 204)
            let orphan = try await client.merge("inside", "main")
            #expect(orphan.status == 409 && orphan.text.contains("the agent a"), "\(orphan.text)")
        }
    }

    @Test func `merges back and forth find what was merged before`() async throws {
        try await BranchTests.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            for (index, step) in ["dev", "main", "dev", "main"].enumerated() {
                let other = step == "dev" ? "main" : "dev"
                let change: JSONValue = ["name": .string("Name \(index)")]
                #expect(try await client.send("PATCH", "\(Self.tool)?ref=\(step)", change).status == 200)
                let preview = try await client.preview(step, other)
                #expect(preview["hasConflicts"] == false && preview["canFastForward"] == true, "\(step) \(preview)")
                #expect(try await client.merge(step, other).status == 200)
                #expect(try await Self.name(other, client) == "Name \(index)")
            }
        }
    }

    @Test func `a decision against a change holds, and not for others`() async throws {
        try await BranchTests.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=dev", ["name": "Dev"]).status == 200)
            #expect(try await client.send("PATCH", Self.tool, ["name": "Main"]).status == 200)
            try await client.make("/projects/p/branches", ["name": "other"])
            let key = try #require(try await client.preview("dev", "main")["conflicts"]?[0]?["primaryKey"])
            let ours: JSONValue = ["table": "tools", "primaryKey": key, "rowDefaultPick": "ours"]
            let before = try await client.branch("main")["hash"]
            let merged = try await client.merge("dev", "main", [ours])
            #expect(merged.status == 200 && merged.data["mergeCommitHash"] == before, "nothing was changed")
            #expect(try await client.preview("dev", "main")["hasConflicts"] == false)
            #expect(try await client.preview("dev", "other")["hasConflicts"] == true, "that one has decided nothing")
        }
    }

    @Test func `two that took in the same branches in another order are merged over both`() async throws {
        try await BranchTests.serve { _, client in
            for name in ["one", "two", "left", "right"] {
                try await client.make("/projects/p/branches", ["name": .string(name)])
            }
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=one", ["name": "One changed"]).status == 200)
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=two", ["description": "Two"]).status == 200)
            for (source, target) in [("one", "left"), ("two", "left"), ("two", "right"), ("one", "right")] {
                #expect(try await client.merge(source, target).status == 200)
            }
            // Both have all of it: what one undoes or changes from here on is its own change.
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=right", ["description": "New"]).status == 200)
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=left", ["name": "One"]).status == 200)
            let preview = try await client.preview("left", "right")
            #expect(preview["hasConflicts"] == false, "\(preview)")
            #expect(try await client.merge("left", "right").status == 200)
            let tool = try await client.send("GET", "\(Self.tool)?ref=right").data
            #expect(tool["name"] == "One" && tool["description"] == "New")
        }
    }

    @Test func `branches that disagreed over the same conflict do so again when they meet`() async throws {
        try await BranchTests.serve { _, client in
            for name in ["one", "two", "left", "right"] {
                try await client.make("/projects/p/branches", ["name": .string(name)])
            }
            for name in ["one", "two"] {
                let change: JSONValue = ["name": .string(name)]
                #expect(try await client.send("PATCH", "\(Self.tool)?ref=\(name)", change).status == 200)
            }
            #expect(try await client.merge("one", "left").status == 200)
            #expect(try await client.merge("two", "right").status == 200)
            let key: JSONValue = ["tenant_id": "default", "project_id": "p", "id": "t"]
            let ours: JSONValue = ["table": "tools", "primaryKey": key, "rowDefaultPick": "ours"]
            #expect(try await client.merge("two", "left", [ours]).status == 200)
            #expect(try await client.merge("one", "right", [ours]).status == 200)
            #expect(try await client.preview("left", "right")["conflicts"]?.array?.count == 1)
        }
    }

    @Test func `the base may be on a branch that is gone`() async throws {
        try await BranchTests.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "base"])
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=base", ["name": "Base"]).status == 200)
            for name in ["one", "two"] {
                try await client.make("/projects/p/branches", ["name": .string(name), "fromBranch": "base"])
            }
            #expect(try await client.send("DELETE", "\(BranchTests.branches)/base").status == 204)
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=one", ["name": "Changed"]).status == 200)
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=two", ["description": "Too"]).status == 200)
            #expect(try await client.preview("one", "two")["hasConflicts"] == false)
            #expect(try await client.merge("one", "two").status == 200)
            let tool = try await client.send("GET", "\(Self.tool)?ref=two").data
            #expect(tool["name"] == "Changed" && tool["description"] == "Too")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `of merges at once one is done and the others are told`() async throws {
        try await BranchTests.serve { _, client in
            try await client.make("/projects/p/branches", ["name": "dev"])
            #expect(try await client.send("PATCH", "\(Self.tool)?ref=dev", ["name": "Dev"]).status == 200)
            #expect(try await client.send("PATCH", Self.tool, ["description": "Main"]).status == 200)
            let there = try await client.order("dev", "main")
            let back = try await client.order("main", "dev")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await client.send("POST", "\(BranchTests.branches)/merge", number % 2 == 0 ? there : back)
                            .status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 409 } == 7, "\(statuses)")
        }
    }
}

extension TestClient {
    /// What a merge would do.
    func preview(_ source: String, _ target: String) async throws -> JSONValue {
        let reply = try await send(
            "POST", "\(BranchTests.branches)/merge/preview",
            ["sourceBranch": .string(source), "targetBranch": .string(target)])
        try #require(reply.status == 200, "\(reply.text)")
        return reply.data
    }

    /// The body of a merge of the branches as they are.
    func order(_ source: String, _ target: String, _ resolutions: [JSONValue] = []) async throws -> JSONValue {
        let preview = try await preview(source, target)
        return [
            "sourceBranch": .string(source), "targetBranch": .string(target),
            "sourceHash": preview["sourceHash"] ?? .null, "targetHash": preview["targetHash"] ?? .null,
            "message": "merge", "author": ["name": "Ann", "email": "ann@example.com"],
            "resolutions": .array(resolutions),
        ]
    }

    /// Merges the branches as they are.
    func merge(
        _ source: String, _ target: String, _ resolutions: [JSONValue] = [], query: String = ""
    ) async throws -> TestReply {
        try await send(
            "POST", "\(BranchTests.branches)/merge\(query)", try await order(source, target, resolutions))
    }
}

extension JSONObject {
    /// These members with others over them.
    func with(_ changes: JSONObject) -> JSONObject {
        var members = self
        for (name, value) in changes { members[name] = value }
        return members
    }
}
