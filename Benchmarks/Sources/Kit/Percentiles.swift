/// The distribution of a measured quantity, in the unit of the samples.
public struct Distribution: Sendable, Equatable {
    private let sorted: [Double]

    /// The samples in any order; none is allowed and answers zeros.
    public init(_ samples: [Double]) { sorted = samples.sorted() }

    /// How many samples there were.
    public var count: Int { sorted.count }

    /// The nearest-rank percentile: the smallest sample that at least `percent` (0 < percent ≤ 100) of the samples do
    /// not exceed. Always one of the samples, never between two; 0 without samples.
    public func percentile(_ percent: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let rank = (percent / 100 * Double(sorted.count)).rounded(.up)
        return sorted[min(sorted.count, max(1, Int(rank))) - 1]
    }

    /// The mean; 0 without samples.
    public var mean: Double { sorted.isEmpty ? 0 : sorted.reduce(0, +) / Double(sorted.count) }

    /// p50, p90, p99, maximum and mean, as the bench reports them.
    public var summary: JSON {
        .object([
            ("p50", .number(percentile(50))), ("p90", .number(percentile(90))), ("p99", .number(percentile(99))),
            ("max", .number(percentile(100))), ("mean", .number(mean)),
        ])
    }
}
