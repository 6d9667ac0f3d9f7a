/// A figure that is read when it is asked for.
public struct Gauge: Sendable {
    let name: String
    let help: String
    let labels: [(String, String)]
    let value: Double
    let isCounter: Bool

    /// A figure.
    ///
    /// - Parameter isCounter: whether it only grows while the process lives.
    public init(
        _ name: String, _ value: Double, _ help: String, labels: [(String, String)] = [], isCounter: Bool = false
    ) {
        self.name = name
        self.help = help
        self.labels = labels
        self.value = value
        self.isCounter = isCounter
    }
}

extension Metrics {
    /// All figures in Prometheus' text format, version 0.0.4.
    ///
    /// - Parameter gauges: figures that others have.
    public func text(_ gauges: [Gauge]) -> String {
        var text = MetricsText()
        text.add("covey_http_requests_total", "Requests by operation and status.", requests)
        text.add("covey_http_request_seconds", "Time to the head of the answer.", requestTimes)
        text.add("covey_runs_total", "Runs that ended, by how.", runs)
        text.head("covey_run_seconds", "Time from the beginning of a run to its end.", "histogram")
        text.add("covey_run_seconds", [], runTimes)
        text.add("covey_model_calls_total", "Calls of models by how they ended.", modelCalls)
        text.add("covey_model_call_seconds", "Time of calls of models.", modelTimes)
        text.add("covey_model_first_token_seconds", "Time to the first piece of a reply.", firstTokenTimes)
        text.add("covey_model_tokens_total", "Tokens that models read and wrote.", tokens)
        text.add("covey_tool_calls_total", "Calls of tools by how they ended.", toolCalls)
        text.add("covey_tool_call_seconds", "Time of calls of tools.", toolTimes)
        text.head("covey_leases_lost_total", "Runs that another process took over.", "counter")
        text.line("covey_leases_lost_total", [], String(leasesLost.count))
        text.head("covey_runs_resumed_total", "Runs picked up from the log.", "counter")
        text.line("covey_runs_resumed_total", [], String(runsResumed.count))
        text.add("covey_traces_exported_total", "Traces by whether the collector got them.", tracesExported)
        for gauge in gauges {
            text.head(gauge.name, gauge.help, gauge.isCounter ? "counter" : "gauge")
            text.line(gauge.name, gauge.labels, MetricsText.number(gauge.value))
        }
        return text.text
    }
}

/// Writes the text format (Prometheus exposition formats, text 0.0.4).
struct MetricsText {
    private(set) var text = ""

    mutating func head(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    mutating func add(_ name: String, _ help: String, _ family: Family<Counter>) {
        head(name, help, "counter")
        for (values, counter) in family.all { line(name, Array(zip(family.labels, values)), String(counter.count)) }
    }

    mutating func add(_ name: String, _ help: String, _ family: Family<Histogram>) {
        head(name, help, "histogram")
        for (values, histogram) in family.all { add(name, Array(zip(family.labels, values)), histogram) }
    }

    mutating func add(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
        // Read once: what comes meanwhile must not make a bucket larger than the ones above it.
        let counts = histogram.buckets.map(\.count)
        var total = 0
        for (place, count) in counts.enumerated() {
            total += count
            let bound =
                place < histogram.bounds.count ? Self.number(Double(histogram.bounds[place]) / 1_000_000) : "+Inf"
            line("\(name)_bucket", labels + [("le", bound)], String(total))
        }
        line("\(name)_sum", labels, Self.number(Double(histogram.sum.count) / 1_000_000))
        line("\(name)_count", labels, String(total))
    }

    /// The shortest text of a number, whole ones without decimals.
    static func number(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
