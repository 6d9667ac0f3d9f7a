import Catalog
import Events
import Store

/// For whom a run is made. The same for the whole run, also after a restart.
struct RunScope: Sendable {
    /// The run.
    let key: RunKey
    /// Its conversation.
    let conversation: ConversationKey
    /// The branch whose configuration runs.
    let branch: String
    /// The agent's id.
    let agent: String
    /// The end user as people see them; nil for nobody in particular.
    let owner: String?
    /// The whole name of who calls (`Turn.subject`); nil for nobody in particular.
    let subject: String?
    /// What is kept of the caller with the conversation: `initiatedBy`, verified claims; nil for nothing.
    let metadata: JSONObject?
    /// Whether headers of the request go on to servers of tools.
    var forwardsHeaders = false
    /// Which run it works for; nil for a person's.
    var delegated: RunDelegated?

    /// The branch of its project.
    var branchKey: BranchKey { BranchKey(tenant: key.tenant, project: key.project, branch: branch) }

    /// The id of the user whose own credentials are used: who began the run, else the end user (run spec §1.9). Nil for
    /// none.
    var user: String? {
        guard let initiator = metadata?["initiatedBy"], initiator["type"]?.string == "user" else { return owner }
        return initiator["id"]?.string ?? owner
    }
}

/// What a tool, or a source of tools, knows of the run that it works for.
struct ToolContext: Sendable {
    /// For whom.
    let scope: RunScope
    /// The frame.
    let frame: Int
    /// The sub-agent's id.
    let subAgent: String
    /// The same for all tries of one call and for no other call; empty for a source.
    let idempotencyKey: String
    /// What templates may name: `headers` and the context variables, the conversation, open names of the environment.
    let templates: TemplateValues
    /// The time.
    let clock: RuntimeClock
    /// The id of the delegation that the call is; nil for other calls.
    let delegation: String?
    /// Whether another process goes on with the run.
    let isGivenUp: @Sendable () -> Bool
    /// How deep the frame is, over all runs that work for each other.
    let depth: Int
    /// Has another agent of the project do a task. Throws `Toolset.ToolFailure`, `CancellationError`, `StoreError`.
    let askTeam: @Sendable (TeamTask) async throws -> ToolOutput
    /// The headers of the request that go on to servers of tools.
    var forwardedHeaders: @Sendable () async throws -> [(name: String, value: String)] = { [] }
    /// Finds an artifact of the conversation by its id and the call that it was made of; nil for none.
    var artifact: @Sendable (_ id: String, _ toolCall: String) async throws -> ArtifactRow? = { _, _ in nil }
    /// Tells the people who use and build the agent something that does not stop the run.
    let notice: @Sendable (RunNotice) async -> Void
}
