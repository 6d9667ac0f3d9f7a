public import Catalog

/// What names a conversation. Ids are unique in their tenant.
public struct ConversationKey: Sendable, Hashable {
    /// The tenant's id.
    public let tenant: String
    /// The project's id.
    public let project: String
    /// The conversation's id.
    public let id: String

    /// A key from its parts.
    public init(tenant: String, project: String, id: String) {
        self.tenant = tenant
        self.project = project
        self.id = id
    }
}

/// What names a run. Ids are unique everywhere.
public struct RunKey: Sendable, Hashable {
    /// The tenant's id.
    public let tenant: String
    /// The project's id.
    public let project: String
    /// The run's id.
    public let id: String

    /// A key from its parts.
    public init(tenant: String, project: String, id: String) {
        self.tenant = tenant
        self.project = project
        self.id = id
    }
}

/// A conversation as it is stored.
public struct ConversationRow: Sendable, Equatable {
    /// What names it.
    public var key: ConversationKey
    /// The agent's id.
    public var agent: String
    /// The sub-agent that answers the next turn; nil for the agent's default.
    public var activeSubAgent: String?
    /// The whole name of who it belongs to: a key, an app's user, a person (`Turn.subject`); nil when nobody in
    /// particular started it.
    public var subject: String?
    /// The run whose agent has this conversation with another agent; nil for one of a person's. No list has it, and no
    /// person goes on with it.
    public var parentRun: String?
    /// The end user's name for people; nil when nobody in particular started it.
    public var owner: String?
    /// The branch it runs on.
    public var ref: String
    /// What lists show; nil when none was given.
    public var title: String?
    /// An object; nil when none was given.
    public var metadata: JSONValue?
    /// What the request told of its user; nil when nothing.
    public var userProperties: JSONValue?
    /// What the request told of the conversation; nil when nothing.
    public var properties: JSONValue?
    /// When it was made, milliseconds since 1970.
    public var createdAt: Int64
    /// When it last changed or got a message, milliseconds since 1970.
    public var updatedAt: Int64

