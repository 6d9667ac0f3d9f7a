import Catalog
import Events
import Models
import Testing

@testable import Runtime

/// What a run makes of answers that hold more than text.
@Suite struct RunAnswerTests {
    private static let doc = ArtifactRules(
        id: "doc", name: "Doc",
        schema: [
            "type": "object",
            "properties": [
                "title": ["type": "string", "description": "T", "inPreview": true],
                "body": ["type": "string", "description": "B"],
            ],
        ])
    private static let card = ComponentRules(id: "card", name: "Card", schema: ["type": "object", "properties": [:]])

    private static func rules(_ answer: AnswerRules, streams: Bool = true, steps: Int = 5) -> RunRules {
        RunRules(
            subAgents: [
                "desk": RunRules.SubAgent(
                    stepLimit: steps, transfers: ["transfer_to_other": "other"],
                    delegates: ["delegate_to_other": "other"],
                    tools: [RunToolRule("search")], toolNames: ["transfer_to_other", "delegate_to_other", "search"],
                    answer: answer),
                "other": RunRules.SubAgent(
                    stepLimit: 5, tools: [RunToolRule("search")], toolNames: ["search"], answer: answer),
            ],
            transferLimit: 3, streams: streams)
    }

    private static func begun(_ answer: AnswerRules, streams: Bool = true, steps: Int = 5) -> Run {
        var run = Run(rules: rules(answer, streams: streams, steps: steps), makeID: countingIDs())
        _ = run.on(.started(.sample(at: "desk")))
        return run
    }

    private static let found: JSONValue = ["items": [["title": "Alpha", "body": "Long"], ["title": "Beta"]]]

    /// A run whose tool `search` was called as `s1` and has found something.
    private static func searched(_ answer: AnswerRules, streams: Bool = true, steps: Int = 5) -> Run {
        var run = begun(answer, streams: streams, steps: steps)
        _ = run.model(0, .call("search", id: "s1"), .finished(.toolCalls))
        _ = run.tool(0, "s1", found)
        return run
    }

    private static func data(_ step: RunStep) -> [RunData] {
        step.events.compactMap { if case .data(_, let data) = $0 { data } else { nil } }
    }

    private static let create = "<artifact:create id=\"a1\" tool=\"s1\" type=\"Doc\" base=\"items[0]\" />"

    // MARK: Artifacts

