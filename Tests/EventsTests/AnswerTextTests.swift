import Events
import Models
import Testing

private let answered = RunEvent.answered(frame: 0, RunAnswer(subAgent: "a", stop: .endTurn))
private let worker = RunEvent.answered(frame: 1, RunAnswer(subAgent: "b", stop: .endTurn))
private let retried = RunEvent.retried(frame: 0, RunFailure(code: "cut", message: ""), attempt: 1)
private let retriedWorker = RunEvent.retried(frame: 1, RunFailure(code: "cut", message: ""), attempt: 1)

@Test(
    arguments: [
        ([], ""),
        ([.text(frame: 0, "Hel"), .text(frame: 0, "lo")], "Hello"),
        ([.text(frame: 0, "Hel"), .text(frame: 1, "no"), .reasoning(frame: 0, "no"), .text(frame: 0, "lo")], "Hello"),
        ([.text(frame: 0, "One. "), answered, .text(frame: 0, "Two."), answered], "One. Two."),
        ([.text(frame: 0, "One. "), answered, .text(frame: 0, "void"), retried, .text(frame: 0, "Two.")], "One. Two."),
        ([.text(frame: 0, "One. "), answered, .text(frame: 0, "void"), .resumed(attempt: 1)], "One. "),
        ([.text(frame: 0, "kept"), worker, retriedWorker], "kept"),
    ] as [([RunEvent], String)])
func `an answer is what frame 0 said and did not take back`(events: [RunEvent], text: String) {
    var answer = AnswerText()
    for event in events { answer.add(event) }
    #expect(answer.text == text)
}
