import Catalog
import CoveyTesting
import Outbound
import Testing

/// A person is asked about calls of tools of the built server, by real connections, with real tools.
@Suite(
    .enabled(if: BuiltServer.binary != nil, "covey is not built beside the tests"),
    .enabled(if: Python.missing == nil, Python.missing), .timeLimit(.minutes(8)))
struct ApprovalTests {
    /// A tool that needs an approval, and what it answers about an order.
    enum Tool: String, CaseIterable, Sendable {
        /// Of an MCP server.
        case mail
        /// A function.
        case stamp

        func answer(_ order: String) -> String { self == .mail ? "mailed \(order)" : "stamped \(order)" }
    }

    enum Mode: String, CaseIterable, Sendable { case classic, durable }

    @Test(arguments: Tool.allCases, Mode.allCases)
    func `a chat shows the question, takes the answer, and goes on`(tool: Tool, mode: Mode) async throws {
        let asking = try await AskingServer()
        let ann = asking.client("ann")
        var stream = try await ann.ask(tool.rawValue, mode.rawValue)
        await stream.read { !$0.approvals.isEmpty }
        let call = try #require(stream.seen.approvals.first, "\(stream.seen.parts)")
        let shown = stream.seen.parts("tool-input-available").first
        #expect(shown?["toolName"] == .string(tool.rawValue) && shown?["input"] == ["order": "1042"])
        #expect(stream.seen.parts("tool-approval-request").first?["approvalId"] == .string("aitxt-" + call))
        let pending = try await ann.pending(1)
        #expect(pending["approval"]?["toolCallId"] == .string(call), "\(pending)")
        #expect(pending["approval"]?["toolName"] == .string(tool.rawValue))
        #expect(pending["approval"]?["args"] == ["order": "1042"])
        #expect(try await asking.effects.all().isEmpty)

        let answer = ["approved": true] as JSONValue
        if mode == .classic {
            let said = try await ann.server.call("POST", "/run/api/chat", ann.answer(call, answer), headers: ann.scope)
            let result: JSONValue = [
                "toolCallId": .string(call), "approved": true, "alreadyProcessed": false, "deferred": false,
            ]
            #expect(said.status == 200 && said.body == ["success": true, "results": [result]], "\(said.body)")
            await stream.read()
        } else {
            await stream.read()
            #expect(stream.seen.isDone && stream.seen.isFinished && stream.seen.faults == [])
            let rest = try await ann.server.send("POST", "/run/api/chat", ann.answer(call, answer), headers: ann.scope)
            #expect(rest.status == 200 && rest.headers["x-vercel-ai-ui-message-stream"] == "v1")
            #expect(rest.headers["x-workflow-run-id"] == pending["approval"]?["workflowRunId"]?.string)
            stream = Asked(response: rest, seen: stream.seen.continued())
            await stream.read()
        }
        #expect(stream.seen.isDone && stream.seen.isFinished && stream.seen.faults == [], "\(stream.seen.faults)")
        let output = stream.seen.parts("tool-output-available").first
        #expect(output?["toolCallId"] == .string(call) && output?.jsonText.contains(tool.answer("1042")) == true)
        #expect(stream.seen.text.contains(tool.answer("1042")), "\(stream.seen.text)")
        #expect(try await asking.effects.all().count == (tool == .mail ? 1 : 0))
        #expect(try await ann.pending(0) == ["hasPending": false])
        let whole = try await ann.whole()
        #expect(whole.faults == [] && whole.text == stream.seen.text)
    }

    @Test(arguments: Tool.allCases)
    func `a refusal reaches the model with its reason, and the tool never`(tool: Tool) async throws {
        let asking = try await AskingServer()
        let ann = asking.client("ann")
        var stream = try await ann.ask(tool.rawValue)
        await stream.read { !$0.approvals.isEmpty }
        let call = try #require(stream.seen.approvals.first)
        let no: JSONValue = ["approved": false, "reason": "Ann wants a letter."]
        let said = try await ann.server.call("POST", "/run/api/chat", ann.answer(call, no), headers: ann.scope)
        #expect(said.status == 200 && said.body["results"]?[0]?["approved"] == false)
        await stream.read()
        #expect(stream.seen.isDone && stream.seen.faults == [], "\(stream.seen.faults)")
        #expect(stream.seen.parts("tool-output-denied").map { $0["toolCallId"] } == [.string(call)])
        #expect(stream.seen.parts("tool-output-available").isEmpty)
        // The model says again what it was told of the call.
        #expect(stream.seen.text.contains("declined the call of '\(tool.rawValue)'"), "\(stream.seen.text)")
        #expect(stream.seen.text.contains("Ann wants a letter."))
        #expect(try await asking.effects.all().isEmpty)
        let again = try await ann.decide(stream, ["approved": true])
        #expect(again.status == 200 && again.body["alreadyProcessed"] == true, "\(again.body)")
        #expect(try await asking.effects.all().isEmpty)
    }

