/// One line of a branch's log.
public struct Change: Sendable, Equatable {
    /// What was done to the resource.
    public enum Action: String, Sendable, CaseIterable { case create, update, delete }

    /// The number on the branch, growing by one with each change. A branch begins with the number at which the copied
    /// one stood, or with a higher one where its name was in use before.
    public let number: Int64
    /// When, milliseconds since 1970.
    public let at: Int64
    /// Who, as the writer named itself.
    public let actor: String
    /// What was done.
    public let action: Action
    /// To which resource.
    public let key: ResourceKey
    /// The document before; nil for a creation.
    public let before: JSONValue?
    /// The document after; nil for a deletion.
    public let after: JSONValue?
    /// The number of the first change of the same transaction.
    public let batch: Int64

    /// A line from its parts.
    public init(
        number: Int64, at: Int64, actor: String, action: Action, key: ResourceKey, before: JSONValue?,
        after: JSONValue?, batch: Int64
    ) {
        self.number = number
        self.at = at
        self.actor = actor
        self.action = action
        self.key = key
        self.before = before
        self.after = after
        self.batch = batch
    }
}

/// Which lines of the log a history wants.
public struct HistoryQuery: Sendable, Equatable {
    /// Of which resources.
    public enum Subject: Sendable, Equatable {
        /// All of the branch.
        case everything
        /// One.
        case resource(ResourceKey)
        /// One, and what lives in it.
        case container(ResourceKey)
    }

    /// Of which resources.
    public var subject: Subject
    /// The page, from 1.
    public var page: Int
    /// Changes a page, 1–100.
    public var limit: Int
    /// Which end comes first of the order of numbers.
    public var order: ListQuery.Order

    /// A query for one page, newest first unless told.
    public init(_ subject: Subject, page: Int = 1, limit: Int = 10, order: ListQuery.Order = .descending) {
        self.subject = subject
        self.page = page
        self.limit = limit
        self.order = order
    }
}

/// A line of the log with the state that it led to.
public struct HistoryLine: Sendable {
    /// The line.
    public let change: Change
    /// The state right after it.
    public let commit: Commit
    /// The name of the branch on which it was made: this one, or one that this was made from.
    public let branch: String

    /// A line from its parts.
    public init(change: Change, commit: Commit, branch: String) {
        self.change = change
        self.commit = commit
        self.branch = branch
    }
}
