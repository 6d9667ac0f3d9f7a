public import Catalog

/// The bounds that a project sets for its agents' runs (manage spec §2.1).
public struct StopWhen: Structure, Equatable {
    /// Transfers between sub-agents in one run, 1–1,000; nil for the server's default.
    public var transferCountIs: Int?
    /// Steps of one sub-agent in one run, 1–1,000; nil for the server's default.
    public var stepCountIs: Int?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("transferCountIs", \.transferCountIs, .integer(1...1000), "Transfers after which a run ends."),
        field("stepCountIs", \.stepCountIs, .integer(1...1000), "Steps after which a sub-agent ends."),
    ]
}

/// The bound that an agent sets for its runs.
public struct AgentStopWhen: Structure, Equatable {
    /// Transfers between sub-agents in one run, 1–1,000; nil for the project's.
    public var transferCountIs: Int?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("transferCountIs", \.transferCountIs, .integer(1...1000), "Transfers after which a run ends.")
    ]
}

/// The bound that a sub-agent sets for itself.
public struct SubAgentStopWhen: Structure, Equatable {
    /// Steps in one run, 1–1,000; nil for the project's.
    public var stepCountIs: Int?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("stepCountIs", \.stepCountIs, .integer(1...1000), "Steps after which the sub-agent ends.")
    ]
}
