import Catalog
import Domain
import Testing

/// Random whole agents: what is read writes nothing when it is put back, whatever was there before.
@Suite struct RoundTripTests {
    /// A small generator that gives the same numbers for the same seed (SplitMix64).
    struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    private static func some<Element>(_ elements: [Element], _ numbers: inout Numbers) -> [Element] {
        elements.shuffled(using: &numbers).prefix(Int.random(in: 0...elements.count, using: &numbers)).map(\.self)
    }

    /// The value, nothing, or null: all say something different.
    private static func maybe(_ value: JSONValue, _ numbers: inout Numbers) -> JSONValue? {
        [.some(value), .none, .some(.null)][Int.random(in: 0...2, using: &numbers)]
    }

    private static func subAgent(_ id: String, after: [String], all: [String], _ numbers: inout Numbers) -> JSONValue {
        var delegates = some(after.map(JSONValue.string), &numbers)
        if Bool.random(using: &numbers) {
            delegates.append((["externalAgentId": "crm"] as JSONValue).with("headers", maybe(["x-a": "1"], &numbers)))
        }
        if Bool.random(using: &numbers) { delegates.append(["agentId": "other"]) }
        delegates.shuffle(using: &numbers)
        let selections: [JSONValue?] = [nil, .null, [], ["one"]]
        let weather = (["toolId": "weather"] as JSONValue)
            .with("toolSelection", selections.randomElement(using: &numbers).flatMap(\.self))
            .with("headers", maybe(Bool.random(using: &numbers) ? [:] : ["x-k": "v"], &numbers))
        let calculator = (["toolId": "calc"] as JSONValue)
            .with("toolPolicies", maybe(["*": ["needsApproval": true]], &numbers))
        return (["type": "internal", "name": .string("S \(id)")] as JSONValue)
            .with("canUse", .array(some([weather, calculator], &numbers)))
            .with("prompt", maybe("Say \(id).".json, &numbers))
            .with("models", maybe(["base": ["model": "openai/gpt-5.2"]], &numbers))
            .with("stopWhen", maybe(["stepCountIs": .integer(Int64.random(in: 8...10, using: &numbers))], &numbers))
            .with("canTransferTo", maybe(.array(some(all.map(JSONValue.string), &numbers)), &numbers))
            .with("canDelegateTo", maybe(.array(delegates), &numbers))
            .with("dataComponents", maybe(["order-card"], &numbers))
            .with("artifactComponents", maybe(["citation"], &numbers))
            .with("skills", maybe(.array(skills(&numbers)), &numbers))
            .with("outputContract", maybe(["requireComponent": ["OrderCard"], "allowText": false], &numbers))
    }

    private static func skills(_ numbers: inout Numbers) -> [JSONValue] {
        some(["tone", "refund-policy"], &numbers).map { id in
            (["id": id.json, "index": .integer(Int64.random(in: 0...2, using: &numbers))] as JSONValue)
                .with("alwaysLoaded", Bool.random(using: &numbers) ? .bool(Bool.random(using: &numbers)) : nil)
        }
    }

    private static func agent(_ numbers: inout Numbers) -> JSONValue {
        let ids = some(["a", "b", "c", "d"], &numbers)
        var subAgents = JSONObject()
        for (position, id) in ids.enumerated() {
            subAgents[id] = subAgent(id, after: Array(ids[(position + 1)...]), all: ids, &numbers)
        }
        return (["id": "support", "name": "Support", "subAgents": .object(subAgents)] as JSONValue)
            .with("functions", ["calc-fn": Samples.function]).with("functionTools", Samples.agent["functionTools"])
            .with("defaultSubAgentId", ids.first.map(JSONValue.string) ?? .null)
            .with("stopWhen", maybe(["transferCountIs": 7], &numbers))
            .with("contextConfig", maybe(Samples.contextConfig, &numbers))
            .with("models", maybe(["base": ["model": "openai/gpt-5.2"]], &numbers))
    }

    @Test(arguments: 0..<60) func `get then put changes nothing`(seed: Int) throws {
        var numbers = Numbers(state: UInt64(seed))
        let memory = try Samples.shop()
        if Bool.random(using: &numbers) {
            try memory.call(
                "update-project", ["id": "shop"], body: ["stopWhen": ["transferCountIs": 7, "stepCountIs": 9]])
        }
        for _ in 0..<3 {
            let sent = Self.agent(&numbers)
            try memory.call("update-full-agent", ["agentId": "support"], body: sent)
            let shown = try memory.call("get-full-agent", ["agentId": "support"]).data
            #expect(shown["subAgents"]?.object?.keys == sent["subAgents"]?.object?.keys)
            let writes = memory.writes
            let again = try memory.call("update-full-agent", ["agentId": "support"], body: shown).data
            #expect(memory.log.dropFirst(writes) == [])
            #expect(again == shown)
            let project = try memory.call("get-full-project").data
            try memory.call("update-full-project", body: project)
            #expect(memory.log.dropFirst(writes) == [])
        }
    }
}

extension String {
    /// This text as JSON.
    var json: JSONValue { .string(self) }
}
