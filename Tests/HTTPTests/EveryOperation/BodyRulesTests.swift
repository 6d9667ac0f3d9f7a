import Catalog
import CoveyTesting
import Testing

/// Every member of every body against what the served document says of it, over the wire. A new operation and a new
/// member are here by themselves.
@Suite(.timeLimit(.minutes(3))) struct BodyRulesTests {
    /// Operations whose bodies are not looked at here, with the reason. May only shrink.
    private static let notCalled = [
        "mcp": "refuses in the words of JSON-RPC: `MCPTests`",
        "answer-execution-approval": "nothing waits for an answer yet: `ExecutionTests`",
    ]

    /// Members that are looked at by nobody, and so taken whatever they are, with the reason. May only shrink.
    private static let free: [String: String] = [:]

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
            for call in writes.calls where call.operation.takesBody { cases += try await Self.check(call, writes) }
            print("\(cases) broken members in \(called.count) bodies")
            #expect(cases > 1000)
        }
    }

    /// Sends the call with each of its members wrong in each way. Answers how many that were.
    private static func check(_ call: EveryWrite.Call, _ writes: EveryWrite) async throws -> Int {
        let schema = writes.secrets.inlined(call.operation.request)
        var cases = 0
        for (name, member) in schema["properties"]?.object ?? [:] {
            guard free["\(call.operation.id).\(name)"] == nil else { continue }
            for wrong in SchemaSamples.wrong(member.object ?? [:]) {
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
