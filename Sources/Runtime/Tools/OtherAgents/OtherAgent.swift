import Catalog
import Events
import Models

/// An agent outside the run that a sub-agent may delegate to: another one of the project, or one on another server (run
/// spec §7.3, §7.4).
struct OtherAgent: Sendable {
    /// Somebody whom it works with.
    struct Named: Sendable {
        let name: String
        let description: String?
    }

    /// A task for it.
    struct Task: Sendable {
        /// What is to be done.
        let message: String
        /// The id of the call by which it is handed out.
        let call: String
    }

    static let handsOverTo = "It can hand over to"
    static let delegatesTo = "It can delegate to"

    let kind: RunDelegation.Kind
    let id: String
    let name: String
    let description: String?
    /// Whom it works with, under titles.
    var relations: [(title: String, agents: [Named])] = []
    /// Whether a task that was handed out before a crash may be handed out again: it is found there, not done twice.
    let isIdempotent: Bool
    /// The longest time of a task, milliseconds.
    let longestMs: Int
    /// Does a task. Throws `Toolset.ToolFailure` with a sentence for the model.
    let ask: @Sendable (Task, ToolContext) async throws -> ToolOutput

    /// The tool that hands tasks to it.
    func tool(_ definition: ToolDefinition) -> Toolset.Tool {
        Toolset.Tool(
            definition: definition, rule: RunToolRule(definition.name, isIdempotent: isIdempotent),
            longestMs: longestMs, takesReferences: false
        ) { call, context in
            do {
                return try await ask(Task(message: call.input["message"]?.string ?? "", call: call.id), context)
            } catch let failure as Toolset.ToolFailure {
                let message = "'\(name)' could not answer: \(failure.message)"
                await context.notice(RunNotice(.error, code: "delegation_failed", message: message, source: id))
                throw Toolset.ToolFailure(message: message)
            }
        }
    }
}
