import Catalog
import Events
public import Outbound
public import Store
import Synchronization

/// How traces are handed to a collector (OpenTelemetry's environment variables).
public struct TraceExport: Sendable, Equatable {
    /// Where traces are posted: `http://localhost:4318/v1/traces`.
    public var address: String
    /// Header fields of each request, for instance a key. Never shown.
    public var headers: HTTPHeaders
    /// `service.name`.
    public var service: String
    /// `service.version`.
    public var version: String
    /// Whether what was said is handed over too.
    public var includesContent: Bool

    /// Settings from their parts.
    public init(
        address: String, headers: HTTPHeaders = [:], service: String = "covey", version: String = "0",
        includesContent: Bool = false
    ) {
        self.address = address
        self.headers = headers
        self.service = service
        self.version = version
        self.includesContent = includesContent
    }
}

/// Hands the traces of runs that ended to a collector by OTLP/HTTP, beside the runs: a run only leaves its name here.
/// The trace is made of the log when its turn comes. What does not fit is dropped and counted; nothing waits.
public final class TraceExporter: Sendable {
    /// Runs whose traces wait at most.
    public static let runsMax = 4096
    /// Runs that share a request.
    static let batchMax = 64
    /// How long a request may take.
    static let timeout = Duration.seconds(10)
    /// How often a request is made that the collector asks to make again; the wait doubles from a second.
    static let attemptsMax = 5
    /// How long the last request at the end of the process may take.
    static let farewell = Duration.seconds(3)

    private struct State {
        var waiting: [RunKey] = []
        var sleeper: CheckedContinuation<Void, Never>?
        var isStopping = false
    }

    private let export: TraceExport
    private let client: HTTPClient
    private let metrics: Metrics
    private let clock: RuntimeClock
    private let report: RunReporter
    private let state = Mutex(State())

    /// An exporter that does nothing before `run`.
    public init(
        _ export: TraceExport, client: HTTPClient, metrics: Metrics, clock: RuntimeClock, report: RunReporter = .none
    ) {
        self.export = export
        self.client = client
        self.metrics = metrics
        self.clock = clock
        self.report = report
    }

    /// Takes note of a run that ended. Never waits.
    func offer(_ run: RunKey) {
        let (isTaken, sleeper) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard state.waiting.count < Self.runsMax else { return (false, nil) }
            state.waiting.append(run)
            defer { state.sleeper = nil }
            return (true, state.sleeper)
        }
        if !isTaken { metrics.tracesExported("dropped").add() }
        sleeper?.resume()
    }

    /// Exports until `stop`, and then what is left, as far as the collector takes it at once.
    public func run(_ store: Store) async {
        while let batch = await next() {
            let isLast = state.withLock { $0.isStopping }
            await send(batch, store, isLast: isLast)
        }
    }

    /// Makes `run` return once nothing waits.
    public func stop() {
        let sleeper = state.withLock { state in
            state.isStopping = true
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// The next runs; waits for them. Nil when it stops and none is left.
    private func next() async -> [RunKey]? {
        while true {
            let (batch, isOver) = state.withLock { state in
                let batch = Array(state.waiting.prefix(Self.batchMax))
                state.waiting.removeFirst(batch.count)
                return (batch, batch.isEmpty && state.isStopping)
            }
            if isOver { return nil }
            if !batch.isEmpty { return batch }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isDue = state.withLock { state in
                    if !state.waiting.isEmpty || state.isStopping { return true }
                    state.sleeper = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        }
    }

    // MARK: Sending

    private func send(_ runs: [RunKey], _ store: Store, isLast: Bool) async {
        var spans: [JSONValue] = []
        var count = 0
        for run in runs {
            do {
                // Nil where whoever called said that the trace is not kept.
                guard let trace = try await trace(run, store) else { continue }
                count += 1
                spans += trace.spans.map { OTLPSpan(trace, $0, run).json }
            } catch {
                // Where the log cannot be read there is nothing to hand over.
                metrics.tracesExported("dropped").add()
            }
        }
        guard count > 0 else { return }
        let isTaken = await post(OTLPSpan.request(spans, export), isLast: isLast)
        metrics.tracesExported(isTaken ? "exported" : "dropped").add(count)
    }

    private func trace(_ key: RunKey, _ store: Store) async throws -> RunTrace? {
        var fold = TraceFold(run: key.id, keepsContent: export.includesContent)
        var last: Int64 = 0
        while true {
            let events = try await store.events(key, after: last)
            guard let end = events.last else { break }
            for event in events { fold.add(try LoggedEvent(event)) }
            last = end.sequence
        }
        guard fold.identity.parent?.isSampled != false else { return nil }
        return fold.trace
    }

    /// Posts a request, again where the collector asks for that (OTLP specification, "Failures"). Whether it was taken.
    private func post(_ body: JSONValue, isLast: Bool) async -> Bool {
        var headers = export.headers
        headers["Content-Type"] = "application/json"
        let request = HTTPRequest(
            method: "POST", url: export.address, headers: headers, body: body.jsonBytes,
            timeouts: HTTPTimeouts(connect: Self.farewell, total: isLast ? Self.farewell : Self.timeout))
        var wait = Duration.seconds(1)
        for attempt in 1...(isLast ? 1 : Self.attemptsMax) {
            let problem: String
            var retryAfter: Duration?
            do throws(OutboundError) {
                let response = try await client.send(request)
                _ = try? await response.body.collect(bytesMax: 65_536)
                if (200..<300).contains(response.status) { return true }
                problem = "it answered \(response.status)"
                guard [429, 502, 503, 504].contains(response.status) else { return give(up: problem) }
                retryAfter = response.headers["Retry-After"].flatMap { Int($0) }.map { .seconds(min(max($0, 0), 60)) }
            } catch {
                problem = "\(error)"
            }
            if isLast || attempt == Self.attemptsMax || state.withLock({ $0.isStopping }) { return give(up: problem) }
            guard (try? await clock.pause(for: retryAfter ?? wait)) != nil else { return give(up: problem) }
            wait *= 2
        }
        return false
    }

    private func give(up problem: String) -> Bool {
        report.say(RunReport(.warning, "traces could not be handed to the collector: \(problem)"))
        return false
    }
}
