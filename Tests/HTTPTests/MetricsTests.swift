import Catalog
import CoveyTesting
import Outbound
import Testing

/// What the server counts, as Prometheus reads it.
struct MetricsTests {
    private static func turn(_ app: TestApp) async throws {
        let body: JSONValue = ["messages": messages("Hello"), "stream": false]
        let reply = try await app.client.agent("a", of: "p").send("POST", "/run/api/chat", body)
        try #require(reply.status == 200, "\(reply.text)")
    }

    /// The value of the line that begins so; nil where there is none.
    private static func value(_ text: String, _ series: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { $0.split(separator: " ").last.flatMap { Double($0) } }
    }

    @Test func `requests, turns and models are counted, and the text is Prometheus's`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            for _ in 1...3 { try await Self.turn(app) }
            #expect(try await app.client.send("GET", "/nowhere/at/all").status == 404)
            let reply = try await app.client.send("GET", "/metrics")
            #expect(reply.status == 200)
            #expect(reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let text = reply.text
            #expect(Self.value(text, "covey_runs_total{outcome=\"completed\",code=\"\"}") == 3)
            #expect(Self.value(text, "covey_http_requests_total{operation=\"none\",status=\"404\"}") == 1)
            let called = text.split(separator: "\n").filter { $0.hasPrefix("covey_model_calls_total{") }
            #expect(called.count == 1 && called[0].contains("provider=\"mock\"") && called[0].hasSuffix(" 3"))
            #expect(text.contains("kind=\"output\""))
            #expect(Self.value(text, "covey_runs_active") == 0 && Self.value(text, "covey_runs_waiting") == 0)
            for name in ["covey_store_commits_total", "process_resident_memory_bytes", "process_open_fds"] {
                #expect((Self.value(text, name) ?? 0) > 0, "\(name)")
            }
            Self.checkFormat(text)
        }
    }

    /// Each series after its type, buckets that grow up to the count, no line twice.
    private static func checkFormat(_ text: String) {
        var (typed, seen, last): (String, Set<Substring>, Double) = ("", [], 0)
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                typed = String(line.split(separator: " ")[2])
                continue
            }
            if line.hasPrefix("# HELP ") { continue }
            let series = line.prefix(upTo: line.lastIndex(of: " ") ?? line.endIndex)
            #expect(series.hasPrefix(typed), "\(line) under \(typed)")
            #expect(seen.insert(series).inserted, "\(series) twice")
            guard let value = line.split(separator: " ").last.flatMap({ Double($0) }) else {
                Issue.record("no number: \(line)")
                continue
            }
            if series.contains("_bucket{") {
                #expect(series.contains("le=\"0.0005\"") || series.contains("le=\"0.05\"") || value >= last, "\(line)")
                last = value
            }
        }
    }

    @Test func `without a token this machine alone reads them, and with one whoever has it`() async throws {
        try await TestApp.run { app in
            for field in ["x-forwarded-for", "forwarded"] {
                let reply = try await app.client.send("GET", "/metrics", headers: [field: "203.0.113.9"])
                #expect(reply.status == 403 && !reply.text.contains("covey_"), "\(field)")
            }
        }
        var options = TestApp.Options()
        options.metricsToken = "token-of-the-scraper"
        try await TestApp.run(options) { app in
            #expect(try await app.client.send("GET", "/metrics").status == 401)
            let wrong = try await app.client.send("GET", "/metrics", headers: ["authorization": "Bearer nonsense"])
            #expect(wrong.status == 401 && !wrong.text.contains("covey_"))
            let right = try await app.client.send(
                "GET", "/metrics",
                headers: ["authorization": "Bearer token-of-the-scraper", "x-forwarded-for": "203.0.113.9"])
            #expect(right.status == 200 && right.text.contains("covey_build_info"))
        }
    }
}
