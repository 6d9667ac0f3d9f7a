public import Store
import Synchronization

/// Puts on record what is not part of a transaction of its own: refusals, uses of keys, what endpoints did. They are
/// many, so those of one kind within a moment become one record with their number, and are written together: a crash
/// loses at most the last moment of them.
public final class AuditTrail: Sendable {
    /// Records that wait at most; what is beyond is counted in one record a tenant and action.
    public static let waitingMax = 10_000
    /// How long records wait before they are written.
    public static let wait: Duration = .seconds(1)

    /// What makes two records one, if they come within a moment.
    private struct Sort: Hashable {
        let record: AuditRecord

        /// The request and the time differ always.
        init(_ record: AuditRecord) {
            var record = record
            record.at = 0
            record.request = ""
            record.amount = 1
            self.record = record
        }
    }

    private struct State {
        var waiting: [Sort: AuditRecord] = [:]
        var order: [Sort] = []
    }

    private let store: Store
    private let state = Mutex(State())

    /// The trail of a store.
    public init(_ store: Store) { self.store = store }

    /// Notes what is to be put on record.
    public func note(_ record: AuditRecord) {
        state.withLock { state in
            var record = record
            if state.waiting.count >= Self.waitingMax, state.waiting[Sort(record)] == nil {
                (record.actor, record.target, record.address) = ("many", "", "")
            }
            let sort = Sort(record)
            if let known = state.waiting[sort] {
                record.at = known.at
                record.request = known.request
                record.amount += known.amount
            } else {
                state.order.append(sort)
            }
            state.waiting[sort] = record
        }
    }

    /// Writes what waits. When that fails it waits on, and the error is thrown.
    public func flush() async throws {
        let taken = state.withLock { state in
            defer { state = State() }
            return state.order.compactMap { state.waiting[$0] }
        }
        do {
            try await store.append(taken)
        } catch {
            for record in taken { note(record) }
            throw error
        }
    }
}
