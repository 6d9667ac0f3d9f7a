import Catalog
import Testing

@testable import Domain

/// The three-way merge of one resource, against what is written down here, and against an oracle.
struct ThreeWayMergeTests {
    private func merge(_ base: JSONValue?, _ ours: JSONObject?, _ theirs: JSONObject?) -> ThreeWayMerge.Outcome {
        ThreeWayMerge.merge(BaseDocument(base), ours: ours, theirs: theirs)
    }

    @Test func `each side's own changes are kept`() {
        #expect(merge(["a": 1, "b": 1], ["a": 2, "b": 1], ["a": 1, "b": 2]) == .settled(["a": 2, "b": 2]))
        #expect(merge(["a": 1], ["a": 1, "c": 1], ["b": 1]) == .settled(["b": 1, "c": 1]))
        #expect(merge(["a": 1], ["a": .null], ["a": 1]) == .settled(["a": .null]), "cleared is no less than changed")
        #expect(merge(nil, ["a": 1], nil) == .settled(["a": 1]))
        #expect(merge(nil, ["a": 1, "b": 1], ["a": 1, "c": 1]) == .settled(["a": 1, "b": 1, "c": 1]))
        #expect(merge(["a": 1], nil, ["a": 1]) == .settled(nil))
        #expect(merge(["a": 1], ["a": 1], nil) == .settled(nil))
    }

    @Test func `what both changed in different ways is in conflict`() {
        #expect(merge(["a": 1, "b": 1], ["a": 2, "b": 1], ["a": 3]) == .members(["a"], merged: ["a": 2]))
        guard case .members(let names, let merged) = merge(["a": 1, "b": 1], ["a": 2, "b": 1], ["a": 3, "b": 2]) else {
            return #expect(Bool(false))
        }
        #expect(names == ["a"] && merged == ["a": 2, "b": 2])
        #expect(merge(["a": 1], nil, ["a": 2]) == .whole)
        #expect(merge(["a": 1], ["a": 2], nil) == .whole)
        #expect(
            merge(["n": ["x": 1, "y": 1]], ["n": ["x": 2, "y": 1]], ["n": ["x": 1, "y": 2]])
                == .members(["n"], merged: ["n": ["x": 2, "y": 1]]), "nested members are one")
        #expect(merge(nil, ["a": 1], ["a": 2]) == .members(["a"], merged: ["a": 1]))
    }

    @Test func `a base that is undecided equals neither side`() {
        var base = BaseDocument(["a": 1, "b": 1])
        base.undecided = ["a"]
        #expect(
            ThreeWayMerge.merge(base, ours: ["a": 1, "b": 2], theirs: ["a": 1, "b": 1]) == .settled(["a": 1, "b": 2]))
        #expect(
            ThreeWayMerge.merge(base, ours: ["a": 1, "b": 1], theirs: ["a": 2, "b": 1])
                == .members(["a"], merged: ["a": 1, "b": 1]))
        base.isUndecided = true
        #expect(ThreeWayMerge.merge(base, ours: nil, theirs: ["a": 1]) == .whole)
        #expect(ThreeWayMerge.merge(base, ours: nil, theirs: nil) == .settled(nil))
    }

    @Test func `two bases make one where they agree`() {
        let beneath = BaseDocument(["a": 0, "b": 0, "c": 0])
        let merged = ThreeWayMerge.merge(
            beneath, BaseDocument(["a": 1, "b": 0, "c": 1]), BaseDocument(["a": 0, "b": 2, "c": 2]))
        #expect(merged.document?["a"] == 1 && merged.document?["b"] == 2 && merged.undecided == ["c"])
        let gone = ThreeWayMerge.merge(beneath, BaseDocument(nil), BaseDocument(["a": 1, "b": 0, "c": 0]))
        #expect(gone.isUndecided)
        #expect(ThreeWayMerge.merge(beneath, merged, merged).undecided == ["c"], "what is undecided stays so")
    }

    @Test func `random edits come out as the oracle says`() {
        var random = SystemRandomNumberGenerator()
        let names = ["a", "b", "c", "d"]
        func document() -> JSONObject? {
            if Int.random(in: 0..<8, using: &random) == 0 { return nil }
            var object = JSONObject()
            for name in names {
                let value = Int64.random(in: 0..<4, using: &random)
                if value > 0 { object[name] = value == 3 ? .null : .integer(value) }
            }
            return object
        }
        for _ in 0..<20_000 {
            let (base, ours, theirs) = (document(), document(), document())
            let outcome = merge(base.map(JSONValue.object), ours, theirs)
            #expect(outcome == oracle(names, base, ours, theirs), "\(String(describing: (base, ours, theirs)))")
            // Swapping the sides swaps the picks and nothing else.
            switch (outcome, merge(base.map(JSONValue.object), theirs, ours)) {
            case (.settled(let one), .settled(let other)): #expect(one == other)
            case (.members(let one, _), .members(let other, _)): #expect(Set(one) == Set(other))
            case (.whole, .whole): break
            default: Issue.record("one way there is a conflict, the other there is none")
            }
        }
    }

    /// The same by a table: for each member, who changed it.
    private func oracle(
        _ names: [String], _ base: JSONObject?, _ ours: JSONObject?, _ theirs: JSONObject?
    ) -> ThreeWayMerge.Outcome {
        if ours == nil || theirs == nil {
            if ours == nil, theirs == nil { return .settled(nil) }
            let survivor = ours ?? theirs
            if base == nil { return .settled(survivor) }
            return survivor == base ? .settled(nil) : .whole
        }
        var merged = ours ?? [:]
        var conflicting: Set<String> = []
        for name in names {
            let mine = ours?[name] != base?[name]
            let yours = theirs?[name] != base?[name]
            if yours, !mine { merged[name] = theirs?[name] }
            if yours, mine, ours?[name] != theirs?[name] { conflicting.insert(name) }
        }
        guard !conflicting.isEmpty else { return .settled(merged) }
        let order = (ours ?? [:]).keys + (theirs ?? [:]).keys.filter { ours?[$0] == nil }
        return .members(order.filter(conflicting.contains), merged: merged)
    }
}
