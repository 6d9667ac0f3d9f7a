import Catalog
import Events

/// The committed events of a run that are kept in memory, and the readers that wait for more.
struct Feed {
    /// What a reader gets.
    enum Reading {
        /// These; none when the run is over.
        case events([LoggedEvent])
        /// Nothing yet.
        case wait
        /// What it wants has left memory: the store has it.
        case gone
        /// The run cannot go on in this process.
        case failure(any Error)
    }

    private var events: [LoggedEvent] = []
    /// The number of the event before the first in memory.
    private var before: Int64
    private var bytes = 0
    private let limit: Int
    private var readers: [Int: CheckedContinuation<Void, any Error>] = [:]
    private var readerCount = 0
    /// Whether the last event of the run is here.
    private(set) var isOver = false

    init(after sequence: Int64, limit: Int) {
        before = sequence
        self.limit = limit
    }

    /// The number of the last event.
    var last: Int64 { before + Int64(events.count) }

    mutating func append(_ batch: [LoggedEvent]) {
        events += batch
        for event in batch {
            bytes += Self.size(event)
            if case .finished = event.event { isOver = true }
        }
        guard bytes > limit else { return }
        var dropped = 0
        while bytes > limit, dropped < events.count - batch.count {
            bytes -= Self.size(events[dropped])
            dropped += 1
        }
        events.removeFirst(dropped)
        before += Int64(dropped)
    }

    /// Lets go of all events: from here on the store has them.
    mutating func forget() {
        before = last
        events = []
        bytes = 0
    }

    /// An estimate of what an event takes in memory, bytes.
    private static func size(_ event: LoggedEvent) -> Int {
        switch event.event {
        case .text(_, let text), .reasoning(_, let text): 64 + text.utf8.count
        case .toolEnded(_, let outcome): 128 + (outcome.output.string?.utf8.count ?? 512)
        case .data(_, let data): 256 + data.body.jsonBytes.count + (data.kept?.jsonBytes.count ?? 0)
        default: 512
        }
    }

    func has(after sequence: Int64) -> Bool { last > sequence || isOver }

    func read(after sequence: Int64) -> Reading {
        if sequence < before { return .gone }
        let position = Int(sequence - before)
        if position < events.count { return .events(Array(events[position...])) }
        return isOver ? .events([]) : .wait
    }

    mutating func nextReader() -> Int {
        readerCount += 1
        return readerCount
    }

    mutating func wait(_ reader: Int, _ continuation: CheckedContinuation<Void, any Error>) {
        readers[reader] = continuation
    }

    mutating func leave(_ reader: Int) -> CheckedContinuation<Void, any Error>? {
        readers.removeValue(forKey: reader)
    }

    mutating func takeReaders() -> [CheckedContinuation<Void, any Error>] {
        guard !readers.isEmpty else { return [] }
        defer { readers = [:] }
        return Array(readers.values)
    }
}
