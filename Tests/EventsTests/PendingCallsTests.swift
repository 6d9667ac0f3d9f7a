import Catalog
import Events
import Models
import Testing

private func answered(_ ids: [String], frame: Int = 0) -> RunEvent {
    .answered(
        frame: frame,
        RunAnswer(subAgent: "a", calls: ids.map { ToolCall(id: $0, name: "pay", input: [:]) }, stop: .toolCalls))
}

private let delegation = RunDelegation(
    id: "del_1", frame: 0, callID: "c1", workerFrame: 1, from: "a", to: "b", task: "Do")
private let end = RunEnd(outcome: .completed, subAgent: "a", iteration: 1, stop: .endTurn, usage: Usage())

@Test(
    arguments: [
        ([], []),
        ([answered(["c1", "c2"])], ["c1", "c2"]),
        ([answered(["c1", "c2"]), .toolStarted(frame: 0, callID: "c1")], ["c2"]),
        ([answered(["c1", "c2"]), .toolEnded(frame: 0, RunToolOutcome(callID: "c2", output: "x"))], ["c1"]),
        ([answered(["c1", "c2"]), .delegated(delegation), answered(["c3"], frame: 1)], ["c2", "c3"]),
        ([answered(["c1"]), .transferred(frame: 0, from: "a", to: "b", reason: "")], []),
        ([answered(["c1"]), .finished(end)], []),
    ] as [([RunEvent], [String])])
func `a call waits that was asked for and neither begun nor answered`(events: [RunEvent], waiting: [String]) {
    var calls = PendingCalls()
    for (index, event) in events.enumerated() {
        calls.add([LoggedEvent(sequence: Int64(index) + 1, at: 1, event: event)])
    }
    #expect(calls.all.map(\.call.id) == waiting)
    #expect(calls.all.allSatisfy { $0.isDelegated == ($0.call.id == "c3") })
    #expect(calls.ids.isSuperset(of: waiting))
}
