import Catalog
import Events
import Models
import Runtime
import Testing

@Suite struct RunTests {
    @Test func `a turn begins with the question to the model`() {
        var run = Run(rules: .sample(), makeID: countingIDs())
        #expect(run.on(.started(.sample())).brief == ["started router", "→ ask 0 call 1"])
    }

    @Test func `an answer without calls ends the run`() {
        var run = Run.begun()
        let usage = Usage(inputTokens: 3, outputTokens: 2)
        let step = run.model(0, .text("Hel"), .text("lo"), .usage(usage), .finished(.endTurn))
        #expect(step.brief == ["text 0 Hello", "answered 0 ", "finished completed"])
        #expect(run.answer == "Hello")
        #expect(run.end?.usage == usage)
        #expect(run.end?.stop == .endTurn)
        #expect(run.end?.iteration == 1)
    }

    @Test func `text is logged as it comes when the turn streams, else once per call`() {
        var streamed = Run.begun()
        #expect(streamed.model(0, .text("a")).brief == ["text 0 a"])
        #expect(streamed.model(0, .text("b")).brief == ["text 0 b"])
        var gathered = Run.begun(.sample(streams: false))
        #expect(gathered.model(0, .text("a")).brief == [])
        #expect(gathered.model(0, .text("b"), .finished(.endTurn)).brief.first == "text 0 ab")
    }

