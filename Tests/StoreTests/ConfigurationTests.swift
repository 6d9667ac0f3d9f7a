import Catalog
import Store
import Testing

@Suite struct ConfigurationTests {
    let tool = ResourceKey(kind: "tool", id: "search")
    let agent = ResourceKey(kind: "agent", id: "support")
    let subAgent = ResourceKey(kind: "subAgent", parent: "support", id: "main")

    private func link(_ target: ResourceKey, _ role: String, _ rule: Reference.Rule) -> ResourceLink {
        ResourceLink(target: target, role: role, rule: rule)
    }

    @Test(arguments: Engine.available) func `an unknown project has no head and no graph`(_ engine: Engine) async throws
    {
        try await withStore(engine) { store in
            let branch = BranchKey(tenant: "t", project: "nowhere")
            #expect(try await store.head(of: branch) == nil)
            #expect(try await store.graph(of: branch) == nil)
            let error = try await storeError { try await store.put(tool, in: branch) }
            guard case .notFound = error else { return #expect(Bool(false), "\(String(describing: error))") }
        }
    }

    @Test(arguments: Engine.available) func `a document comes back as it was written`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let text = #"{"z":9007199254740993,"a":1.10,"quote":"\"\\ \u0000 ☃ 😀","list":[null,true,{}],"$1":"{text}"}"#
            let document = try JSONValue(parsing: text)
            let entry = try await store.put(tool, document, in: branch, at: 7)
            #expect(entry.revision == 1)
            let read = try #require(try await store.resource(tool, in: branch))
            #expect(read == entry)
            #expect(read.document.jsonText == document.jsonText)
            #expect((read.createdAt, read.updatedAt) == (7, 7))
            #expect(try await store.resource(tool, in: BranchKey(tenant: "t", project: "p", branch: "other")) == nil)
            #expect(try await store.resource(tool, in: BranchKey(tenant: "u", project: "p")) == nil)
        }
    }

    @Test(arguments: Engine.available) func `every write moves the head and is in the log`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(tool, ["v": 1], in: branch, at: 10)
            let entry = try await store.put(tool, ["v": 2], in: branch, at: 11)
            #expect((entry.revision, entry.createdAt, entry.updatedAt) == (2, 10, 11))
            try await store.write(in: branch, actor: "bob", at: 12) { try $0.delete(tool) }
            #expect(try await store.head(of: branch) == 4)
            let changes = try await store.changes(of: branch)
            #expect(changes.map(\.number) == [1, 2, 3, 4])
            #expect(changes.map(\.action) == [.create, .create, .update, .delete])
            #expect(changes[2].before == ["v": 1] && changes[2].after == ["v": 2])
            #expect(changes[3].before == ["v": 2] && changes[3].after == nil)
            #expect(changes[3].actor == "bob" && changes[3].at == 12 && changes[3].key == tool)
            #expect(try await store.changes(of: branch, after: 3).map(\.number) == [4])
        }
    }

    @Test(arguments: Engine.available) func `writing what is there already writes nothing`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(agent, in: branch)
            let links = [link(agent, "agentId", .cascade)]
            let first = try await store.put(tool, ["a": 1, "b": 2], links, in: branch, at: 10)
            let second = try await store.put(tool, ["b": 2, "a": 1], links, in: branch, at: 11)
            #expect(first == second)
            #expect(try await store.head(of: branch) == 3)
            try await store.put(tool, ["a": 1, "b": 2], [], in: branch, at: 12)
            #expect(try await store.head(of: branch) == 4)
            #expect(try await store.linksFrom(tool, in: branch) == [])
        }
    }

    @Test(arguments: Engine.available) func `a creation of what is there is refused`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(tool, in: branch)
            let error = try await storeError {
                try await store.write(in: branch, actor: "ann", at: 3) { transaction in
                    try transaction.put(agent, [:], [])
                    try transaction.put(tool, ["v": 2], [], createOnly: true)
                }
            }
            guard case .uniqueViolation("tool search") = error else {
                return #expect(Bool(false), "\(String(describing: error))")
            }
            #expect(try await store.resource(agent, in: branch) == nil)
            #expect(try await store.head(of: branch) == 2)
        }
    }

    @Test(arguments: Engine.available) func `what the body throws comes out and undoes all`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let problem = Problem.invalid([Problem.Broken(["name"], "must not be empty")])
            await #expect(throws: problem) {
                try await store.write(in: branch, actor: "ann", at: 3) { transaction in
                    try transaction.put(tool, [:], [])
                    throw problem
                }
            }
            #expect(try await store.resource(tool, in: branch) == nil)
            #expect(try await store.head(of: branch) == 1)
        }
    }

    @Test(arguments: Engine.available) func `a link to nothing is refused at the end`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let error = try await storeError {
                try await store.put(subAgent, [:], [link(tool, "toolId", .cascade)], in: branch)
            }
            guard case .foreignKeyViolation = error else { return #expect(Bool(false), "\(String(describing: error))") }
            #expect(try await store.resource(subAgent, in: branch) == nil)
            try await store.write(in: branch, actor: "ann", at: 3) { transaction in
                try transaction.put(subAgent, [:], [link(tool, "toolId", .cascade)])
                try transaction.put(tool, [:], [])
            }
            #expect(try await store.linksTo(tool, in: branch) == [subAgent])
            try await store.put(subAgent, [:], [link(agent, "any", .loose)], in: branch)
            #expect(try await store.linksFrom(subAgent, in: branch) == [])
        }
    }

    @Test(arguments: Engine.available) func `deletion follows the rules of the links`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let relation = ResourceKey(kind: "relation", parent: "support", id: "r")
            let second = ResourceKey(kind: "relation", parent: "support", id: "s")
            try await store.put(tool, ["name": "Search"], in: branch)
            try await store.put(relation, ["toolId": "search"], [link(tool, "toolId", .cascade)], in: branch)
            try await store.put(second, ["of": "r"], [link(relation, "of", .cascade)], in: branch)
            try await store.put(
                agent, ["favourite": "search", "name": "Support", "deep": ["a/b": ["search", 1]]],
                [link(tool, "favourite", .clear), link(tool, "/deep/a~1b/0", .clear)], in: branch)
            try await store.write(in: branch, actor: "ann", at: 9) { try $0.delete(tool) }
            #expect(try await store.resource(relation, in: branch) == nil)
            #expect(try await store.resource(second, in: branch) == nil)
            let cleared = try #require(try await store.resource(agent, in: branch))
            #expect(cleared.document == ["favourite": nil, "name": "Support", "deep": ["a/b": [nil, 1]]])
            #expect(try await store.linksFrom(agent, in: branch) == [])
            let log = try await store.changes(of: branch, after: 5)
            #expect(Set(log.filter { $0.action == .delete }.map(\.key)) == [tool, relation, second])
            #expect(log.filter { $0.action == .update }.allSatisfy { $0.key == agent })
            #expect(Set(log.map(\.batch)) == [6])
        }
    }

    @Test(arguments: Engine.available) func `a restricted deletion names who refers`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let relation = ResourceKey(kind: "relation", id: "r")
            try await store.put(tool, in: branch)
            try await store.put(agent, ["toolId": "search"], [link(tool, "toolId", .restrict)], in: branch)
            try await store.put(relation, [:], [link(tool, "toolId", .cascade)], in: branch)
            let head = try await store.head(of: branch)
            let error = try await storeError {
                try await store.write(in: branch, actor: "ann", at: 9) { try $0.delete(tool) }
            }
            guard case .conflict(let reason) = error else {
                return #expect(Bool(false), "\(String(describing: error))")
            }
            #expect(reason == "tool search is in use by agent support.")
            #expect(error?.problem.status == 409)
            #expect(try await store.head(of: branch) == head)
            #expect(try await store.resource(relation, in: branch) != nil)
            try await store.write(in: branch, actor: "ann", at: 9) { transaction in
                try transaction.put(agent, ["toolId": nil], [])
                try transaction.delete(tool)
            }
            #expect(try await store.resource(relation, in: branch) == nil)
        }
    }

    @Test(arguments: Engine.available) func `a container takes along what lives in it alone`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let inside = ResourceKey(kind: "toolRelation", parent: "support/main", id: "x")
            let others = [
                ResourceKey(kind: "subAgent", parent: "support2", id: "main"),
                ResourceKey(kind: "subAgent", parent: "Support", id: "main"),
                ResourceKey(kind: "tool", id: "support"),
                ResourceKey(kind: "toolRelation", parent: "support-2/main", id: "x"),
            ]
            for key in [agent, subAgent, inside] + others { try await store.put(key, in: branch) }
            // A tool of the agent's name is no container.
            try await store.write(in: branch, actor: "ann", at: 3) { try $0.delete(others[2]) }
            #expect(try await store.resource(subAgent, in: branch) != nil)
            try await store.write(in: branch, actor: "ann", at: 3) { try $0.delete(agent) }
            for key in [agent, subAgent, inside] { #expect(try await store.resource(key, in: branch) == nil) }
            for key in [others[0], others[1], others[3]] { #expect(try await store.resource(key, in: branch) != nil) }
        }
    }

    @Test(arguments: Engine.available) func `resources that refer to each other go together`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.write(in: branch, actor: "ann", at: 3) { transaction in
                try transaction.put(agent, ["first": "main"], [link(subAgent, "first", .restrict)])
                try transaction.put(subAgent, [:], [link(agent, "agentId", .cascade)])
            }
            try await store.write(in: branch, actor: "ann", at: 4) { try $0.delete(agent) }
            #expect(try await store.graph(of: branch)?.entries.map(\.key.kind) == ["project"])
            #expect(try await store.graph(of: branch)?.links.isEmpty == true)
            let error = try await storeError {
                try await store.write(in: branch, actor: "ann", at: 4) { try $0.delete(agent) }
            }
            guard case .notFound = error else { return #expect(Bool(false), "\(String(describing: error))") }
        }
    }

    @Test(arguments: Engine.available) func `the graph holds everything with its links`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            _ = try await store.makeProject("t", "other")
            try await store.put(tool, ["v": 1], in: branch, at: 5)
            try await store.put(agent, [:], [link(tool, "toolId", .clear)], in: branch, at: 4)
            let graph = try #require(try await store.graph(of: branch))
            #expect(graph.head == 3)
            #expect(graph.entries.map(\.key.id) == ["p", "support", "search"])
            #expect(graph.entries[2] == (try await store.resource(tool, in: branch)))
            #expect(graph.links == [agent: [link(tool, "toolId", .clear)]])
        }
    }

    @Test(arguments: Engine.available) func `pages are newest first and count all`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            for number in 1...25 {
                let key = ResourceKey(kind: "tool", id: "t\(number)")
                try await store.put(key, in: branch, at: Int64(100 + number))
            }
            try await store.put(ResourceKey(kind: "tool", parent: "support", id: "elsewhere"), in: branch)
            let first = try await store.list(ListQuery(kind: "tool"), in: branch)
            #expect(first.total == 25)
            #expect(first.entries.map(\.key.id) == (16...25).reversed().map { "t\($0)" })
            let last = try await store.list(ListQuery(kind: "tool", page: 3), in: branch)
            #expect(last.entries.map(\.key.id) == ["t5", "t4", "t3", "t2", "t1"])
            let beyond = try await store.list(ListQuery(kind: "tool", page: .max, limit: 100), in: branch)
            #expect(beyond.entries.isEmpty && beyond.total == 25)
            let all = try await store.readConfiguration(in: branch) { try $0.all("tool", "") }
            #expect(all.map(\.key.id) == (1...25).map { "t\($0)" })
        }
    }

    @Test(arguments: Engine.available) func `a list can ask for who refers`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(tool, in: branch)
            for number in 1...3 {
                let links = number == 2 ? [] : [link(tool, "toolId", .cascade), link(tool, "backup", .clear)]
                try await store.put(
                    ResourceKey(kind: "relation", id: "r\(number)"), [:], links, in: branch, at: Int64(number))
            }
            let page = try await store.list(ListQuery(kind: "relation", referringTo: tool), in: branch)
            #expect(page.entries.map(\.key.id) == ["r3", "r1"] && page.total == 2)
            #expect(try await store.linksTo(tool, in: branch).map(\.id) == ["r1", "r3"])
        }
    }

    @Test(arguments: Engine.available) func `a tenant's projects are its own`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            for number in 1...3 { _ = try await store.makeProject("t", "p\(number)", at: Int64(number)) }
            _ = try await store.makeProject("u", "theirs")
            let page = try await store.tenantList("t", kind: "project", page: 1, limit: 2)
            #expect(page.total == 3 && page.entries.map(\.key.id) == ["p3", "p2"])
        }
    }

    @Test(arguments: Engine.available) func `a page of projects is read with what is in them`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            for number in 1...3 {
                let branch = try await store.makeProject("t", "p\(number)", at: Int64(number))
                for id in ["y", "x"].prefix(number - 1) {
                    try await store.put(ResourceKey(kind: "agent", id: id), in: branch, at: 9)
                }
                try await store.put(ResourceKey(kind: "agent", parent: "x", id: "inner"), in: branch)
            }
            try await store.put(
                ResourceKey(kind: "agent", id: "theirs"), in: try await store.makeProject("u", "p3"))
            let found = try await store.readConfiguration(in: BranchKey(tenant: "t", project: "")) {
                try $0.atTop(of: ["p3", "p2"], kind: "agent").map {
                    "\($0.project) \($0.entry.key.id)"
                }
            }
            #expect(found == ["p3 x", "p2 y", "p3 y"])
        }
    }

    @Test(arguments: Engine.available) func `a branch is a copy that goes its own way`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let main = try await store.makeProject()
            try await store.put(tool, ["v": 1], in: main)
            try await store.put(agent, [:], [link(tool, "toolId", .cascade)], in: main)
            let draft = BranchKey(tenant: "t", project: "p", branch: "draft")
            try await store.write(in: draft, actor: "ann", at: 5) { transaction in
                #expect(try !transaction.exists())
                try transaction.createBranch(from: "main")
                try transaction.put(tool, ["v": 2], [])
            }
            #expect(try await store.head(of: draft) == 4)
            #expect(try await store.resource(tool, in: main)?.document == ["v": 1])
            #expect(try await store.resource(tool, in: draft)?.document == ["v": 2])
            #expect(try await store.linksTo(tool, in: draft) == [agent])
            let again = try await storeError {
                try await store.write(in: draft, actor: "ann", at: 5) { try $0.createBranch() }
            }
            guard case .uniqueViolation = again else { return #expect(Bool(false), "\(String(describing: again))") }
            let unknown = try await storeError {
                let branch = BranchKey(tenant: "t", project: "p", branch: "b")
                try await store.write(in: branch, actor: "ann", at: 5) { try $0.createBranch(from: "nowhere") }
            }
            guard case .notFound = unknown else { return #expect(Bool(false), "\(String(describing: unknown))") }
        }
    }

    @Test(arguments: Engine.available) func `a deleted project leaves only its log`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let other = try await store.makeProject("t", "other")
            try await store.put(tool, ["v": 1], in: branch)
            try await store.commit([.conversation(.sample(tenant: "t", project: "p", id: "c"))], durability: .process)
            #expect(try await store.head(of: branch) == 2, "known before it is gone")
            try await store.write(in: branch, actor: "bob", at: 9) { transaction in
                try transaction.put(agent, [:], [link(tool, "toolId", .restrict)])
                try transaction.deleteProject()
                #expect(try !transaction.exists())
            }
            #expect(try await store.head(of: branch) == nil)
            #expect(try await store.tenantList("t", kind: "project", page: 1, limit: 10).total == 1)
            #expect(try await store.head(of: other) == 1)
            #expect(try await store.conversation(ConversationKey(tenant: "t", project: "p", id: "c")) == nil)
            let log = try await store.changes(of: branch)
            #expect(log.map(\.number) == [1, 2, 3, 4, 5, 6])
            #expect(Set(log.suffix(3).map(\.key.id)) == ["p", "search", "support"])
            // The same name again: the log goes on.
            _ = try await store.makeProject()
            #expect(try await store.head(of: branch) == 7)
        }
    }

    @Test(arguments: Engine.available) func `writers at the same time lose nothing`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            try await store.put(tool, ["count": 0], in: branch)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await store.write(in: branch, actor: "ann", at: 3) { transaction in
                            let count = try transaction.get(tool)?.document["count"]?.integer ?? 0
                            try transaction.put(tool, ["count": .integer(Int64(count + 1))], [])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.resource(tool, in: branch)?.document == ["count": 40])
            #expect(try await store.head(of: branch) == 42)
        }
    }
}
