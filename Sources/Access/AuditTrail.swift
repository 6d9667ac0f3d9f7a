public import Store
import Synchronization

/// Puts on record what is not part of a transaction of its own: refusals, uses of keys, what endpoints did. They are
/// many, so those of one kind within a moment become one record with their number, and are written together: a crash
/// loses at most the last moment of them.
///
/// What strangers do, whom nobody let in, costs them nothing, so that they could fill the disk with records of it. Of
/// them a few a minute are told apart, and the rest is counted (`note(stranger:)`).
public final class AuditTrail: Sendable {
    /// Records that wait at most; what is beyond is counted in one record a tenant and action.
    public static let waitingMax = 10_000
    /// How long records wait before they are written.
    public static let wait: Duration = .seconds(1)
    /// Refusals of strangers that are told apart in a window, of one tenant.
    public static let strangersMax = 30
    /// Tenants with refusals of strangers in a window; those of further ones are put down to none.
    public static let strangersTenantsMax = 30
    /// The window, milliseconds.
    public static let strangersWindowMs: Int64 = 60_000

    private struct State {
        var known = AuditBatch()
        var strangers = StrangerRecords()
    }

    private let store: Store
    private let state = Mutex(State())

    /// The trail of a store.
    public init(_ store: Store) { self.store = store }

    /// Notes what is to be put on record.
    public func note(_ record: AuditRecord) { state.withLock { $0.known.add(record) } }

    /// Notes the refusal of somebody who does not belong to the tenant, or of whom nothing is known.
    ///
    /// In a window of a minute, which begins with the first of them, `strangersMax` of a tenant are written one by one.
    /// The same again is counted, and what is beyond is counted by action, without who and whence; what was counted is
    /// written when the window is over. A record of a tenant without records is put down to no tenant, so that nobody
    /// makes records for tenants that are not there.
    public func note(stranger record: AuditRecord) { state.withLock { $0.strangers.add(record) } }

    /// Writes what waits. When that fails it waits on, and the error is thrown.
    ///
    /// - Parameter now: milliseconds since 1970: what is counted of strangers stays until its window is over. Nil
    ///   writes that too.
    public func flush(at now: Int64? = nil) async throws {
        let (known, strangers) = state.withLock { ($0.known.take(), $0.strangers.take(at: now)) }
        do {
            try await store.append(known, ofStrangers: strangers)
        } catch {
            state.withLock { state in
                for record in known { state.known.add(record) }
                for record in strangers { state.strangers.putBack(record) }
            }
            throw error
        }
    }
}

/// What makes two records one, if they come within a moment.
private struct AuditSort: Hashable {
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

extension AuditRecord {
    /// The record of many, of whom it is not told who they were, whence and about what.
    fileprivate var ofMany: AuditRecord {
        var record = self
        (record.actor, record.target, record.address) = ("many", "", "")
        return record
    }
}

/// Records that wait, in the order in which they came, those of one sort as one.
private struct AuditBatch {
    private var waiting: [AuditSort: AuditRecord] = [:]
    private var order: [AuditSort] = []

    func has(_ sort: AuditSort) -> Bool { waiting[sort] != nil }

    mutating func add(_ record: AuditRecord) {
        var record = record
        if waiting.count >= AuditTrail.waitingMax, !has(AuditSort(record)) { record = record.ofMany }
        let sort = AuditSort(record)
        if let known = waiting[sort] {
            record.at = known.at
            record.request = known.request
            record.amount += known.amount
        } else {
            order.append(sort)
        }
        waiting[sort] = record
    }

    mutating func take() -> [AuditRecord] {
        defer { self = AuditBatch() }
        return order.compactMap { waiting[$0] }
    }
}

/// The refusals of strangers that wait.
private struct StrangerRecords {
    /// When the window began, milliseconds since 1970; nil before the first.
    private var since: Int64?
    /// What was told apart in the window, by tenant.
    private var named: [String: Set<AuditSort>] = [:]
    /// What is written with the next.
    private var due = AuditBatch()
    /// What is counted until the window is over.
    private var counted = AuditBatch()

    mutating func add(_ record: AuditRecord) {
        closeWindow(at: record.at)
        if since == nil { since = record.at }
        var record = record
        if named[record.tenant] == nil, named.count >= AuditTrail.strangersTenantsMax { record.tenant = "" }
        let sort = AuditSort(record)
        let known = named[record.tenant] ?? []
        if due.has(sort) {
            due.add(record)
        } else if known.contains(sort) {
            counted.add(record)
        } else if known.count < AuditTrail.strangersMax {
            named[record.tenant, default: []].insert(sort)
            due.add(record)
        } else {
            counted.add(record.ofMany)
        }
    }

    mutating func putBack(_ record: AuditRecord) { due.add(record) }

    mutating func take(at now: Int64?) -> [AuditRecord] {
        guard let now else { return due.take() + counted.take() }
        closeWindow(at: now)
        return due.take()
    }

    /// Makes what was counted due once its window is over, also when the clock was set back.
    private mutating func closeWindow(at now: Int64) {
        guard let begun = since, now < begun || now - begun >= AuditTrail.strangersWindowMs else { return }
        for record in counted.take() { due.add(record) }
        (since, named) = (nil, [:])
    }
}
