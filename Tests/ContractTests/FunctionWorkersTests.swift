import Catalog
import CoveyTesting
import Foundation
import Outbound
import Testing

/// The workers of the built server, seen from outside.
@Suite(.enabled(if: BuiltServer.binary != nil, "covey is not built beside the tests"), .timeLimit(.minutes(8)))
struct FunctionWorkersTests {
    /// The processes that descend from one, by their ids.
    private static func descendants(of process: Int32) -> Set<Int32> {
        let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        let parents = ids.compactMap { id -> (Int32, Int32)? in
            guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")"),
                let parent = text[end...].split(separator: " ").dropFirst(2).first.flatMap({ Int32($0) })
            else { return nil }
            return (id, parent)
        }
        var found: Set<Int32> = []
        var last = -1
        while found.count != last {
            last = found.count
            for (id, parent) in parents where parent == process || found.contains(parent) { found.insert(id) }
        }
        return found
    }

    private static func isThere(_ process: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return false }
        // A zombie is gone, and waits for whoever adopted it.
        return !text[end...].hasPrefix(") Z")
    }

    private static let script = """
        turns:
          - when: {step: 0}
            call: {tool: spin, input: {}}
          - say: "Done."
        """

    /// A server whose function is at work, and never ends.
    private func withBusyServer(_ body: (BuiltServer, Set<Int32>) async throws -> Void) async throws {
        let folder = try DataFolder(scripts: ["spins.yaml": Self.script])
        let server = try await BuiltServer(
            folder: folder.url, environment: ["AGENTS_FUNCTION_TOOL_EXECUTION_TIMEOUT_MS_DEFAULT": "600000"])
        try await server.makeProject("p", model: "scripted/spins")
        let path = "/manage/tenants/default/projects/p"
        let bodies: [(String, JSONValue)] = [
            ("/functions", ["id": "f", "executeCode": "() => { for (;;) {} }"]),
            ("/agents/agent/function-tools", ["id": "t", "name": "spin", "description": "Spins.", "functionId": "f"]),
            ("/agents/agent/sub-agent-function-tools", ["subAgentId": "main", "functionToolId": "t"]),
        ]
        for (place, body) in bodies {
            let answer = try await server.client.call("POST", path + place, body)
            try #require(answer.status == 201, "\(answer.body.jsonText)")
        }
        let turn: JSONValue = ["model": "x", "stream": true, "messages": [["role": "user", "content": "spin"]]]
        let response = try await server.client.send(
            "POST", "/run/v1/chat/completions", turn, headers: BuiltServer.scope("p"))
        try #require(response.status == 200)
        // One of its workers uses processor time for longer than a start takes.
        var busy: Set<Int32> = []
        while !busy.contains(where: { Self.processorTicks($0) > 100 }) {
            busy = Self.descendants(of: server.process.processIdentifier)
            await Task.yield()
        }
        try await body(server, busy)
        withExtendedLifetime(response) {}
    }

    private static func processorTicks(_ process: Int32) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        return text[end...].split(separator: " ").dropFirst(12).prefix(2).compactMap { Int($0) }.reduce(0, +)
    }

    @Test func `a server that is killed leaves no worker behind, even one that is at work`() async throws {
        try await withBusyServer { (server, workers) async throws in
            server.kill()
            while workers.contains(where: Self.isThere) { await Task.yield() }
        }
    }

    @Test func `a server that is stopped ends its workers`() async throws {
        try await withBusyServer { (server, workers) async throws in
            #expect(server.stop() == 0)
            while workers.contains(where: Self.isThere) { await Task.yield() }
        }
    }
}
