public import Catalog
import Store

/// What an agent tells of itself to those who may run it.
public struct AgentSummary: Sendable, Hashable {
    /// The sub-agent that takes new conversations.
    public struct Entry: Sendable, Hashable {
        /// Its id.
        public let id: String
        /// What it is called.
        public let name: String
        /// What it is for; nil when that was not said.
        public let description: String?
    }

    /// The agent's id.
    public let id: String
    /// What it is called.
    public let name: String
    /// What it is for; nil when that was not said.
    public let description: String?
    /// The sub-agent that takes new conversations; nil when the agent has none.
    public let entry: Entry?
}

extension Runs {
    /// What the agent tells of itself, as it is configured now; nil when there is none of that id.
    ///
    /// - Throws: `Problem` when the configuration cannot be read.
    public func summary(of agent: String, in branch: BranchKey) async throws -> AgentSummary? {
        do {
            return try await self.agent(agent, in: branch)?.summary
        } catch let error as StoreError {
            throw error.problem
        }
    }

    /// Makes a conversation that nothing was said in yet, and returns its id.
    ///
    /// - Parameters:
    ///   - owner: The end user, as people see them; nil for nobody in particular.
    ///   - subject: The whole name of who it belongs to (`Turn.subject`).
    ///   - metadata: What is kept with it, an object.
    public func openConversation(
        in branch: BranchKey, agent: String, owner: String?, subject: String?, metadata: JSONValue
    ) async throws -> String {
        let id = world.makeID()
        let now = world.clock.now()
        let row = ConversationRow(
            key: ConversationKey(tenant: branch.tenant, project: branch.project, id: id), agent: agent, owner: owner,
            ref: branch.branch, metadata: metadata, createdAt: now, updatedAt: now, subject: subject)
        try await reading { () throws(StoreError) in
            try await self.world.store.commit([.conversation(row)], durability: .process)
        }
        return id
    }
}
