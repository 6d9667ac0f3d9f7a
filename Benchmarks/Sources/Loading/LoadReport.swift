public import Kit

/// What a run of the client saw.
public struct LoadReport: Sendable {
    /// Good answers to counted requests.
    public internal(set) var finished = 0
    /// Good answers in all, warm-up included.
    public internal(set) var total = 0
    /// Answers that were wrong, late or missing, warm-up included.
    public internal(set) var errors = 0
    /// What was wrong with the first of them; nil without errors.
    public internal(set) var firstError: String?
    /// Connections that had to be opened again.
    public internal(set) var reconnects = 0
    /// Milliseconds from the first written byte to the last read byte, of counted good answers.
    public internal(set) var latencies: [Double] = []
    /// Milliseconds to the first marker, of the same answers.
    public internal(set) var firstTokens: [Double] = []
    /// Seconds from the first counted request's beginning to the last answer.
    public internal(set) var seconds = 0.0
    /// Milliseconds of processor time that the client itself used.
    public internal(set) var processorMilliseconds = 0.0

    /// Counted good answers per second; 0 when there were none.
    public var rate: Double { finished > 0 && seconds > 0 ? Double(finished) / seconds : 0 }

    /// The report as the `load` program prints it.
    public var json: JSON {
        .object([
            ("finished", .count(finished)), ("total", .count(total)), ("errors", .count(errors)),
            ("first_error", firstError.map { .text($0) } ?? .null), ("reconnects", .count(reconnects)),
            ("seconds", .number(seconds)), ("turns_per_second", .number(rate)),
            ("latency_ms", Distribution(latencies).summary),
            ("first_token_ms", Distribution(firstTokens).summary),
            ("client_cpu_ms", .number(processorMilliseconds)),
        ])
    }
}
