public import Catalog

/// Who runs agents, as a credential says (run spec §1).
public struct Runner: Sendable, Equatable {
    /// By what they were recognised: `api-key`, `app`, `service`.
    public var means: String
    /// The tenant.
    public var tenant: String
    /// The project.
    public var project: String
    /// The agent.
    public var agent: String
    /// The end user, as people see them; nil for none.
    public var user: String?
    /// The whole name, to which conversations belong.
    public var subject: String
    /// What a conversation keeps of them (run spec §1.9).
    public var metadata: JSONObject
    /// The name in the audit.
    public var name: String
    /// The app whose visitor it is; nil for no visitor.
    public var app: String?
    /// What the app tells agents (run spec §9); nil for nothing.
    public var prompt: String?
}