    /// A conversation from its parts.
    public init(
        key: ConversationKey, agent: String, activeSubAgent: String? = nil, owner: String? = nil, ref: String,
        title: String? = nil, metadata: JSONValue? = nil, userProperties: JSONValue? = nil,
        properties: JSONValue? = nil, createdAt: Int64, updatedAt: Int64, subject: String? = nil,
        parentRun: String? = nil
    ) {
        self.key = key
        self.subject = subject
        self.parentRun = parentRun
        self.agent = agent
        self.activeSubAgent = activeSubAgent
        self.owner = owner
        self.ref = ref
        self.title = title
        self.metadata = metadata
        self.userProperties = userProperties
        self.properties = properties
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A message as it is stored. Its place in the conversation is given when it is committed.
public struct MessageRow: Sendable, Equatable {
    /// The conversation it belongs to.
    public var conversation: ConversationKey
    /// The id, unique in its project.
    public var id: String
    /// Place in the conversation, growing from 1. Ignored when the message is committed.
    public var position: Int64
    /// `user`, `agent`, …
    public var role: String
    /// The sub-agent that said it; nil for a user.
    public var fromSubAgent: String?
    /// The sub-agent it was said to; nil for everybody.
    public var toSubAgent: String?
    /// `user-facing`, `internal`, or `external` for what was said to and by agents on other servers.
    public var visibility: String
    /// `chat`, `a2a-request`, `tool-result`, …
    public var type: String
    /// The run that it was said in; nil for none.
    public var run: String?
    /// What was said.
    public var content: JSONValue
    /// An object; nil when there is none.
    public var metadata: JSONValue?
    /// When it was said, milliseconds since 1970.
    public var createdAt: Int64

    /// A message from its parts.
    public init(
        conversation: ConversationKey, id: String, position: Int64 = 0, role: String, fromSubAgent: String? = nil,
        toSubAgent: String? = nil, visibility: String = "user-facing", type: String = "chat", run: String? = nil,
        content: JSONValue, metadata: JSONValue? = nil, createdAt: Int64
    ) {
        self.conversation = conversation
        self.id = id
        self.position = position
        self.role = role
        self.fromSubAgent = fromSubAgent
        self.toSubAgent = toSubAgent
        self.visibility = visibility
        self.type = type
        self.run = run
        self.content = content
        self.metadata = metadata
        self.createdAt = createdAt
    }
}

/// Where a run stands.
public enum RunStatus: String, Sendable, CaseIterable {
    /// Somebody drives it, or should: it is claimed when its lease has run out.
    case running
    /// It waits for a person, and nobody claims it.
    case waiting
    /// It ended with an answer.
    case completed
    /// It ended with an error.
    case failed
    /// It was stopped on request.
    case cancelled

    /// Whether nothing more happens in it.
    public var isFinished: Bool { self == .completed || self == .failed || self == .cancelled }
}

/// Who drives a run, and until when nobody else may.
public struct Lease: Sendable, Equatable {
    /// The process, as it named itself.
    public let owner: String
    /// When the lease runs out, milliseconds since 1970.
    public let until: Int64

    /// A lease from its parts.
    public init(owner: String, until: Int64) {
        self.owner = owner
        self.until = until
    }
}

/// A run as it is stored.
public struct RunRow: Sendable, Equatable {
    /// What names it.
    public var key: RunKey
    /// The id of its conversation.
    public var conversation: String
    /// The agent's id.
    public var agent: String
    /// The branch whose configuration it runs.
    public var branch: String
    /// Where it stands.
    public var status: RunStatus
    /// What was asked, enough to start it again.
    public var request: JSONValue
    /// When it was started, milliseconds since 1970.
    public var startedAt: Int64
    /// When it last changed, milliseconds since 1970.
    public var updatedAt: Int64
    /// When it ended, milliseconds since 1970; nil while it has not.
    public var finishedAt: Int64?
    /// Who drives it; nil when nobody does.
    public var lease: Lease?
    /// How often it has been taken up, from 1.
    public var attempt: Int64

    /// A run from its parts.
    public init(
        key: RunKey, conversation: String, agent: String, branch: String, status: RunStatus = .running,
        request: JSONValue, startedAt: Int64, updatedAt: Int64, finishedAt: Int64? = nil, lease: Lease? = nil,
        attempt: Int64 = 1
    ) {
        self.key = key
        self.conversation = conversation
        self.agent = agent
        self.branch = branch
        self.status = status
        self.request = request
        self.startedAt = startedAt
        self.updatedAt = updatedAt
        self.finishedAt = finishedAt
        self.lease = lease
        self.attempt = attempt
    }
}

/// One event of a run as it is stored.
public struct StoredEvent: Sendable, Equatable {
    /// The number within the run, given by whoever drives it.
    public let sequence: Int64
    /// When it happened, milliseconds since 1970.
    public let at: Int64
    /// What happened.
    public let type: String
    /// The rest, as JSON text in UTF-8. The store does not look into it.
    public let body: [UInt8]

    /// An event from its parts.
    public init(sequence: Int64, at: Int64, type: String, body: [UInt8]) {
        self.sequence = sequence
        self.at = at
        self.type = type
        self.body = body
    }
}

/// What somebody told a run.
public struct RunLetter: Sendable, Equatable {
    /// The id, unique in the run.
    public var id: String
    /// When it came, milliseconds since 1970.
    public var at: Int64
    /// What it says. The store does not look into it.
    public var body: JSONValue

    /// A letter from its parts.
    public init(id: String, at: Int64, body: JSONValue) {
        self.id = id
        self.at = at
        self.body = body
    }
}

/// One change to conversations and runs. Several are committed together or not at all.
public enum RunChange: Sendable {
    /// Makes the conversation or touches it: nil members of the row leave what is stored. Fails with
    /// `StoreError.conflict` when the id belongs to another project or another owner.
    case conversation(ConversationRow)
    /// Appends a message and touches its conversation. Fails with `StoreError.uniqueViolation` when the project has a
    /// message of that id, `.notFound` when there is no such conversation.
    case message(MessageRow)
    /// Makes a run. Fails with `StoreError.uniqueViolation` when there is one of that id.
    case runStarted(RunRow)
    /// Sets where a run stands and who drives it. A status that `isFinished` sets `finishedAt` to `at`. With `heldBy`
    /// the change fails with `StoreError.conflict` unless that owner holds the run, so that one who lost its lease
    /// cannot write on. Fails with `.notFound` when there is no such run.
    case runUpdated(RunKey, RunStatus, lease: Lease?, heldBy: String? = nil, at: Int64)
    /// Suspends a run until somebody decides: nobody drives it, and its attempts count anew. `wakeAt` is when it is
    /// looked at all the same, milliseconds since 1970, nil for never. Where its inbox has a letter it can be claimed
    /// at once. Fails with `StoreError.conflict` unless `heldBy` holds the run.
    case runSuspended(RunKey, wakeAt: Int64?, heldBy: String, at: Int64)
    /// Removes letters of these ids from the run's inbox.
    case lettersTaken(RunKey, [String])
    /// Keeps an artifact in the ledger, in place of one of the same id, call and run. Fails with
    /// `StoreError.foreignKeyViolation` when there is no such conversation.
    case artifact(ArtifactRow)
    /// Appends events. Fails with `StoreError.uniqueViolation` when the run has one of that number,
    /// `.foreignKeyViolation` when there is no such run.
    case events(RunKey, [StoredEvent])
    /// Adds what a run used to the totals of its day. `part` tells apart rows that replicas add to at the same time.
    case usage([UsageRow], part: Int64)
    /// Ends holds that calls of a run had of budgets, and counts what was really used.
    case charges([BudgetCharge], RunKey)
    /// Forgets accounts of budgets that were a run's alone.
    case closed([BudgetAccount])
    /// Keeps values that templates of a conversation name, in place of those of the same names.
    case contextValues(ConversationKey, [ContextValueRow])
    /// Sets the sub-agent that answers the next turn; nil for the agent's default.
    case activeSubAgent(ConversationKey, String?, at: Int64)
}
