import Catalog
import CoveyTesting
import Domain
import Outbound
import Store
import Testing

/// The parameters of every operation's query against their declarations.
@Suite(.timeLimit(.minutes(8))) struct QueriesTests {
    /// Values that a schema forbids.
    private static func wrong(_ schema: JSONObject) -> [String] {
        let types = schema["type"]?.array?.compactMap(\.string) ?? [schema["type"]?.string ?? "string"]
        if schema["enum"] != nil || types.contains("boolean") { return ["no-such-word"] }
        if types.contains("integer") { return ["x", "1.5", "-1", "01"] }
        if types.contains("number") {
            return ["x", "0", "nan", "1e999"] + (schema["maximum"]?.integer.map { [String($0 + 1)] } ?? [])
        }
        if schema["format"] == "date-time" { return ["yesterday"] }
        // Of what patterns allow so far nothing begins with it.
        let odd = schema["pattern"] == nil ? [] : ["!"]
        return odd + [String(repeating: "q", count: (schema["maxLength"]?.integer ?? 256) + 1), "%00"]
    }

    @Test func `what a parameter forbids is refused by its name, all broken ones at once`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            let client = app.client.agent("a", of: "p", as: "user")
            var cases = 0
            for operation in try await DescribedOperation.all(client) {
                // What a name leads to is looked up, not checked.
                let parameters = operation.query.filter { $0.key != "ref" }
                var first: [String] = []
                for (name, schema) in parameters {
                    for value in wrong(schema, of: name) {
                        let reply = try await client.send(
                            operation.methods[0], operation.path(fixtureIDs) + "?\(name)=\(value)",
                            operation.takesBody ? [:] : nil)
                        cases += 1
                        let what = "\(operation.id) \(name)=\(value.prefix(20)): \(reply.text.prefix(300))"
                        let broken = operation.requiredQuery.union([name])
                        #expect(reply.status == 400 && Self.names(reply) == broken, "\(what)")
                    }
                    if let value = wrong(schema, of: name).first { first.append("\(name)=\(value)") }
                }
                guard !first.isEmpty else { continue }
                let reply = try await client.send(
                    operation.methods[0], operation.path(fixtureIDs) + "?" + first.joined(separator: "&"),
                    operation.takesBody ? [:] : nil)
                #expect(Self.names(reply) == Set(parameters.keys), "\(operation.id): \(reply.text.prefix(300))")
            }
            #expect(cases > 500)
        }
    }

    private func wrong(_ schema: JSONObject, of name: String) -> [String] { Self.wrong(schema) }

    private static func names(_ reply: TestReply) -> Set<String> {
        Set(reply.json["errors"]?.array?.compactMap { $0["name"]?.string } ?? [])
    }

    /// Lists that have one order alone and nothing to look for: times and numbers, no names.
    private static let withoutSearch: Set<String> = [
        "list-trigger-invocations", "list-scheduled-trigger-invocations", "list-upcoming-scheduled-runs",
        "list-audit-records",
    ]

    @Test func `every list takes a page, an order and a search, or the document says why not`() async throws {
        try await TestApp.run { app in
            let document = try await app.client.send("GET", "/openapi.json").json
            var lists = 0
            for operation in try await DescribedOperation.all(app.client) where operation.methods[0] == "GET" {
                guard Self.answersWithList(operation, document) else { continue }
                lists += 1
                let names = Set(operation.query.keys)
                #expect(names.isSuperset(of: ["page", "limit", "order"]), "\(operation.id)")
                let isTold = operation.id.hasSuffix("-history") || Self.withoutSearch.contains(operation.id)
                #expect(names.contains("q") != isTold, "\(operation.id)")
                #expect(names.contains("sort") || isTold || operation.id.contains("conversations"), "\(operation.id)")
            }
            #expect(lists > 60)
        }
    }

    private static func answersWithList(_ operation: DescribedOperation, _ document: JSONValue) -> Bool {
        let answer = document["paths"]?[operation.path]?["get"]?["responses"]?["200"]
        var schema = answer?["content"]?["application/json"]?["schema"]
        if let name = schema?["$ref"]?.string?.split(separator: "/").last {
            schema = document["components"]?["schemas"]?[String(name)]
        }
        let data = schema?["properties"]?["data"]
        return data?["type"] == "array" || data?["properties"]?["conversations"] != nil
    }

    @Test func `an order is the other backwards, and pages follow each other, in every list`() async throws {
        try await TestApp.run { app in
            let ids = Self.ids.merging(["appId": try await Self.fill(app.client)]) { $1 }
            var compared = 0
            for operation in try await DescribedOperation.all(app.client)
            where operation.isList && operation.side == .manage {
                let path = operation.path(ids)
                // The history of what the fixture has not; people, of whom it has none.
                guard try await app.client.send("GET", path).status == 200 else {
                    #expect(operation.id.hasSuffix("-history") || path.contains("/users/x/"), "\(path)")
                    continue
                }
                func elements(_ query: String) async throws -> [JSONValue] {
                    let reply = try await app.client.send("GET", "\(path)?\(query)")
                    #expect(reply.status == 200, "\(path)?\(query): \(reply.text)")
                    return reply.data["conversations"]?.array ?? reply.data.array ?? []
                }
                for sort in operation.query["sort"]?["enum"]?.array?.compactMap(\.string).map({ "&sort=\($0)" }) ?? [""]
                {
                    let up = try await elements("limit=100&order=asc\(sort)")
                    let down = try await elements("limit=100&order=desc\(sort)")
                    #expect(up == down.reversed(), "\(path) \(sort)")
                    guard up.count > 1 else { continue }
                    compared += 1
                    let pages =
                        try await elements("page=1&limit=1&order=asc\(sort)")
                        + elements("page=2&limit=1&order=asc\(sort)")
                    #expect(pages == Array(up.prefix(2)), "\(path) \(sort)")
                }
                guard operation.query["q"] != nil else { continue }
                #expect(try await elements("q=%25no_such%25") == [], "\(path)")
            }
            #expect(compared > 60)
        }
    }

    /// The ids of what `fill` makes.
    private static let ids = fixtureIDs.merging([
        "toolId": "t1", "dataComponentId": "c1", "artifactComponentId": "r1", "functionToolId": "f1", "id": "hook",
        "skillId": "s1", "branchName": "dev",
    ]) { $1 }

    /// Makes two or three of everything that lists show, and answers with the id of an app.
    private static func fill(_ client: TestClient) async throws -> String {
        try await KindsTests.makeFixture(client)
        let agent = "/projects/p/agents/a"
        try await client.make("/projects/p/functions", ["id": "f", "executeCode": "() => 1"])
        let props: JSONValue = [
            "type": "object", "properties": ["n": ["type": "string", "description": "number"]], "required": [],
        ]
        for (number, name) in [(1, "Beta"), (2, "alpha"), (3, "Gamma")] {
            func named(_ prefix: String, _ members: JSONObject) -> JSONValue {
                .object(members.merging(["id": .string("\(prefix)\(number)"), "name": .string(name)]))
            }
            try await client.make("/projects/p/data-components", named("c", ["props": props]))
            try await client.make("/projects/p/artifact-components", named("r", ["props": props]))
            try await client.make("\(agent)/function-tools", named("f", ["functionId": "f"]))
            try await client.makeTool("t\(number)", name)
            let skill = "---\nname: s\(number)\ndescription: \(name)\n---\nText."
            try await client.make(
                "/projects/p/skills", ["files": [["filePath": "SKILL.md", "content": .string(skill)]]])
            let number = JSONValue.string("\(number)").string ?? ""
            for user in ["s", "t"] {
                for (path, member, prefix) in [
                    ("sub-agent-data-components", "dataComponentId", "c"),
                    ("sub-agent-artifact-components", "artifactComponentId", "r"),
                    ("sub-agent-function-tools", "functionToolId", "f"), ("sub-agent-skills", "skillId", "s"),
                    ("sub-agent-tool-relations", "toolId", "t"),
                ] {
                    var body: JSONObject = ["subAgentId": .string(user), member: .string(prefix + number)]
                    if member == "skillId" { body["index"] = 0 }
                    try await client.make("\(agent)/\(path)", .object(body))
                }
            }
        }
        for target in ["t", "s"] {
            try await client.make(
                "\(agent)/sub-agent-relations",
                ["sourceSubAgentId": "s", "targetSubAgentId": .string(target), "relationType": "delegate"])
        }
        for name in ["dev", "b"] { try await client.make("/projects/p/branches", ["name": .string(name)]) }
        let hook: JSONObject = ["id": "hook", "name": "Hook", "runAsUserIds": ["ann", "bob"]]
        try await client.make("\(agent)/triggers", .object(hook))
        try await client.make(
            "\(agent)/scheduled-triggers", .object(hook.merging(["cronExpression": "0 8 * * *"])))
        var app = ""
        for name in ["One", "Two"] {
            let made = try await client.make(
                "/projects/p/apps", ["name": .string(name), "type": "api", "config": ["type": "api"]])
            app = made["app"]?["id"]?.string ?? ""
        }
        return app
    }
}
