public import Events
import Store

/// A run as a reader sees it: the whole log, from wherever the reader is, while it grows. Any number of readers, slow
/// or fast, early or late, see the same events, whichever process drives the run, and while none does.
public struct RunHandle: Sendable {
    /// The run's id.
    public var run: String { key.id }
    /// The conversation's id.
    public let conversation: String

    let key: RunKey
    /// The run as this process drove it when the reader came; nil when it did not.
    private let active: ActiveRun?
    private let registry: Registry
    private let world: RuntimeWorld

    /// How many events are read at once.
    private static let page = 1000
    /// How often the log of a run that another process drives is looked at.
    private static let interval = Duration.milliseconds(250)
    /// How often that of a run that waits for a person is looked at, where no process of ours goes on with it.
    private static let waitingInterval = Duration.seconds(2)

    init(
        _ key: RunKey, in conversation: String, _ active: ActiveRun?, _ registry: Registry, _ world: RuntimeWorld
    ) {
        self.key = key
        self.active = active
        self.conversation = conversation
        self.registry = registry
        self.world = world
    }

    /// The events after number `sequence` (0 for all) that are there, at most some thousands; waits until there are
    /// any. Empty only when the run is over and has no more, or has waited for a person as long as a reader waits
    /// (`RuntimeLimits.suspendedReaderMs`).
    ///
    /// - Throws: `CancellationError` when the reader's task is cancelled, and why the log cannot be read or written.
    public func next(after sequence: Int64) async throws -> [LoggedEvent] {
        var since: Duration?
        while true {
            let tried = registry.run(run) ?? active
            if let events = try await tried?.next(after: sequence) { return events }
            let lookout = registry.lookOut(for: run)
            defer { registry.end(lookout) }
            if let now = registry.run(run), now !== tried { continue }
            let row = try await world.store.run(key)
            // Read after the row, so that a run seen as over has all its events.
            let events = try await world.store.events(key, after: sequence, limit: Self.page)
            if !events.isEmpty { return try events.map { try LoggedEvent($0) } }
            guard let row, !row.status.isFinished else { return [] }
            if row.status == .waiting {
                let now = world.clock.elapsed()
                if now - (since ?? now) >= .milliseconds(world.limits.suspendedReaderMs) { return [] }
                since = since ?? now
                try await wait(lookout, atMost: Self.waitingInterval)
            } else {
                try await wait(lookout, atMost: Self.interval)
            }
        }
    }

    private func wait(_ lookout: Registry.Lookout, atMost limit: Duration) async throws {
        let clock = world.clock
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await lookout.arrival() }
            group.addTask { try await clock.pause(for: limit) }
            try await group.next()
            group.cancelAll()
            // The one that lost was cancelled, which is no error of ours.
            while let _ = try? await group.next() {}
        }
        try Task.checkCancellation()
    }

    /// Waits for the end and returns the whole log.
    ///
    /// - Throws: as `next(after:)`.
    public func all() async throws -> [LoggedEvent] {
        var log: [LoggedEvent] = []
        while true {
            let more = try await next(after: log.last?.sequence ?? 0)
            guard !more.isEmpty else { return log }
            log += more
            if case .finished = more[more.count - 1].event { return log }
        }
    }

    /// The log as far as it is written.
    func log() async throws -> [LoggedEvent] {
        var log: [LoggedEvent] = []
        while true {
            let more = try await world.store.events(key, after: log.last?.sequence ?? 0, limit: Self.page)
            guard !more.isEmpty else { return log }
            log += try more.map { try LoggedEvent($0) }
        }
    }
}

extension LoggedEvent {
    init(_ stored: StoredEvent) throws(RunEventCodingError) {
        self.init(
            sequence: stored.sequence, at: stored.at, event: try RunEvent(type: stored.type, body: stored.body))
    }
}
