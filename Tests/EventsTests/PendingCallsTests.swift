import Catalog
import Events
import Models
import Testing

private func answered(_ ids: [String], frame: Int = 0) -> RunEvent {
    .answered(
        frame: frame,
        RunAnswer(subAgent: "a", calls: ids.map { ToolCall(id: $0, name: "pay", input: [:]) }, stop: .toolCalls))
}

private let end = RunEnd(outcome: .completed, subAgent: "a", iteration: 1, stop: .endTurn, usage: Usage())

private func asked(_ id: String, frame: Int = 0) -> RunEvent {
    .approvalRequested(frame: frame, RunApprovalRequest(callID: id, reason: .policy))
}

private func decided(_ id: String, _ isApproved: Bool) -> RunEvent {
    .approvalDecided(frame: 0, RunApprovalDecision(callID: id, isApproved: isApproved))
}

@Test(
    arguments: [
        ([], []),
        ([answered(["c1", "c2"])], []),
        ([answered(["c1", "c2"]), asked("c1")], ["c1"]),
        ([answered(["c1", "c2"]), asked("c2"), asked("c1")], ["c2", "c1"]),
        ([answered(["c1", "c2"]), asked("c2"), asked("c1"), decided("c2", false)], ["c1"]),
        ([answered(["c1"]), answered(["c3"], frame: 1), asked("c1"), asked("c3", frame: 1)], ["c1", "c3"]),
        ([answered(["c1"]), asked("c1"), decided("c1", true), asked("c1")], ["c1"]),
        ([answered(["c1"]), asked("c1"), .finished(end)], []),
    ] as [([RunEvent], [String])])
func `a call waits from its request to the decision on it`(events: [RunEvent], waiting: [String]) {
    var calls = PendingCalls()
    for (index, event) in events.enumerated() {
        calls.add([LoggedEvent(sequence: Int64(index) + 1, at: Int64(index), event: event)])
    }
    #expect(calls.all.map(\.call.id) == waiting)
    #expect(calls.all.allSatisfy { $0.isDelegated == ($0.call.id == "c3") })
    #expect(waiting.allSatisfy { calls.has($0) && calls.decisions[$0] == nil })
}
