public import Catalog

/// What a run may do with one tool.
public struct RunToolRule: Sendable, Hashable {
    /// The name by which the model calls it.
    public var name: String
    /// Whether each call waits for a person first (`toolPolicies.<tool>.needsApproval`).
    public var needsApproval: Bool
    /// Whether a call whose outcome a crash left unknown may simply be made again
    /// (`toolPolicies.<tool>.idempotent`).
    public var isIdempotent: Bool

    /// A rule from its parts.
    public init(_ name: String, needsApproval: Bool = false, isIdempotent: Bool = false) {
        self.name = name
        self.needsApproval = needsApproval
        self.isIdempotent = isIdempotent
    }
}

/// What the sources of tools gave a sub-agent that went to work.
public struct RunEquipment: Sendable, Hashable {
    /// The sub-agent.
    public var subAgent: String
    /// The tools, in the order in which the model is told of them.
    public var tools: [RunToolRule]
    /// What is missing or was changed, each with its reason.
    public var notices: [RunNotice]

    /// Equipment from its parts.
    public init(subAgent: String, tools: [RunToolRule] = [], notices: [RunNotice] = []) {
        self.subAgent = subAgent
        self.tools = tools
        self.notices = notices
    }
}

/// Something that does not stop a run and that people should know.
public struct RunNotice: Sendable, Hashable {
    /// How bad it is.
    public enum Severity: String, Sendable, Hashable {
        /// Something that was wanted is not there.
        case error
        /// Something is other than configured.
        case warning
        /// Nothing is wrong.
        case info
    }

    /// How bad it is.
    public var severity: Severity
    /// A short name for programs: `no_tools_available`, `mcp_tool_error` and so on (run spec §5.3).
    public var code: String
    /// One sentence for the people who build and use the agent. No keys, no internals.
    public var message: String
    /// The id of the relation or server that it is about; nil for none.
    public var source: String?

    /// A notice from its parts.
    public init(_ severity: Severity, code: String, message: String, source: String? = nil) {
        self.severity = severity
        self.code = code
        self.message = message
        self.source = source
    }
}

/// That a tool call waits for a person. When it was asked is the time of the event.
public struct RunApprovalRequest: Sendable, Hashable {
    /// Why a person is asked.
    public enum Reason: String, Sendable, Hashable {
        /// The tool's policy wants it (run spec §15.1).
        case policy
        /// A crash left open whether the call took effect, and the tool is not declared idempotent.
        case unknownOutcome = "unknown_outcome"
    }

    /// The call's id.
    public var callID: String
    /// Why.
    public var reason: Reason

    /// A request from its parts.
    public init(callID: String, reason: Reason) {
        self.callID = callID
        self.reason = reason
    }
}

/// What was decided on a tool call that waited for a person.
public struct RunApprovalDecision: Sendable, Hashable {
    /// The call's id.
    public var callID: String
    /// Whether the call is made.
    public var isApproved: Bool
    /// What the person said to it; nil for nothing.
    public var reason: String?
    /// The arguments to use instead of the model's; nil for those.
    public var input: JSONValue?
    /// Who decided: the whole name of the caller; nil where time ran out.
    public var by: String?

    /// A decision from its parts.
    public init(
        callID: String, isApproved: Bool, reason: String? = nil, input: JSONValue? = nil, by: String? = nil
    ) {
        self.callID = callID
        self.isApproved = isApproved
        self.reason = reason
        self.input = input
        self.by = by
    }
}

/// A piece of an answer that is not text.
public struct RunData: Sendable, Hashable {
    /// What it is.
    public enum Kind: String, Sendable, Hashable {
        /// A data component: `{id, name, props}` (run spec §4.3).
        case component
        /// An artifact, as clients see it (run spec §4.3).
        case artifact
        /// What is being done, in a few words (run spec §5.2).
        case summary
    }

    /// What it is.
    public var kind: Kind
    /// What clients get.
    public var body: JSONValue
    /// What beside `body` the server keeps; nil for nothing.
    public var kept: JSONValue?

    /// A piece from its parts.
    public init(_ kind: Kind, body: JSONValue, kept: JSONValue? = nil) {
        self.kind = kind
        self.body = body
        self.kept = kept
    }
}
