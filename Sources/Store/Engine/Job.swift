import Synchronization

/// Work that waits for a connection.
protocol Job: AnyObject, Sendable {
    /// What the caller asked for; nil for a read.
    var durability: Durability? { get }
    /// Runs the body and keeps its result. May be called again after a rollback.
    func run(_ connection: any Connection) throws(StoreError)
    /// Gives the caller the kept result.
    func succeed()
    /// Gives the caller an error.
    func fail(_ error: StoreError)
}

/// A job whose caller waits for a `T`.
final class TypedJob<T: Sendable>: Job {
    let durability: Durability?
    private let body: @Sendable (any Connection) throws -> T
    private let continuation: CheckedContinuation<Result<T, StoreError>, Never>
    private let result = Mutex<T?>(nil)

    init(
        _ durability: Durability?, _ body: @escaping @Sendable (any Connection) throws -> T,
        _ continuation: CheckedContinuation<Result<T, StoreError>, Never>
    ) {
        self.durability = durability
        self.body = body
        self.continuation = continuation
    }

    func run(_ connection: any Connection) throws(StoreError) {
        do {
            let value = try body(connection)
            result.withLock { $0 = value }
        } catch {
            throw StoreError(error)
        }
    }

    func succeed() {
        guard let value = result.withLock({ $0 }) else { preconditionFailure("run the job before it succeeds") }
        continuation.resume(returning: .success(value))
    }

    func fail(_ error: StoreError) { continuation.resume(returning: .failure(error)) }
}
