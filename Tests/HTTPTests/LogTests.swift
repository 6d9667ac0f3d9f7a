import Catalog
import CoveyTesting
import Logging
import Outbound
import Testing

@testable import HTTP

/// What people who operate the server find in its log.
struct LogTests {
    @Test func `a run that fails is in the log with its run and its request, and nothing that was said`() async throws {
        let log = LogCapture()
        var options = TestApp.Options()
        options.log = log
        options.scripts = ["no": "turns:\n  - fail: {kind: auth, message: It failed.}\n"]
        try await TestApp.run(options) { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            let models: JSONValue = ["models": ["base": ["model": "scripted/no"]]]
            #expect(try await app.client.send("PUT", tenantPath + "/projects/p", models).status == 200)
            let body: JSONValue = ["messages": messages("My secret is plonk"), "stream": false]
            let reply = try await app.client.agent("a", of: "p").send(
                "POST", "/run/api/chat", body, headers: ["x-request-id": "req-of-the-failure"])
            #expect(reply.status == 502, "\(reply.text)")
            let runs = try await app.client.send("GET", tenantPath + "/projects/p/runs").data
            let run = try #require(runs["runs"]?[0]?["id"]?.string)
            let lines = log.text.split(separator: "\n").filter { $0.contains("a run failed") }
            #expect(lines.count == 1 && lines[0].hasPrefix("warning"))
            for part in [run, "req-of-the-failure", "auth"] { #expect(lines[0].contains(part), "\(part)") }
            #expect(!log.text.contains("plonk"))
        }
    }

    @Test func `a line of JSON has time, level, message and what it is about, whatever is in them`() throws {
        let lines = Shared<[String]>([])
        var handler = JSONLogHandler(label: "covey", now: { 1_767_607_200_000 }, write: { lines.value.append($0) })
        handler.logLevel = .trace
        var logger = Logger(label: "covey") { [handler] _ in handler }
        logger[metadataKey: "run"] = "r1"
        logger.warning("two\nlines \"quoted\"", metadata: ["request": "q1", "message": "not instead of it"])
        let line = try #require(lines.value.first)
        #expect(lines.value.count == 1 && line.hasSuffix("}\n") && line.dropLast().contains("\n") == false)
        #expect(
            try JSONValue(parsing: line.utf8) == [
                "time": "2026-01-05T10:00:00.000Z", "level": "warning", "message": "two\nlines \"quoted\"",
                "logger": "covey", "request": "q1", "run": "r1",
            ])
    }
}
