import Catalog

/// What a push would do, as the server finds it by doing it and taking it back (`?dryRun=true`).
struct Plan {
    /// One resource that would change.
    struct Step {
        let action: String
        let kind: String
        let name: String
        let members: [String]
    }

    let steps: [Step]

    init(_ answer: JSONValue) {
        steps = (answer["changes"]?.array ?? []).map { change in
            let parent = change["parent"]?.string ?? ""
            let label = change["label"]?.string ?? ""
            // The ids of what only joins others are digests, which say nothing to a person.
            let id = label.contains(" → ") ? label : change["id"]?.string ?? ""
            return Step(
                action: change["action"]?.string ?? "", kind: change["kind"]?.string ?? "",
                name: parent.isEmpty ? id : "\(parent): \(id)",
                members: change["members"]?.array?.compactMap(\.string) ?? [])
        }
    }

    var isEmpty: Bool { steps.isEmpty }
    var deletions: Int { steps.count { $0.action == "delete" } }

    /// One line a resource, and a count.
    func show(on printer: Printer) {
        if isEmpty { return printer.line("Nothing to do: the server has all of it.") }
        for step in steps {
            switch step.action {
            case "create": printer.line("  + \(step.kind) \(step.name)", .green)
            case "delete": printer.line("  - \(step.kind) \(step.name)", .red)
            default: printer.line("  ~ \(step.kind) \(step.name): \(step.members.joined(separator: ", "))", .yellow)
            }
        }
        let created = steps.count { $0.action == "create" }
        let changed = steps.count - created - deletions
        printer.line("\(created) to create, \(changed) to change, \(deletions) to delete")
    }
}
