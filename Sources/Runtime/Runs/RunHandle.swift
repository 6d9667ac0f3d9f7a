public import Events
import Store

/// A run as a reader sees it: the whole log, from wherever the reader is, while it grows. Any number of readers, slow
/// or fast, early or late, see the same events.
public struct RunHandle: Sendable {
    /// The run's id.
    public let run: String
    /// The conversation's id.
    public let conversation: String

    private let source: Source

    private enum Source: Sendable {
        case active(ActiveRun)
        case stored(StoredRun)
    }

    init(_ active: ActiveRun) {
        run = active.key.id
        conversation = active.conversation.id
        source = .active(active)
    }

    init(_ stored: StoredRun) {
        run = stored.key.id
        conversation = stored.conversation
        source = .stored(stored)
    }

    /// The events after number `sequence` (0 for all) that are there, at most some thousands; waits until there are
    /// any. Empty only when the run is over and has no more.
    ///
    /// - Throws: `CancellationError` when the reader's task is cancelled, and why the log cannot be read or written.
    public func next(after sequence: Int64) async throws -> [LoggedEvent] {
        switch source {
        case .active(let active):
            if let events = try await active.next(after: sequence) { return events }
            return try await StoredRun(active).next(after: sequence)
        case .stored(let stored): return try await stored.next(after: sequence)
        }
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
}

/// A run that is read from the store: it is over, or another process drives it.
struct StoredRun: Sendable {
    let key: RunKey
    let conversation: String
    let world: RuntimeWorld

    /// How many events are read at once.
    private static let page = 1000
    /// How often the log of a run that another process drives is looked at.
    private static let interval = Duration.milliseconds(250)

    init(_ row: RunRow, _ world: RuntimeWorld) {
        key = row.key
        conversation = row.conversation
        self.world = world
    }

    init(_ active: ActiveRun) {
        key = active.key
        conversation = active.conversation.id
        world = active.world
    }

    func next(after sequence: Int64) async throws -> [LoggedEvent] {
        while true {
            let row = try await world.store.run(key)
            // Read after the row, so that a run seen as over has all its events.
            let events = try await world.store.events(key, after: sequence, limit: Self.page)
            if !events.isEmpty { return try events.map { try LoggedEvent($0) } }
            guard let row, !row.status.isFinished else { return [] }
            try await world.clock.pause(for: Self.interval)
        }
    }

    /// The whole log.
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