    @Test func `calls of one answer run side by side and the model is asked when all have ended`() {
        var run = Run.begun()
        let step = run.model(
            0, .text("Let me see."), .call("clock", id: "a"), .call("pay", id: "b"), .finished(.toolCalls))
        #expect(
            step.brief == [
                "text 0 Let me see.", "answered 0 clock,pay", "tool_started 0 a", "tool_started 0 b", "→ call 0 clock",
                "→ call 0 pay",
            ])
        #expect(run.tool(0, "b").brief == ["tool_ended 0 b"])
        #expect(run.tool(0, "b").brief == [], "an outcome counts once")
        #expect(run.tool(0, "a", "9 o'clock").brief == ["tool_ended 0 a", "→ ask 0 call 2"])
        #expect(
            run.frames[0].transcript == [
                .assistant(
                    text: "Let me see.",
                    calls: [ToolCall(id: "a", name: "clock", input: [:]), ToolCall(id: "b", name: "pay", input: [:])]),
                .toolResults([
                    ToolResult(callID: "a", name: "clock", output: "9 o'clock"),
                    ToolResult(callID: "b", name: "pay", output: "done"),
                ]),
            ])
        #expect(run.model(0, .text("It is 9."), .finished(.endTurn)).brief.first == "text 0 \n\nIt is 9.")
        #expect(run.answer == "Let me see.\n\nIt is 9.")
    }

    @Test func `a transfer wins over everything else in its answer`() {
        var run = Run.begun()
        let step = run.model(
            0, .call("clock", id: "a"), .call("transfer_to_billing", id: "t"), .delegate("lookup", "x", id: "d"),
            .finished(.toolCalls))
        #expect(
            step.brief == [
                "answered 0 clock,transfer_to_billing,delegate_to_lookup", "tool_ended 0 a error",
                "tool_ended 0 d error", "tool_ended 0 t", "transferred 0 router billing", "→ ask 0 call 2",
            ])
        #expect(run.frames[0].subAgent == "billing")
        #expect(run.frames[0].transcript == [])
        _ = run.model(0, .text("Paid."), .finished(.endTurn))
        #expect(run.end?.subAgent == "billing")
        #expect(run.end?.iteration == 2)
    }

    @Test func `transferCountIs counts transfers and the one beyond it fails the run`() {
        var run = Run.begun(.sample(transferLimit: 1))
        _ = run.model(0, .call("transfer_to_billing"), .finished(.toolCalls))
        let step = run.model(0, .call("transfer_to_router"), .finished(.toolCalls))
        #expect(
            step.brief == [
                "answered 0 transfer_to_router", "tool_ended 0 c1_2 error", "finished failed transfer_limit",
            ])
        #expect(
            run.end?.outcome
                == .failed(
                    RunFailure(
                        code: "transfer_limit", message: "Maximum transfer limit (1) reached without completion")))
    }

    @Test func `stepCountIs ends a stay with the text it has`() {
        var run = Run.begun(.sample(stepLimit: 2))
        _ = run.model(0, .text("One."), .call("clock", id: "a"), .finished(.toolCalls))
        _ = run.tool(0, "a")
        let step = run.model(0, .text("Two."), .call("clock", id: "b"), .finished(.toolCalls))
        #expect(step.brief == ["text 0 \n\nTwo.", "answered 0 clock", "tool_ended 0 b error", "finished completed"])
    }

    @Test func `a stay that reaches its steps without a word fails`() {
        var run = Run.begun(.sample(stepLimit: 1))
        #expect(run.model(0, .call("clock"), .finished(.toolCalls)).brief.last == "finished failed step_limit")
    }

    @Test func `steps count from the transfer on`() {
        var run = Run.begun(.sample(stepLimit: 1))
        let step = run.model(0, .call("transfer_to_billing"), .finished(.toolCalls))
        #expect(step.brief.last == "→ ask 0 call 2")
    }

    @Test func `delegations work at the same time, each in its frame`() {
        var run = Run.begun()
        let step = run.model(
            0, .delegate("lookup", "find 7", id: "d1"), .delegate("search", "find 8", id: "d2"), .finished(.toolCalls))
        #expect(
            step.brief == [
                "answered 0 delegate_to_lookup,delegate_to_search", "delegated 0 lookup in 1",
                "delegated 0 search in 2", "→ ask 1 call 1", "→ ask 2 call 1",
            ])
        #expect(run.model(2, .text("eight")).brief == [], "a worker's text is logged once per call")
        #expect(
            run.model(2, .finished(.endTurn)).brief == [
                "text 2 eight", "answered 2 ", "returned 2 eight", "tool_ended 0 d2",
            ])
        #expect(
            run.model(1, .text("seven"), .finished(.endTurn)).brief == [
                "text 1 seven", "answered 1 ", "returned 1 seven", "tool_ended 0 d1", "→ ask 0 call 2",
            ])
        #expect(run.frames[0].transcript.last?.text == "seven\neight")
        #expect(run.answer == "")
    }

    @Test(arguments: [
        (ModelEvent.call("nothing", id: "x"), "There is no tool named 'nothing'. The tools are: transfer_to_billing, "),
        (.call("delegate_to_lookup", id: "x"), "Not run: the input must be an object with the text 'message'."),
        (.toolCall(ToolCall(id: "x", name: "clock", input: .null, rawInput: "{")), "Not run: the input is not JSON."),
    ])
    func `a call that cannot be made gets an outcome that says why`(call: ModelEvent, reason: String) {
        var run = Run.begun()
        let step = run.model(0, call, .finished(.toolCalls))
        #expect(step.brief.suffix(2) == ["tool_ended 0 x error", "→ ask 0 call 2"])
        #expect(run.frames[0].transcript.last?.text.hasPrefix(reason) == true)
    }

    @Test func `delegations nest no deeper than allowed and no more calls are made than allowed`() {
        var run = Run.begun()
        _ = run.model(0, .delegate("lookup", "a"), .finished(.toolCalls))
        _ = run.model(1, .delegate("search", "b"), .finished(.toolCalls))
        #expect(run.frames.count == 3)
        var wide = Run.begun()
        let calls = (1...6).map { ModelEvent.call("clock", id: "c\($0)") }
        let step = wide.on(.model(frame: 0, call: 1, calls + [.finished(.toolCalls)]))
        #expect(step.actions.count == 4)
        #expect(step.events.map(\.brief).contains("tool_ended 0 c6 error"))
    }

    @Test(arguments: [
        (ModelFailure.Kind.rateLimited, true), (.overloaded, true), (.network, true), (.timedOut, true),
        (.malformed, true), (.cut, true), (.auth, false), (.contextLength, false), (.refused, false),
        (.badRequest, false), (.notFound, false), (.unsupported("x"), false), (.configuration, false),
    ])
    func `only failures that may pass are tried again`(kind: ModelFailure.Kind, again: Bool) {
        var run = Run.begun()
        let step = run.modelFails(0, kind)
        #expect(step.events.map(\.brief).last?.hasPrefix(again ? "retried 0" : "finished failed") == true)
        #expect(run.isOver == !again)
    }

    @Test func `three failures in a row end the run, and an answer in between starts the count anew`() {
        var run = Run.begun()
        _ = run.modelFails(0, .overloaded)
        let second = run.modelFails(0, .rateLimited, retryAfter: .seconds(7))
        #expect(second.actions == [.askModel(frame: 0, call: 3, failures: 2, retryAfter: .seconds(7))])
        _ = run.model(0, .call("clock", id: "a"), .finished(.toolCalls))
        _ = run.tool(0, "a")
        #expect(run.modelFails(0, .cut).brief == ["retried 0 cut 1", "→ ask 0 call 5 after 1"])
        _ = run.modelFails(0, .cut)
        #expect(run.modelFails(0, .cut).brief == ["finished failed cut"])
    }

    @Test func `nothing is asked again once the user has seen text of it`() {
        var run = Run.begun()
        _ = run.model(0, .text("Hal"))
        #expect(run.modelFails(0, .cut).brief == ["finished failed cut"])
        #expect(run.answer == "Hal")
        var gathered = Run.begun(.sample(streams: false))
        _ = gathered.model(0, .text("Hal"))
        #expect(gathered.modelFails(0, .cut).brief == ["retried 0 cut 1", "→ ask 0 call 2 after 1"])
        #expect(gathered.model(0, .text("Hallo"), .finished(.endTurn)).brief.first == "text 0 Hallo")
    }

    @Test func `what came of the last try is kept when the run fails`() {
        var run = Run.begun(.sample(streams: false))
        _ = run.model(0, .text("Hal"))
        #expect(run.modelFails(0, .refused).brief == ["text 0 Hal", "finished failed refused"])
    }

    @Test func `a worker that fails is an outcome for the one who asked, unless the builder must act`() {
        var run = Run.begun()
        _ = run.model(0, .delegate("lookup", "a"), .finished(.toolCalls))
        #expect(run.modelFails(1, .contextLength).brief == ["tool_ended 0 d1 error", "→ ask 0 call 2"])
        var broken = Run.begun()
        _ = broken.model(0, .delegate("lookup", "a"), .finished(.toolCalls))
        #expect(broken.modelFails(1, .auth).brief == ["tool_ended 0 d1 error", "finished failed auth"])
    }

    @Test(arguments: [
        (StopReason.endTurn, "retried 0 malformed 1"), (.refusal, "finished failed refused"),
        (.contentFilter, "finished failed refused"), (.maxTokens, "finished failed bad_request"),
    ])
    func `an answer that says nothing is a failure`(stop: StopReason, event: String) {
        var run = Run.begun()
        #expect(run.model(0, .finished(stop)).events.map(\.brief) == [event])
    }

    @Test func `cancelling pairs every open call, deepest first, and ends the run`() {
        var run = Run.begun()
        _ = run.model(0, .call("clock", id: "a"), .delegate("lookup", "x", id: "d"), .finished(.toolCalls))
        _ = run.model(1, .call("clock", id: "b"), .finished(.toolCalls))
        #expect(
            run.on(.cancelled).brief == [
                "tool_ended 1 b error", "tool_ended 0 a error", "tool_ended 0 d error", "finished cancelled",
            ])
        #expect(run.on(.cancelled).brief == [])
        #expect(run.tool(0, "a").brief == [], "nothing after the end")
    }

    @Test func `an answer that is too long is a failure`() {
        var rules = RunRules.sample()
        rules.answerBytesLimit = 10
        var run = Run.begun(rules)
        #expect(run.model(0, .text("12345678901")).brief == ["text 0 12345678901", "finished failed bad_request"])
    }

    @Test func `what comes late, from a call that is over, changes nothing`() {
        var run = Run.begun()
        _ = run.modelFails(0, .cut)
        #expect(run.on(.model(frame: 0, call: 1, [.text("late"), .finished(.endTurn)])).brief == [])
        #expect(run.on(.modelFailed(frame: 0, call: 1, ModelFailure(.auth, "late"))).brief == [])
        #expect(run.on(.model(frame: 3, call: 1, [.text("nowhere")])).brief == [])
    }

    @Test func `a restart asks again, and tells of calls whose outcome nobody knows`() {
        var run = Run.begun()
        var log: [RunEvent] = [.started(.sample())]
        log += run.model(0, .call("clock", id: "a"), .call("pay", id: "b"), .finished(.toolCalls)).events
        var again = Run(rules: .sample(), log: log, makeID: countingIDs())
        let step = again.on(.resumed(attempt: 2))
        #expect(step.brief == ["resumed 2", "approval_requested 0 b unknownOutcome", "→ call 0 clock"])
        #expect(again.tool(0, "a").brief == ["tool_ended 0 a", "suspended"])
    }

    @Test func `a restart voids the text of the call that it cut`() {
        var run = Run.begun()
        let log = [.started(.sample())] + run.model(0, .text("Half a sen")).events
        var again = Run(rules: .sample(), log: log, makeID: countingIDs())
        #expect(again.on(.resumed(attempt: 2)).brief == ["resumed 2", "→ ask 0 call 2"])
        #expect(again.answer == "")
    }
}
