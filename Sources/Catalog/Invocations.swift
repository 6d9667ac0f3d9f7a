/// One time that a resource set off a run: a call of a webhook trigger, or a turn of a schedule. A log, not
/// configuration: it goes with the resource, and has no history.
public struct Invocation: Sendable, Equatable {
    /// How far it is.
    public enum Status: String, Sendable, CaseIterable { case pending, running, completed, failed, cancelled }

    /// The id, unique in its project.
    public let id: String
    /// What set it off.
    public let source: ResourceKey
    /// How far it is.
    public var status: Status
    /// When it is due, or for calls from outside when it came; milliseconds since 1970. Lists are sorted by it.
    public var dueAt: Int64
    /// When work on it began; nil before. Milliseconds since 1970.
    public var startedAt: Int64?
    /// When it ended; nil before. Milliseconds since 1970.
    public var endedAt: Int64?
    /// The conversations that it made.
    public var conversations: [String] = []
    /// What groups those that one call set off for several users; nil when it stands alone.
    public var batch: String?
    /// The user as whom it runs; nil for nobody.
    public var runAsUser: String?
    /// The branch that it runs on, as `{type, name, hash}`; nil when that is not known.
    public var ref: JSONValue?
    /// What came in; nil for nothing.
    public var request: JSONValue?
    /// What the run is given; nil for nothing.
    public var payload: JSONValue?
    /// Why it failed, for people; nil unless it did.
    public var error: String?
    /// Which attempt it is, from 1.
    public var attempt = 1
    /// What tells the same turn of a schedule from another; nil where turns are told apart by themselves.
    public var idempotencyKey: String?
    /// When it was written down, milliseconds since 1970.
    public let createdAt: Int64

    /// One that waits.
    ///
    /// - Parameters:
    ///   - dueAt: When it is due, milliseconds since 1970.
    ///   - createdAt: When it was written down, milliseconds since 1970.
    public init(id: String, source: ResourceKey, status: Status = .pending, dueAt: Int64, createdAt: Int64) {
        self.id = id
        self.source = source
        self.status = status
        self.dueAt = dueAt
        self.createdAt = createdAt
    }
}

/// Which invocations a list wants.
public struct InvocationQuery: Sendable, Equatable {
    /// Whose.
    public enum Origin: Sendable, Equatable {
        /// One resource's, latest due first unless told; those of one status, or all.
        case source(ResourceKey, status: Invocation.Status?)
        /// Those of all resources of a kind in one place that wait, and if asked those that run, earliest due first
        /// unless told.
        case open(kind: String, parent: String, includesRunning: Bool)
    }

    /// Whose.
    public var origin: Origin
    /// Only those of a source due at or after this, milliseconds since 1970; nil for any.
    public var from: Int64?
    /// Only those of a source due at or before this, milliseconds since 1970; nil for any.
    public var to: Int64?
    /// Which page.
    public var page: Page
    /// Which end comes first of those by when they are due; nil for the usual one of the origin.
    public var order: ListQuery.Order?

    /// A query for one page of all.
    public init(_ origin: Origin, page: Page) {
        self.origin = origin
        self.page = page
    }
}

/// The log of invocations of one branch, inside a transaction. A struct of functions, as `Workspace` is.
public struct InvocationLog {
    /// One page, and how many there are in all.
    public let page: (InvocationQuery) throws -> (invocations: [Invocation], total: Int)
    /// One of a resource's, or nil.
    public let get: (ResourceKey, _ id: String) throws -> Invocation?
    /// Those of the latest turn of which something was begun.
    public let latest: (ResourceKey) throws -> [Invocation]
    /// Writes one down. Throws `Problem` 409 when its id or its idempotency key is there.
    public let add: (Invocation) throws -> Void
    /// Writes down what became of one.
    public let update: (Invocation) throws -> Void

    /// A log in which nothing is ever written.
    public static var empty: InvocationLog {
        InvocationLog(
            page: { _ in ([], 0) }, get: { _, _ in nil }, latest: { _ in [] }, add: { _ in }, update: { _ in })
    }

    /// A log from its functions.
    public init(
        page: @escaping (InvocationQuery) throws -> (invocations: [Invocation], total: Int),
        get: @escaping (ResourceKey, String) throws -> Invocation?,
        latest: @escaping (ResourceKey) throws -> [Invocation],
        add: @escaping (Invocation) throws -> Void,
        update: @escaping (Invocation) throws -> Void
    ) {
        self.page = page
        self.get = get
        self.latest = latest
        self.add = add
        self.update = update
    }
}
