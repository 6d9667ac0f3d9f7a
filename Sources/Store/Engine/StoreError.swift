/// Everything the store can fail with. Closed: a new case is a question for every caller.
public enum StoreError: Error, Sendable {
    /// A row with this key is already there. The text names it and may be shown to users.
    case uniqueViolation(String)
    /// A reference names a row that is not there.
    case foreignKeyViolation(String)
    /// The change contradicts what is stored, for instance a deletion that a link forbids. The text may be shown to
    /// users.
    case conflict(String)
    /// The row that was to be changed is not there. The text names it.
    case notFound(String)
    /// The disk, or the room that the database may take, is full. Nothing of the job was kept.
    case full
    /// The database cannot be reached, or the connection broke. `retryable` says that trying again is safe: the job did
    /// not happen.
    case unavailable(retryable: Bool)
    /// The database was written by a newer Covey: schema version `found`, while this binary knows versions up to
    /// `known`.
    case newerSchema(found: Int, known: Int)
    /// The database file is damaged. The text is the engine's.
    case corrupt(String)
    /// A queue is full, or a lock or a statement took longer than its limit. The job did not happen.
    case tooBusy
    /// Anything else: an error that the caller's own body threw, or an `EngineFailure`. For the log, not for users.
    case other(any Error)

    /// `error` itself when it is a store error, else wrapped as `other`.
    public init(_ error: any Error) {
        self = error as? StoreError ?? .other(error)
    }
}

extension StoreError: CustomStringConvertible {
    /// A sentence that says what happened and, where there is something to do, what to do.
    public var description: String {
        switch self {
        case .uniqueViolation(let what): "\(what) already exists."
        case .foreignKeyViolation(let what): "A reference names something that does not exist: \(what)."
        case .conflict(let reason): reason
        case .notFound(let what): "\(what) was not found."
        case .full: "The disk of the database is full. Nothing was written; free some space and try again."
        case .unavailable: "The database cannot be reached."
        case .newerSchema(let found, let known):
            "The database has schema version \(found), but this covey knows versions up to \(known). "
                + "Start the newer covey that wrote it, or restore a backup that was made before the upgrade."
        case .corrupt(let reason): "The database is damaged (\(reason)). Restore it from a backup."
        case .tooBusy: "The database is too busy. Try again later."
        case .other(let cause): "The database failed: \(cause)"
        }
    }
}

/// A failure of the database engine that has no case of its own. Its text may quote SQL and is for the log only.
public struct EngineFailure: Error, Sendable, CustomStringConvertible {
    /// The engine's code: SQLite's extended result code, or PostgreSQL's SQLSTATE.
    public let code: String
    /// The engine's message.
    public let message: String

    /// The code and the message.
    public var description: String { "\(message) [\(code)]" }
}
