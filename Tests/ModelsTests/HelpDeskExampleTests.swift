import Catalog
import Models
import Synchronization
import Testing

/// One model call of the example in Examples/helpdesk and what its script says to it.
private struct Scene: Sendable, CustomTestStringConvertible {
    let subAgent: String
    let user: String
    var results: [String] = []
    var handover = false
    let reply: String
    var testDescription: String { "\(subAgent): \(user)" }
}

private let lookup = "delegate_to_order-lookup"
private let sent1042 =
    "Order 1042, a Kestrel Commuter in blue for 899.00 EUR, was sent on Tuesday and has not been delivered yet: it "
    + "arrives on Thursday."
private let delivered1007 = "Order 1007, a bell and lights for 49.90 EUR, was delivered on 12 May."
private let unknown = "There is no order 9999 in our books."

private let scenes: [Scene] = [
    Scene(subAgent: "router", user: "hello", reply: "Hello! I am the help desk"),
    Scene(subAgent: "router", user: "where is my parcel?", reply: "Gladly. What is the number"),
    Scene(
        subAgent: "router", user: "Where is order #1042?",
        reply: "Let me look that up.[\(lookup) What is the state of order 1042?]"),
    Scene(
        subAgent: "router", user: "where are 1042 and 1043?",
        reply: "I am looking both up.[\(lookup) What is the state of order 1042?]"
            + "[\(lookup) What is the state of order 1043?]"),
    Scene(
        subAgent: "router", user: "Where is order #1042?", results: [sent1042],
        reply: "\(sent1042)\n\nIs there anything else I can do for you?"),
    Scene(
        subAgent: "router", user: "1042 and 1007", results: [sent1042, delivered1007],
        reply: "\(sent1042)\n\(delivered1007)\n\nIs there anything else"),
    Scene(subAgent: "router", user: "order 9999", results: [unknown], reply: "\(unknown) Is the number right?"),
    Scene(subAgent: "router", user: "I want a refund for order 1007", reply: "[transfer_to_billing ]"),
    Scene(subAgent: "router", user: "Can I pay by card?", reply: "[transfer_to_billing ]"),
    Scene(subAgent: "router", user: "And when are you open?", handover: true, reply: "We are open Monday"),
    Scene(subAgent: "router", user: "where is 1042", handover: true, reply: "Let me look that up.[\(lookup) What is"),
    Scene(subAgent: "router", user: "how do returns work", reply: "Unused goods go back"),
    Scene(subAgent: "router", user: "my brakes squeak", reply: "The workshop in Bremen"),
    Scene(subAgent: "router", user: "let me talk to a human", reply: "Of course. Call"),
    Scene(subAgent: "router", user: "Thanks!", reply: "You are welcome."),
    Scene(subAgent: "router", user: "bye", reply: "Goodbye"),
    Scene(subAgent: "router", user: "colourless green ideas", reply: "I am only a script"),
    Scene(
        subAgent: "billing", user: "I want a refund for order 1007", handover: true,
        reply: "Billing here. One moment, I am opening order 1007.[\(lookup) What was bought in order 1007, and where"),
    Scene(
        subAgent: "billing", user: "I want a refund for order 1007", results: [delivered1007], handover: true,
        reply: "\(delivered1007) Send it back"),
    Scene(subAgent: "billing", user: "refund 1042", results: [sent1042], reply: "\(sent1042) I have stopped it."),
    Scene(subAgent: "billing", user: "refund 9999", results: [unknown], reply: "\(unknown) Please check the number"),
    Scene(
        subAgent: "billing", user: "an invoice for 1007", results: [delivered1007], reply: "\(delivered1007) The inv"),
    Scene(
        subAgent: "billing", user: "1007 was charged twice", results: [delivered1007], reply: "\(delivered1007) I see"),
    Scene(
        subAgent: "billing", user: "a refund please", handover: true, reply: "Billing here. Gladly; for which order?"),
    Scene(subAgent: "billing", user: "Can I pay by card?", handover: true, reply: "Billing here. You can pay by card"),
    Scene(subAgent: "billing", user: "Thanks!", reply: "You are welcome."),
    Scene(subAgent: "billing", user: "And when are you open?", reply: "[transfer_to_router ]"),
    Scene(subAgent: "order-lookup", user: "What is the state of order 1042?", reply: sent1042),
    Scene(subAgent: "order-lookup", user: "What was bought in order 1007, and where is it?", reply: delivered1007),
    Scene(subAgent: "order-lookup", user: "What is the state of order 9999?", reply: unknown),
    Scene(subAgent: "order-lookup", user: "any order", reply: "There is no order without a number."),
]

private let tools = [
    "router": ["transfer_to_billing", lookup], "billing": ["transfer_to_router", lookup], "order-lookup": [],
]

@Test(arguments: scenes) private func `the help desk's scripts answer as its README says`(scene: Scene) async throws {
    let handover = "\n\n<handover>\nSo far in this turn:\nbilling called transfer_to_router: {}\n</handover>"
    var messages: [Message] = [.user(scene.user + (scene.handover ? handover : ""))]
    if !scene.results.isEmpty {
        let calls = scene.results.indices.map { ToolCall(id: "c\($0)", name: lookup, input: [:]) }
        messages.append(.assistant(text: "", calls: calls))
        messages.append(
            .toolResults(
                zip(calls, scene.results).map { ToolResult(callID: $0.id, name: lookup, output: .string($1)) }))
    }
    let offered = tools[scene.subAgent, default: []].map {
        ToolDefinition(name: $0, description: "", inputSchema: ["type": "object"])
    }
    let reply = try await play(scene.subAgent, ModelRequest(messages: messages, tools: offered))
    #expect(reply.hasPrefix(scene.reply))
}

/// The reply of a script as one text, each call in brackets.
private func play(_ script: String, _ request: ModelRequest) async throws -> String {
    let clock = ModelClock(timestamp: { "2026-01-31T12:00:00.000Z" }, sleep: { _ in })
    let examples = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let library = ScriptLibrary(folder: "/\(examples)/Examples/helpdesk/scripts")
    let model = ScriptedModel(name: "helpdesk/\(script)", library: library, clock: clock)
    let said = Mutex("")
    try await model.respond(to: request) { events in
        said.withLock { said in
            for event in events {
                switch event {
                case .text(let text): said += text
                case .toolCall(let call): said += "[\(call.name) \(call.input["message"]?.string ?? "")]"
                case .reasoning, .usage, .finished: break
                }
            }
        }
    }
    return said.withLock { $0 }
}
