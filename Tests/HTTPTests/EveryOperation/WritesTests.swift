import Catalog
import CoveyTesting
import Domain
import Store
import Testing

/// Every operation that changes configuration: what it does is in the log of changes, what it refuses, rehearses or
/// would not change is not. The operations come from the catalog; one without a call here fails the last test.
@Suite(.timeLimit(.minutes(8))) struct WritesTests {
    /// One call of an operation of no single kind, in the order in which they can be made.
    private struct Call: Sendable {
        let id: String
        var path: [String: String] = [:]
        var body: JSONValue?
        /// The path parameter of later calls that is the id in the answer; nil when no later call is about it.
        var names: String?
    }

    private static let agent: JSONValue = [
        "id": "whole", "name": "Whole", "defaultSubAgentId": "main",
        "subAgents": ["main": ["id": "main", "type": "internal", "name": "Main", "prompt": "Answer.", "canUse": []]],
    ]
    private static let project: JSONValue = [
        "id": "entire", "name": "Entire", "models": ["base": ["model": "mock/m"]], "agents": [:], "tools": [:],
    ]

    private static func skill(_ text: String) -> JSONValue {
        let entry = JSONValue.string("---\nname: the-skill\ndescription: Of use.\n---\n\(text)")
        return ["files": [["filePath": "SKILL.md", "content": entry]]]
    }

    private static let calls = [
        Call(id: "create-skill", body: skill("One.")),
        Call(id: "update-skill", path: ["id": "the-skill"], body: skill("Two.")),
        Call(
            id: "create-skill-file", path: ["id": "the-skill"], body: ["filePath": "a.md", "content": "One."],
            names: "fileId"),
        Call(id: "update-skill-file", path: ["id": "the-skill"], body: ["content": "Two."]),
        Call(id: "delete-skill-file", path: ["id": "the-skill"]),
        Call(id: "create-full-agent", body: agent),
        Call(id: "update-full-agent", path: ["agentId": "whole"], body: agent.with("name", "Other")),
        Call(id: "delete-full-agent", path: ["agentId": "whole"]),
        Call(id: "create-full-project", path: ["projectId": "entire"], body: project),
        Call(
            id: "update-full-project", path: ["projectId": "entire"], body: project.with("name", "Other")),
        Call(id: "delete-full-project", path: ["projectId": "entire"]),
    ]

    /// What is called when the rest is done.
    private static let lastCalls = [Call(id: "delete-skill", path: ["id": "the-skill"])]

    /// Who a trigger runs as: `RunAsTests` and `TriggersTests` call these. May only shrink.
    private static let calledElsewhere: Set<String> = ["set-trigger-users", "add-trigger-user", "remove-trigger-user"]

    /// What associations need beside the two ends, by what is used.
    private static let linkMembers: [String: JSONObject] = ["skill": ["index": 0]]

    /// Calls the operations of one app and looks at the log of changes after each.
    private struct Writer: Sendable {
        let app: TestApp
        let called: Shared<Set<String>>

        /// The number of the last change; nil while there is no project. Kinds outside branches have a log of their
        /// own.
        func head(_ operation: Operation, _ project: String) async throws -> Int64? {
            let branch = operation.isVersioned ? BranchKey.main : BranchKey.unversioned
            let key = BranchKey(tenant: "default", project: project, branch: branch)
            return try await app.store.head(of: key)
        }

        /// Sends a request, and checks whether it left a change.
        @discardableResult
        func send(
            _ operation: Operation, _ path: String, _ body: JSONValue?, in project: String, changes: Bool,
            method: String? = nil
        ) async throws -> TestReply {
            let before = try await head(operation, project)
            let reply = try await app.client.send(method ?? operation.method.rawValue, path, body)
            let after = try await head(operation, project)
            #expect(
                (before != after) == changes,
                "\(operation.id) \(path): left \(changes ? "no" : "a") change: \(reply.status) \(reply.text)"
            )
            return reply
        }

        /// Makes a call that changes something: first rehearsed, then for a broken body, then really, then again.
        @discardableResult
        func make(
            _ operation: Operation, _ path: String, _ body: JSONValue?, in project: String
        ) async throws -> TestReply {
            called.value.insert(operation.id)
            let rehearsed = try await send(operation, path + "?dryRun=true", body, in: project, changes: false)
            #expect(rehearsed.json["dryRun"] == true, "\(operation.id): \(rehearsed.text)")
            // A project that goes takes its log along.
            let isLogged = operation.method != .delete || project == "p"
            #expect(rehearsed.json["changes"]?.array?.isEmpty == !isLogged, "\(operation.id): \(rehearsed.text)")
            if operation.request != nil {
                let broken = try await send(operation, path, [1], in: project, changes: false)
                #expect(broken.status == 400, "\(operation.id): \(broken.text)")
            }
            let made = try await send(operation, path, body, in: project, changes: true)
            #expect(
                made.status < 300 && made.status == rehearsed.json["status"]?.integer, "\(operation.id): \(made.text)")
            let again = try await send(operation, path, body, in: project, changes: false)
            if operation.method == .delete { #expect(again.status == 404, "\(operation.id): \(again.text)") }
            for alias in operation.aliases {
                try await send(operation, path, body, in: project, changes: false, method: alias.rawValue)
            }
            return made
        }
    }

    @Test func `every write is in the log of changes, and what changes nothing is not`() async throws {
        let called = Shared<Set<String>>([])
        try await TestApp.run { app in try await Self.callAll(Writer(app: app, called: called)) }
        let writes = Set(Everything.operations.filter(Self.writes).map(\.id))
        let missing = writes.subtracting(called.value).subtracting(Self.calledElsewhere)
        #expect(missing.isEmpty, "add a call of these to WritesTests.calls, or a row to KindsTests.rows")
    }

    private static func callAll(_ writer: Writer) async throws {
        try await KindsTests.makeFixture(writer.app.client)
        let made = try await makeKinds(writer)
        try await make(calls, writer)
        try await restoreSkills(writer)
        try await makeLinks(writer)
        try await make(lastCalls, writer)
        let restore = try #require(Everything.operations.first { $0.id == "restore-project" })
        let number = try #require(try await writer.head(restore, "p"))
        for one in made.reversed() { try await delete(one.kind, one.id, writer) }
        try await writer.make(restore, path(restore, [:]), ["at": .integer(number)], in: "p")
    }

    private static func make(_ calls: [Call], _ writer: Writer) async throws {
        var names: [String: String] = [:]
        for call in calls {
            let operation = try #require(Everything.operations.first { $0.id == call.id }, "\(call.id) is gone")
            let project = call.path["projectId"] ?? "p"
            let address = path(operation, names.merging(call.path) { $1 })
            let reply = try await writer.make(operation, address, call.body, in: project)
            if let name = call.names { names[name] = try #require(reply.data["id"]?.string) }
        }
    }

    private static func delete(_ kind: Kind, _ id: String, _ writer: Writer) async throws {
        guard let delete = kind.operations.first(where: { $0.method == .delete }) else { return }
        let project = kind.scope == .tenant ? id : "p"
        try await writer.make(delete, KindsTests.path(delete, id), nil, in: project)
    }

    /// Whether a call leaves a change on the main branch. What lives outside of branches has a log of its own; what
    /// makes, deletes and merges other branches has tests of its own.
    private static func writes(_ operation: Operation) -> Bool {
        guard case .write = operation.effect else { return false }
        return operation.isVersioned && operation.tag != "Branches"
    }

    private static func path(_ operation: Operation, _ values: [String: String]) -> String {
        let all = fixtureIDs.merging(values) { $1 }
        return operation.path.split(separator: "/").map { segment in
            segment.hasPrefix("{") ? "/" + (all[String(segment.dropFirst().dropLast())] ?? "x") : "/\(segment)"
        }.joined()
    }

    private static func makeKinds(_ writer: Writer) async throws -> [(kind: Kind, id: String)] {
        var made: [(Kind, String)] = []
        for row in KindsTests.rows {
            let kind = try #require(Everything.kindsByName[row.kind])
            guard kind.isVersioned else { continue }
            let create = try #require(kind.operations.first { $0.method == .post })
            let project = kind.scope == .tenant ? row.body["id"]?.string ?? "" : "p"
            let reply = try await writer.make(create, KindsTests.path(create), row.body, in: project)
            let id = try #require(reply.data["id"]?.string, "\(reply.text)")
            if let update = kind.operations.first(where: { $0.method == .patch }) {
                let number = try #require(try await writer.head(create, project))
                try await writer.make(update, KindsTests.path(update, id), row.change, in: project)
                if kind.scope != .tenant,
                    let restore = Everything.operations.first(where: { $0.id == "restore-" + kind.name })
                {
                    let earlier: JSONValue = ["at": .integer(number)]
                    try await writer.make(restore, KindsTests.path(restore, id), earlier, in: project)
                }
            }
            made.append((kind, id))
        }
        return made
    }

    /// The associations of sub-agent `s` with what the rows of single kinds made.
    private static func makeLinks(_ writer: Writer) async throws {
        for link in Everything.links {
            let target = "the-" + link.target.name
            let associate = try #require(link.operations.first { $0.method == .post })
            let remove = try #require(link.operations.first { $0.method == .delete })
            let ends = JSONObject([("subAgentId", "s"), (link.member, .string(target))])
            let body = ends.merging(linkMembers[link.target.name] ?? [:])
            try await writer.make(associate, path(associate, [:]), .object(body), in: "p")
            let number = try #require(try await writer.head(associate, "p"))
            try await writer.make(remove, path(remove, [link.member: target]), nil, in: "p")
            let restore = try #require(Everything.operations.first { $0.id == "restore-" + link.kind.name })
            try await writer.make(
                restore, path(restore, [link.member: target]), ["at": .integer(number)], in: "p")
        }
    }

    /// A skill and a file of it, changed and brought back.
    private static func restoreSkills(_ writer: Writer) async throws {
        func operation(_ id: String) throws -> Operation {
            try #require(Everything.operations.first { $0.id == id })
        }
        var names = ["id": "the-skill"]
        let create = try operation("create-skill-file")
        let file = try await writer.make(create, path(create, names), ["filePath": "b.md", "content": "One."], in: "p")
        names["fileId"] = try #require(file.data["id"]?.string)
        for (change, restore, body) in [
            ("update-skill-file", "restore-skill-file", ["content": "Two."]),
            ("update-skill", "restore-skill", skill("Three.")),
        ] as [(String, String, JSONValue)] {
            let (change, restore) = (try operation(change), try operation(restore))
            let number = try #require(try await writer.head(restore, "p"))
            try await writer.make(change, path(change, names), body, in: "p")
            try await writer.make(restore, path(restore, names), ["at": .integer(number)], in: "p")
        }
    }
}

extension JSONValue {
    /// This object with another value of a member.
    fileprivate func with(_ name: String, _ value: JSONValue) -> JSONValue {
        .object((object ?? [:]).with(name, value))
    }
}
