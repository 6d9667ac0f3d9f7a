import Catalog
import Domain
import Testing

/// Whole documents with something wrong at random places: each is taken or refused with its fault, never half written,
/// and what was taken comes back unchanged.
@Suite struct MutationTests {
    private static let strange: [JSONValue] = [
        .null, true, 0, -1, 9_007_199_254_740_993, "", "new", " a ", "a/b", "\u{0}", "🦆", [], [:], [.null], ["": .null],
        ["id": "x"], ["a", "a"], .string(String(repeating: "x", count: 300)), ["$secret": "x"], ["$ref": "#/nowhere"],
    ]

    /// The document with one random place in it changed, removed or doubled.
    private static func mutated(_ json: JSONValue, _ numbers: inout RoundTripTests.Numbers) -> JSONValue {
        let goesDeeper = Int.random(in: 0..<4, using: &numbers) > 0
        switch json {
        case .object(var members) where goesDeeper && !members.isEmpty:
            let name = members.keys[Int.random(in: 0..<members.count, using: &numbers)]
            if Int.random(in: 0..<12, using: &numbers) == 0 {
                members[name] = nil
            } else {
                members[name] = members[name].map { mutated($0, &numbers) }
            }
            return .object(members)
        case .array(var elements) where goesDeeper && !elements.isEmpty:
            let position = Int.random(in: 0..<elements.count, using: &numbers)
            if Int.random(in: 0..<6, using: &numbers) == 0 {
                elements.append(elements[position])
            } else {
                elements[position] = mutated(elements[position], &numbers)
            }
            return .array(elements)
        default: return strange[Int.random(in: 0..<strange.count, using: &numbers)]
        }
    }

    @Test(arguments: 0..<150) func `a strange agent is taken whole or refused whole`(seed: Int) throws {
        var numbers = RoundTripTests.Numbers(state: UInt64(seed))
        let memory = try Samples.shop()
        if Bool.random(using: &numbers) { try memory.call("create-full-agent", body: Samples.agent) }
        var body = Samples.agent
        for _ in 0..<Int.random(in: 1...3, using: &numbers) { body = Self.mutated(body, &numbers) }
        let before = memory.projects["shop"]?.entries
        do {
            try memory.call("update-full-agent", ["agentId": "support"], body: body)
        } catch let problem as Problem {
            #expect(problem.status == 400 && memory.projects["shop"]?.entries == before)
            return
        }
        let shown = try memory.call("get-full-agent", ["agentId": "support"]).data
        let writes = memory.writes
        try memory.call("update-full-agent", ["agentId": "support"], body: shown)
        #expect(memory.log.dropFirst(writes) == [])
    }

    @Test(arguments: 0..<100) func `a strange project is taken whole or refused whole`(seed: Int) throws {
        var numbers = RoundTripTests.Numbers(state: UInt64(seed))
        let memory = Memory()
        if Bool.random(using: &numbers) {
            try memory.call("update-full-project", body: ProjectDocumentTests.body)
        }
        var body = ProjectDocumentTests.body
        for _ in 0..<Int.random(in: 1...3, using: &numbers) { body = Self.mutated(body, &numbers) }
        let before = memory.projects["shop"]?.entries
        do {
            try memory.call("update-full-project", body: body)
        } catch let problem as Problem {
            #expect(problem.status == 400 && memory.projects["shop"]?.entries == before)
            return
        }
        let shown = try memory.call("get-full-project").data
        let writes = memory.writes
        try memory.call("update-full-project", body: shown)
        #expect(memory.log.dropFirst(writes) == [])
    }

    @Test(arguments: KindOperationTests.rows) func `a strange body of any kind is taken or refused`(
        row: KindOperationTests.Row
    ) throws {
        for seed in 0..<40 {
            var numbers = RoundTripTests.Numbers(state: UInt64(seed))
            let body = Self.mutated(row.body, &numbers)
            guard let document = try? row.kind.create(body) else { continue }
            let key = ResourceKey(kind: row.kind.name, parent: "desk/a", id: "x")
            let entry = Entry(key: key, document: document, createdAt: 0, updatedAt: 0, revision: 1)
            let shown = JSONValue.object(row.kind.view(entry, in: BranchKey(tenant: "t", project: "p")))
            #expect(try row.kind.update(document, shown) == document, "\(body.jsonText)")
        }
    }
}
