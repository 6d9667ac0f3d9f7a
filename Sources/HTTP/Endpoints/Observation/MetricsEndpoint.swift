import Catalog
import Cryptography
import HTTPTypes
import NIOCore
import Outbound
import Runtime
import Store

/// `GET /metrics`: what the server counts, for Prometheus. Nobody reads it but who has the token that the operator set;
/// without a token, whoever is on this machine.
struct MetricsEndpoint: Sendable {
    let metrics: Metrics
    let store: Store
    let runs: Runs
    let streams: StreamRegistry
    /// The token that opens it; nil for this machine alone.
    let token: String?
    let version: String

    /// The endpoint.
    var endpoint: Endpoint {
        let operation = Operation(
            "metrics", .get, "/metrics", tag: "Health", summary: "What the server counts, for Prometheus",
            permission: .none,
            responses: [
                Operation.Response(
                    200, "The figures.", schema: ["type": "string"], mediaType: Self.mediaType)
            ], errors: [401, 403], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            try admit(call)
            let text = metrics.text(await gauges())
            return Reply(status: 200, body: .bytes(ByteBuffer(string: text), mediaType: Self.mediaType))
        }
    }

    private static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private func admit(_ call: Call) throws(Problem) {
        if let token {
            let given = call.headers[.authorization].flatMap { field -> String? in
                let scheme = "bearer "
                return field.lowercased().hasPrefix(scheme) ? String(field.dropFirst(scheme.count)) : nil
            }
            guard let given, ConstantTime.areEqual(given, token) else { throw .unauthorized("The token is wrong") }
            return
        }
        // A proxy on this machine hands on what comes from everywhere.
        let isForwarded = call.headers[.forwarded] != nil || call.headers[.forwardedFor] != nil
        guard !isForwarded, Self.isLoopback(call.address) else {
            throw Problem(.forbidden, "Metrics are read on the server's own machine, or with COVEY_METRICS_TOKEN")
        }
    }

    private static let loopback = ["127.0.0.0/8", "::1", "::ffff:127.0.0.0/104"].compactMap { IPRange($0) }

    private static func isLoopback(_ address: String) -> Bool {
        guard let address = IPAddress(address) else { return false }
        return loopback.contains { $0.contains(address) }
    }

    private func gauges() async -> [Gauge] {
        let load = store.load
        var gauges = [
            Gauge("covey_build_info", 1, "The version that runs.", labels: [("version", version)]),
            Gauge("covey_runs_active", Double(runs.activeCount), "Runs that this process drives."),
            Gauge("covey_streams_open", Double(streams.count), "Event streams that are open."),
            Gauge(
                "covey_store_commits_total", Double(load.commits), "Transactions that were committed.",
                isCounter: true),
            Gauge("covey_store_jobs_waiting", Double(load.waiting), "Jobs that wait for the database."),
        ]
        // A database that does not answer must not hide the other figures.
        if let waiting = try? await store.waitingRuns() {
            gauges.append(Gauge("covey_runs_waiting", Double(waiting), "Runs that wait for a person."))
        }
        return gauges + ProcessFigures.gauges()
    }
}
