import Catalog
import Events
import Models

extension StatusActivity {
    /// Takes the next event of the log.
    mutating func add(_ event: RunEvent) {
        switch event {
        case .text(frame: 0, _): answer(true)
        case .answered(let frame, let made):
            if frame == 0 { answer(false) }
            for call in made.calls { note("\(made.subAgent) calls \(call.name): \(call.input.jsonText)") }
        case .retried(frame: 0, _, _), .resumed: answer(false)
        case .toolEnded(_, let outcome):
            let text = outcome.output.string ?? outcome.output.jsonText
            note("A tool \(outcome.isError ? "failed" : "gave"): \(text)")
        case .transferred(_, let from, let to, _): note("\(from) handed over to \(to)")
        case .delegated(let delegation): note("\(delegation.to) was asked: \(delegation.task)")
        case .delegationReturned(let delegation, let result): note("\(delegation.to) answered: \(result)")
        case .data(_, let data) where data.kind == .artifact:
            note("An artifact was made: \(data.body["name"]?.string ?? "")")
        default: break
        }
    }
}