    @Test(arguments: Tool.allCases)
    func `arguments that a person changes reach the tool`(tool: Tool) async throws {
        let asking = try await AskingServer()
        let ann = asking.client("ann")
        var stream = try await ann.ask(tool.rawValue)
        await stream.read { !$0.approvals.isEmpty }
        try #require(!stream.seen.approvals.isEmpty)
        let said = try await ann.decide(stream, ["approved": true, "input": ["order": "7"]])
        #expect(said.status == 200 && said.body == ["success": true, "alreadyProcessed": false], "\(said.body)")
        await stream.read()
        #expect(stream.seen.isDone && stream.seen.faults == [], "\(stream.seen.faults)")
        let inputs = stream.seen.parts("tool-input-available").compactMap { $0["input"] }
        #expect(inputs == [["order": "1042"], ["order": "7"]])
        #expect(stream.seen.text.contains(tool.answer("7")), "\(stream.seen.text)")
        let effects = try await asking.effects.all()
        #expect(effects == (tool == .mail ? [["tool": "mail", "arguments": ["order": "7"]]] : []))
    }

    @Test func `what nobody decides on is refused when its time is up, and cannot be agreed to later`() async throws {
        let asking = try await AskingServer(environment: ["AGENTS_TOOL_APPROVAL_MAX_WAIT_MS": "1000"])
        let ann = asking.client("ann")
        var stream = try await ann.ask("mail")
        await stream.read()
        let call = try #require(stream.seen.approvals.first)
        #expect(stream.seen.isDone && stream.seen.faults == [], "\(stream.seen.faults)")
        #expect(stream.seen.parts("tool-output-denied").count == 1)
        #expect(stream.seen.text.contains("Tool approval timeout for mail (\(call))"), "\(stream.seen.text)")
        #expect(try await ann.pending(0) == ["hasPending": false])
        let late = try await ann.decide(stream, ["approved": true])
        #expect(late.status == 200 && late.body["alreadyProcessed"] == true, "\(late.status) \(late.body)")
        #expect(try await asking.effects.all().isEmpty)
    }

    @Test(arguments: Tool.allCases)
    func `the question outlives a server that is killed, and another client answers it`(tool: Tool) async throws {
        let asking = try await AskingServer()
        let first = asking.client("ann")
        var stream = try await first.ask(tool.rawValue)
        await stream.read { !$0.approvals.isEmpty }
        try #require(!stream.seen.approvals.isEmpty)
        let pending = try await first.pending(1)
        try await asking.restart()
        let other = asking.client("ann")
        #expect(try await other.pending(1) == pending)
        let last = try #require(stream.seen.ids.last)
        var rest = Asked(
            response: try await other.server.send(
                "GET", "/run/v1/conversations/c1/stream", headers: other.scope(["last-event-id": last])),
            seen: stream.seen)
        #expect(try await other.decide(stream, ["approved": true]).status == 200)
        await rest.read()
        #expect(rest.seen.isDone && rest.seen.faults == [], "\(rest.seen.faults)")
        #expect(rest.seen.text.contains(tool.answer("1042")), "\(rest.seen.text)")
        #expect(try await other.whole().ids == rest.seen.ids, "the two pieces are the whole")
        #expect(try await asking.effects.all().count == (tool == .mail ? 1 : 0))
    }

    @Test func `a stranger is told of nothing and decides nothing`() async throws {
        let asking = try await AskingServer()
        let ann = asking.client("ann")
        var stream = try await ann.ask("mail")
        await stream.read { !$0.approvals.isEmpty }
        let call = try #require(stream.seen.approvals.first)
        let run = try #require(try await ann.pending(1)["approval"]?["workflowRunId"]?.string)
        for stranger in [asking.client("bob"), asking.client(nil)] {
            let yes: JSONValue = ["approved": true]
            let tries: [(String, String, JSONValue?)] = [
                ("POST", "/run/api/chat", stranger.answer(call, yes)),
                ("POST", "/run/api/executions/\(run)/approvals/\(call)", yes),
                ("GET", "/run/api/executions/\(run)", nil),
                ("GET", "/run/v1/conversations/c1/pending-approvals", nil),
                ("GET", "/run/v1/conversations/c1/stream", nil),
            ]
            for (method, path, body) in tries {
                let answer = try await stranger.server.call(method, path, body, headers: stranger.scope)
                #expect(answer.status == 404, "\(stranger.user ?? "nobody") \(method) \(path): \(answer.body)")
            }
        }
        #expect(try await ann.pending(1)["hasPending"] == true, "nothing was decided")
        #expect(try await asking.effects.all().isEmpty)
        #expect(try await ann.decide(stream, ["approved": true]).status == 200)
        await stream.read()
        #expect(stream.seen.text.contains("mailed 1042"), "\(stream.seen.text)")
    }
}