    @Test func `a tag in the text makes an artifact where it stands`() throws {
        var run = Self.searched(AnswerRules(artifacts: [Self.doc]))
        let first = run.model(0, .text("See <artifact:cre"))
        #expect(first.brief == ["text 0 See "])
        let step = run.model(0, .text("\(Self.create.dropFirst(13)) now."), .finished(.endTurn))
        #expect(step.events.map(\.type) == ["data", "text", "answered", "finished"])
        let made = try #require(Self.data(step).first)
        #expect(made.body["artifactId"] == "a1")
        #expect(made.body["toolCallId"] == "s1")
        #expect(made.body["name"] == "Alpha")
        #expect(made.body["type"] == "Doc")
        #expect(made.body["artifactSummary"] == ["title": "Alpha"])
        #expect(made.body["typeSchema"]?["preview"]?["properties"]?.object?.keys == ["title"])
        #expect(made.kept?["full"] == ["title": "Alpha", "body": "Long"])
        #expect(run.answerParts == [.text("See "), .data(made), .text(" now.")])
        #expect(
            run.frames[0].transcript.last
                == .assistant(text: "See <artifact:ref id=\"a1\" tool=\"s1\" /> now.", calls: []))
    }

    @Test func `an artifact that was made is cited by its tag, and one that was not says nothing`() throws {
        var run = Self.searched(AnswerRules(artifacts: [Self.doc]))
        _ = run.model(0, .text(Self.create), .call("search", id: "s2"), .finished(.toolCalls))
        _ = run.tool(0, "s2")
        let step = run.model(
            0, .text("<artifact:ref id=\"a1\" tool=\"s1\" /><artifact:ref id=\"a9\" tool=\"s1\" />"),
            .finished(.endTurn))
        let cited = Self.data(step)
        #expect(cited.count == 1)
        #expect(cited.first?.body["name"] == "Alpha")
        #expect(cited.first?.kept == nil)
    }

    @Test(arguments: [
        "<artifact:create id=\"a\" tool=\"none\" type=\"Doc\" base=\"items[0]\" />",
        "<artifact:create id=\"a\" tool=\"s1\" type=\"Doc\" base=\"items[\" />",
        "<artifact:create tool=\"s1\" type=\"Doc\" base=\"items[0]\" />",
        "<artifact:create id=\"a\" tool=\"s1\" base=\"items[0]\" />",
    ])
    func `an artifact that cannot be made leaves nothing behind`(_ tag: String) {
        var run = Self.searched(AnswerRules(artifacts: [Self.doc]))
        let step = run.model(0, .text("A\(tag)B"), .finished(.endTurn))
        #expect(step.brief == ["text 0 AB", "answered 0 ", "finished completed"])
    }

    @Test func `only who makes artifacts makes them, and an agent without any has its text untouched`() {
        var citing = Self.searched(AnswerRules(mayCite: true))
        #expect(Self.data(citing.model(0, .text(Self.create))).isEmpty)
        var plain = Self.searched(AnswerRules())
        #expect(plain.model(0, .text(Self.create)).brief == ["text 0 \(Self.create)"])
    }

    @Test func `a worker's artifact is made in its frame and cited in its result`() throws {
        var run = Self.begun(AnswerRules(artifacts: [Self.doc]))
        _ = run.model(0, .call("delegate_to_other", ["message": "look"], id: "d1"), .finished(.toolCalls))
        _ = run.model(1, .call("search", id: "s1"), .finished(.toolCalls))
        _ = run.tool(1, "s1", Self.found)
        let step = run.model(1, .text("Here: \(Self.create)"), .finished(.endTurn))
        #expect(step.events.first == .text(frame: 1, "Here: "))
        #expect(Self.data(step).count == 1)
        #expect(step.events.contains { $0.brief == "returned 1 Here: <artifact:ref id=\"a1\" tool=\"s1\" />" })
        let citing = run.model(0, .text("<artifact:ref id=\"a1\" tool=\"s1\" />"), .finished(.endTurn))
        #expect(Self.data(citing).first?.body["name"] == "Alpha")
    }

    @Test func `an artifact alone is an answer`() {
        var run = Self.searched(AnswerRules(artifacts: [Self.doc]))
        #expect(run.model(0, .text(Self.create), .finished(.endTurn)).brief.last == "finished completed")
    }

    // MARK: Components

    private static func document(_ elements: JSONValue...) -> String {
        JSONValue.object(JSONObject([(key: "dataComponents", value: .array(elements))])).jsonText
    }

    private static let text: JSONValue = ["id": "1", "name": "Text", "props": ["text": "Hello"]]
    private static let carded: JSONValue = ["id": "c", "name": "Card", "props": ["title": "T", "note": nil]]

    @Test func `components are given when they are complete, texts as they grow`() {
        var run = Self.begun(AnswerRules(components: [Self.card]))
        let json = Self.document(Self.text, Self.carded)
        let cut = json.firstRange(of: "lo\"").map { String(json[..<$0.lowerBound]) } ?? ""
        #expect(run.model(0, .text(cut)).brief == ["text 0 Hel"])
        let step = run.model(0, .text(String(json.dropFirst(cut.count))), .finished(.endTurn))
        #expect(step.events.map(\.type) == ["text", "data", "answered", "finished"])
        #expect(Self.data(step).first?.body == ["id": "c", "name": "Card", "props": ["title": "T"]])
        guard case .assistant(let said, _)? = run.frames[0].transcript.last else { return }
        #expect(
            (try? JSONValue(parsing: said))
                == ["dataComponents": [Self.text, ["id": "c", "name": "Card", "props": ["title": "T"]]]])
    }

    @Test func `artifacts among components are made and cited, unknown components are left out`() {
        let rules = AnswerRules(components: [Self.card], artifacts: [Self.doc])
        var run = Self.searched(rules)
        let step = run.model(
            0,
            .text(
                Self.document(
                    [
                        "id": "1", "name": "ArtifactCreate_Doc",
                        "props": [
                            "artifact_id": "a1", "tool_call_id": "s1", "base_selector": "items[1]",
                            "details_selector": ["title": nil, "body": nil],
                        ],
                    ], ["id": "2", "name": "Artifact", "props": ["artifact_id": "a1", "tool_call_id": "s1"]],
                    ["id": "3", "name": "Nonsense", "props": [:]], ["id": "", "name": "Card", "props": [:]])),
            .finished(.endTurn))
        let data = Self.data(step)
        #expect(data.map(\.kind) == [.artifact, .artifact, .component])
        #expect(data[0].kept?["full"] == ["title": "Beta"])
        #expect(data[1].kept == nil)
        #expect(data[2].body["id"]?.string?.isEmpty == false)
    }

    @Test func `prose from who should answer in components is text`() {
        var run = Self.begun(AnswerRules(components: [Self.card]))
        #expect(
            run.model(0, .text("Just words."), .finished(.endTurn)).brief
                == ["text 0 Just words.", "answered 0 ", "finished completed"])
    }

    // MARK: Contract

    private static func contract(
        _ violation: ContractRules.Violation = .retry, retries: Int = 2, allowsText: Bool = true
    ) -> AnswerRules {
        AnswerRules(
            components: [card],
            contract: ContractRules(
                allowsText: allowsText, components: ["Card"], violation: violation, retries: retries))
    }

    @Test func `an answer that breaks its contract is asked for again before anything is shown`() {
        var run = Self.begun(Self.contract())
        #expect(run.model(0, .text(Self.document(Self.text))).brief == [])
        let refused = run.model(0, .finished(.endTurn))
        #expect(refused.brief == ["retried 0 contract_violation 1", "→ ask 0 call 2"])
        #expect(run.frames[0].answer.correction?.contains("'Card'") == true)
        let step = run.model(0, .text(Self.document(Self.text, Self.carded)), .finished(.endTurn))
        #expect(step.events.map(\.type) == ["text", "data", "answered", "finished"])
        #expect(run.frames[0].answer.correction == nil)
        #expect(run.answerParts.count == 2)
    }

    @Test func `after its retries the run fails and says why`() {
        var run = Self.begun(Self.contract(retries: 1))
        _ = run.model(0, .text("No."), .finished(.endTurn))
        let step = run.model(0, .text("Still no."), .finished(.endTurn))
        #expect(step.brief == ["finished failed contract_violation"])
        #expect(run.answerParts.isEmpty)
        guard case .failed(let failure)? = run.end?.outcome else { return }
        #expect(failure.message.contains("must have the component 'Card'"))
    }

    @Test func `a contract that rejects asks once, one that warns lets pass and says so`() {
        var strict = Self.begun(Self.contract(.reject))
        #expect(strict.model(0, .text("No."), .finished(.endTurn)).brief == ["finished failed contract_violation"])
        var mild = Self.begun(Self.contract(.warn))
        #expect(mild.model(0, .text("Words")).brief == ["text 0 Words"])
        #expect(mild.model(0, .finished(.endTurn)).events.map(\.type) == ["notice", "answered", "finished"])
    }

    @Test func `components of earlier steps count, and words beside calls are left out where there may be none`() {
        var run = Self.begun(Self.contract(allowsText: false))
        let first = run.model(
            0, .text("One moment. \(Self.document(Self.carded))"), .call("search", id: "s1"), .finished(.toolCalls))
        #expect(first.events.map(\.type) == ["data", "answered", "tool_started"])
        _ = run.tool(0, "s1")
        let step = run.model(0, .text(Self.document(Self.carded)), .finished(.endTurn))
        #expect(step.events.map(\.type) == ["data", "answered", "finished"])
    }

    @Test func `what an answer made that was refused is not there to be cited`() {
        let rules = AnswerRules(
            components: [Self.card], artifacts: [Self.doc], contract: ContractRules(components: ["Card"]))
        var run = Self.searched(rules)
        let creation: JSONValue = [
            "name": "ArtifactCreate_Doc",
            "props": ["artifact_id": "a1", "tool_call_id": "s1", "base_selector": "items[0]"],
        ]
        let citation: JSONValue = ["name": "Artifact", "props": ["artifact_id": "a1", "tool_call_id": "s1"]]
        _ = run.model(0, .text(Self.document(creation, citation)), .finished(.endTurn))
        let step = run.model(0, .text(Self.document(citation, Self.carded)), .finished(.endTurn))
        #expect(Self.data(step).map(\.kind) == [.component])
    }

    @Test func `a hand-over that is required must happen`() {
        let rules = AnswerRules(contract: ContractRules(requiresTransfer: true, retries: 1))
        var run = Self.begun(rules)
        #expect(
            run.model(0, .text("I can do it."), .finished(.endTurn)).brief.first == "retried 0 contract_violation 1")
        let step = run.model(0, .call("transfer_to_other", id: "t1"), .finished(.toolCalls))
        #expect(step.brief.contains("transferred 0 desk other"))
    }

    @Test func `an answer cut off by its steps must keep its contract, too`() {
        var run = Self.begun(Self.contract(), steps: 1)
        let step = run.model(0, .text("Hm."), .call("search", id: "s1"), .finished(.toolCalls))
        #expect(step.brief.last == "finished failed contract_violation")
    }

    @Test func `who is cancelled shows nothing that was not seen to be as it must be`() {
        var run = Self.begun(Self.contract())
        _ = run.model(0, .text("Perhaps"))
        #expect(run.on(.cancelled).brief == ["finished cancelled"])
    }

    @Test func `folding the log gives the same answer, artifacts and corrections`() {
        let rules = Self.contract()
        var run = Self.begun(rules)
        var log: [RunEvent] = [.started(.sample(at: "desk"))]
        log += run.model(0, .text("No."), .finished(.endTurn)).events
        let half = Run(rules: Self.rules(rules), log: log, makeID: countingIDs())
        #expect(half.frames[0].answer.correction == run.frames[0].answer.correction)
        #expect(half.frames[0].answer.violations == 1)
        log += run.model(0, .text(Self.document(Self.text, Self.carded, Self.text)), .finished(.endTurn)).events
        let whole = Run(rules: Self.rules(rules), log: log, makeID: countingIDs())
        #expect(whole.answerParts == run.answerParts)
        #expect(whole.frames[0].transcript == run.frames[0].transcript)
        #expect(whole.answerParts.count == 3)
    }
}
