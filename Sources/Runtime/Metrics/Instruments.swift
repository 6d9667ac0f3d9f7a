import Synchronization

/// A number that only grows. Counting is one atomic addition.
public final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    /// From 0.
    public init() {}

    /// Adds to it.
    public func add(_ amount: Int = 1) { value.wrappingAdd(amount, ordering: .relaxed) }

    /// Where it stands.
    public var count: Int { value.load(ordering: .relaxed) }
}

/// How long things take: counted in buckets. Noting one is two atomic additions.
public final class Histogram: Sendable {
    /// The upper bounds of the buckets but the last, microseconds, growing.
    let bounds: [Int]
    /// One more than there are bounds.
    let buckets: [Counter]
    /// All times together, microseconds.
    let sum = Counter()

    /// Of these bounds, microseconds.
    init(_ bounds: [Int]) {
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Counter() }
    }

    /// Notes one.
    public func note(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let micros = max(0, Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000))
        let place = bounds.firstIndex { micros <= $0 } ?? bounds.count
        buckets[place].add()
        sum.add(micros)
    }

    /// For what a server does itself: half a millisecond to ten seconds.
    static let quick = [
        500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 10_000_000,
    ]
    /// For what models, tools and whole runs take: fifty milliseconds to ten minutes.
    static let slow = [
        50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
        600_000_000,
    ]
}

/// Instruments of one name that labels tell apart. Looking one up costs a lock that nobody holds for long.
public final class Family<Instrument: Sendable>: Sendable {
    /// Instruments of one family at most: what comes after them is counted together, each label as `other`, so that
    /// names that users choose cannot fill the memory.
    static var seriesMax: Int { 1000 }

    /// The names of the labels.
    let labels: [String]
    private let make: @Sendable () -> Instrument
    private let instruments = Mutex<[[String]: Instrument]>([:])

    init(_ labels: [String], _ make: @escaping @Sendable () -> Instrument) {
        self.labels = labels
        self.make = make
    }

    /// The instrument for these values of the labels, in the order of their names.
    public func callAsFunction(_ values: String...) -> Instrument {
        instruments.withLock { instruments in
            if let found = instruments[values] { return found }
            let key = instruments.count < Self.seriesMax ? values : values.map { _ in "other" }
            if let found = instruments[key] { return found }
            let made = make()
            instruments[key] = made
            return made
        }
    }

    /// All that were used, in the order of their labels.
    var all: [(values: [String], instrument: Instrument)] {
        instruments.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }
}
