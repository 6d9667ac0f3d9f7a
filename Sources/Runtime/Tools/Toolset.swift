import Catalog
import Models

/// The tools of one sub-agent: what the model is told of them and how they are called. Transfers and delegations are
/// decided by the run itself; other tools are called through `call`.
struct Toolset: Sendable {
    /// One tool that is called through `call`.
    struct Tool: Sendable {
        let definition: ToolDefinition
        /// Whether a call whose outcome a crash left unknown may simply be made again.
        let isSafeToRetry: Bool
        /// Makes the call. Throws `ToolFailure` with a sentence for the model, or anything else for "it failed".
        let call: @Sendable (ToolCall) async throws -> JSONValue
    }

    /// Why a tool call failed, in words for the model.
    struct ToolFailure: Error {
        let message: String
    }

    let relations: RelationTools
    let tools: [String: Tool]
    /// All tools as the model is told of them, relations first.
    let definitions: [ToolDefinition]

    init(relations: RelationTools, tools: [Tool] = []) {
        self.relations = relations
        self.tools = Dictionary(tools.map { ($0.definition.name, $0) }) { first, _ in first }
        definitions = relations.definitions + tools.map(\.definition)
    }

    func rules(stepLimit: Int) -> RunRules.SubAgent {
        RunRules.SubAgent(
            stepLimit: max(1, stepLimit), transfers: relations.transfers, delegates: relations.delegates,
            tools: Set(tools.keys), toolNames: definitions.map(\.name))
    }
}
