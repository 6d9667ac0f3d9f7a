import Catalog
import CoveyTesting
import Testing

/// Every member of every body against what the served document says of it, over the wire. A new operation and a new
/// member are here by themselves.
@Suite(.timeLimit(.minutes(8))) struct BodyRulesTests {
    /// Operations whose bodies are not looked at here, with the reason. May only shrink.
    private static let notCalled = [
        "mcp": "refuses in the words of JSON-RPC: `MCPTests`",
        "replay-run": "takes what was recorded: `ReplayTests` of the runtime",
        "fork-run": "needs a run that went through a step: `ReplayTests` of the runtime",
        "answer-execution-approval": "needs a run that waits for a person: `ExecutionTests`",
    ]

    /// Operations that run agents: they take null for what may be left out, and refuse in words of their own, which the
    /// tests of `Wire` and `ChatTests` hold. May only shrink.
    private static let running: Set<String> = ["chat", "create-chat-completion", "create-execution"]

    /// Whether it is the id of an element of a map, where the key counts (manage §1.7).
    private static func isKeyed(_ path: [String]) -> Bool { path.suffix(2) == ["k", "id"] }

    @Test func `what a member forbids is a 400 that points at it, in every body`() async throws {
        var options = TestApp.Options()
        options.authentication = EveryWrite.authentication
        try await TestApp.run(options) { app in
            let writes = try await EveryWrite(app)
            try await writes.write()
            try await writes.writeElsewhere()
            let called = Set(writes.calls.map(\.operation.id))
            for operation in writes.operations where operation.takesBody {
                #expect(
                    called.contains(operation.id) != (Self.notCalled[operation.id] != nil),
                    "\(operation): call it in EveryWrite.write()")
            }
            var cases = 0
            for call in writes.calls where call.operation.takesBody && !Self.running.contains(call.operation.id) {
                cases += try await Self.check(call, writes)
            }
            #expect(cases > 4000)
        }
    }

    /// Sends the call with each of its members wrong in each way. Answers how many that were.
    private static func check(_ call: EveryWrite.Call, _ writes: EveryWrite) async throws -> Int {
        let schema = writes.secrets.inlined(call.operation.request)
        var cases = 0
        var mistyped: Set<[String]> = []
        for (name, member) in schema["properties"]?.object ?? [:] {
            for wrong in SchemaSamples.wrong(member.object ?? [:]) where !isKeyed([name] + wrong.path) {
                // Of what lies deeper one wrong type is enough: `FieldRulesTests` send all.
                if SchemaSamples.isOfType(wrong), !wrong.path.isEmpty, !mistyped.insert([name] + wrong.path).inserted {
                    continue
                }
                var body = call.body.object ?? [:]
                // Else it is said to be there already.
                if call.operation.method == "POST", body["id"] != nil { body["id"] = "another" }
                body[name] = wrong.value
                let mark = call.path.contains("?") ? "&" : "?"
                let reply = try await writes.send(
                    call.operation, "\(call.path)\(mark)dryRun=true", .object(body))
                let place = ([name] + wrong.path).map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }
                let pointers = reply.json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
                let isNamed = pointers.contains { $0.hasPrefix("/\(name)") && place.joined().hasPrefix($0) }
                cases += 1
                #expect(
                    reply.status == 400 && isNamed,
                    "\(call.operation.id) \(place.joined()) \(wrong.why): \(reply.status) \(reply.text.prefix(300))")
            }
        }
        return cases
    }
}
