import CoveyTesting
import Catalog
import Foundation
import Outbound
import Store
import Synchronization
import Testing

/// The real binary, killed at many points. What was answered or streamed as finished is there afterwards, what was
/// unfinished is picked up, and the conversation goes on.
struct DurabilityTests {
    private static let words = (1...40).map { "word\($0)" }.joined(separator: " ")
    private static let script = """
        delayMs: 2
        turns:
          - say: "You said {{user}}: \(words)"
        """

    private static func answer(to text: String) -> String { "You said \(text): \(words)" }

    private static func chat(_ text: String, _ conversation: String, stream: Bool) -> JSONValue {
        [
            "stream": .bool(stream), "conversationId": .string(conversation),
            "messages": [["role": "user", "content": .string(text)]],
        ]
    }

    /// Kills after the client saw so many events of the second turn; 0 kills as soon as the request is on its way.
    @Test(
        .timeLimit(.minutes(8)),
        arguments: [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 21, 26, 30, 34, 38, 41, 44, 46, 48, 50])
    func `killed after so many events of an answer`(_ events: Int) async throws {
        let folder = try DataFolder(scripts: ["slow.yaml": Self.script])
        let scope = BuiltServer.scope("shop")
        var server = try await BuiltServer(folder: folder.url)
        try await server.makeProject("shop", model: "scripted/slow.yaml")
        let first = try await server.client.call(
            "POST", "/run/api/chat", Self.chat("one", "c1", stream: false), headers: scope)
        try #require(first.status == 200)
        #expect(first.body["choices"]?[0]?["message"]?["content"]?.string == Self.answer(to: "one"))

        var seen = UIStream()
        let response = try await server.client.send(
            "POST", "/run/api/chat", Self.chat("two", "c1", stream: true), headers: scope)
        try #require(response.status == 200)
        await seen.read(response.body) { $0.ids.count >= events }
        server.kill()

        server = try await BuiltServer(folder: folder.url)
        try await resume(after: seen, on: server, scope)
        let third = try await server.client.call(
            "POST", "/run/api/chat", Self.chat("three", "c1", stream: false), headers: scope)
        #expect(third.status == 200, "\(third.body.jsonText)")
        #expect(third.body["choices"]?[0]?["message"]?["content"]?.string == Self.answer(to: "three"))
        #expect(server.stop() == 0)
        try await check(folder, "c1", said: ["one", "two", "three"], events)
    }

    private func resume(after seen: UIStream, on server: BuiltServer, _ scope: HTTPHeaders) async throws {
        var headers = scope
        headers["Last-Event-ID"] = seen.ids.last
        let response = try await server.client.send("GET", "/run/v1/conversations/c1/stream", headers: headers)
        if seen.isDone {
            #expect(response.status == 200 || response.status == 204)
            return
        }
        try #require(response.status == 200)
        var rest = UIStream()
        await rest.read(response.body)
        #expect(rest.isDone, "the resumed stream ends")
        #expect(rest.isFinished || seen.isFinished)
        #expect(Set(rest.ids).isDisjoint(with: seen.ids), "nothing is sent twice")
    }

    /// Several conversations at once, killed when so many answers are complete: each of those is there.
    @Test(.timeLimit(.minutes(8)), arguments: [1, 3, 5, 9])
    func `killed among many turns`(_ answers: Int) async throws {
        let folder = try DataFolder(scripts: ["slow.yaml": Self.script])
        var server = try await BuiltServer(folder: folder.url)
        try await server.makeProject("shop", model: "scripted/slow.yaml")
        let running = server.client
        let promised = await withTaskGroup(of: String?.self) { group in
            for number in 0..<12 {
                group.addTask {
                    let chat = Self.chat("n\(number)", "many\(number)", stream: false)
                    let answer = try? await running.call(
                        "POST", "/run/api/chat", chat, headers: BuiltServer.scope("shop"))
                    return answer?.status == 200 ? "\(number)" : nil
                }
            }
            var promised: [String] = []
            while promised.count < answers, let number = await group.next() {
                if let number { promised.append(number) }
            }
            server.kill()
            for await number in group { if let number { promised.append(number) } }
            return promised
        }
        #expect(promised.count >= answers)
        server = try await BuiltServer(folder: folder.url)
        for number in promised {
            let next = try await server.client.call(
                "POST", "/run/api/chat", Self.chat("again", "many\(number)", stream: false),
                headers: BuiltServer.scope("shop"))
            #expect(next.status == 200)
        }
        #expect(server.stop() == 0)
        for number in promised { try await check(folder, "many\(number)", said: ["n\(number)", "again"], answers) }
    }

    /// Agents that are made with keys, killed when so many were answered. Sent again each is there once, with the
    /// answer that it had: effect and answer are kept together.
    @Test(.timeLimit(.minutes(8)), arguments: [0, 1, 4, 9])
    func `killed among many writes with keys`(_ answers: Int) async throws {
        let folder = try DataFolder()
        var server = try await BuiltServer(folder: folder.url)
        try await server.makeProject("shop", model: "mock/m")
        let path = "/manage/tenants/default/projects/shop/agents"
        @Sendable func make(_ number: Int, _ client: ServerClient) async throws -> (status: Int, body: JSONValue) {
            try await client.call(
                "POST", path, ["id": .string("a\(number)"), "name": .string("Agent \(number)")],
                headers: ["Idempotency-Key": "key-\(number)"])
        }
        let running = server.client
        let given = await withTaskGroup(of: (Int, JSONValue)?.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let answer = try? await make(number, running)
                    return answer.flatMap { $0.status == 201 ? (number, $0.body) : nil }
                }
            }
            var given: [Int: JSONValue] = [:]
            while given.count < answers, let answer = await group.next() {
                if let (number, body) = answer { given[number] = body }
            }
            server.kill()
            for await answer in group { if let (number, body) = answer { given[number] = body } }
            return given
        }
        server = try await BuiltServer(folder: folder.url)
        for number in 0..<16 {
            let again = try await make(number, server.client)
            #expect(again.status == 201, "\(again.body.jsonText)")
            if let before = given[number] { #expect(again.body == before) }
        }
        let list = try await server.client.call("GET", path + "?limit=100&q=Agent+")
        #expect(list.body["pagination"]?["total"] == 16)
        #expect(server.stop() == 0)
    }

    /// The conversation holds each message with its answer, in order, and the file is whole.
    private func check(_ folder: DataFolder, _ conversation: String, said: [String], _ label: Int) async throws {
        let file = folder.url.appending(path: "covey.db").path(percentEncoded: false)
        let store = try await Store.open(url: "sqlite:\(file)", containers: [])
        let key = ConversationKey(tenant: "default", project: "shop", id: conversation)
        let messages = try await store.messages(key, limit: 100)
        await store.close()
        let texts = messages.map { $0.content["text"]?.string ?? "" }
        #expect(texts == said.flatMap { [$0, Self.answer(to: $0)] }, "killed at \(label)")
        #expect(messages.map(\.role) == said.flatMap { _ in ["user", "agent"] })
        if Python.missing == nil { #expect(try await Python.run("integrity.py", [file]).output == "ok\n") }
    }

    @Test(.timeLimit(.minutes(8)), .enabled(if: Tmpfs.missing == nil, Tmpfs.missing))
    func `a full disk is an error, not a loss`() async throws {
        let disk = try Tmpfs(mebibytes: 4)
        let scope = BuiltServer.scope("shop")
        var server = try await BuiltServer(folder: disk.url)
        try await server.makeProject("shop", model: "mock/echo")
        let text = String(repeating: "x", count: 100_000)
        var answered: [String] = []
        var refused: (status: Int, body: JSONValue)?
        for number in 0..<100 where refused == nil {
            let answer = try await server.client.call(
                "POST", "/run/api/chat", Self.chat("\(number) \(text)", "c\(number)", stream: false), headers: scope)
            if answer.status == 200 { answered.append("c\(number)") } else { refused = answer }
        }
        let refusal = try #require(refused, "the disk never filled")
        #expect(refusal.status == 507 || refusal.status == 503 || refusal.status == 500, "\(refusal.body.jsonText)")
        #expect(!answered.isEmpty)
        server.kill()
        try disk.grow(to: 64)
        server = try await BuiltServer(folder: disk.url)
        for conversation in answered.suffix(3) {
            let next = try await server.client.call(
                "POST", "/run/api/chat", Self.chat("next", conversation, stream: false), headers: scope)
            #expect(next.status == 200, "\(next.body.jsonText)")
        }
        #expect(server.stop() == 0)
        if Python.missing == nil {
            let file = disk.url.appending(path: "covey.db").path(percentEncoded: false)
            #expect(try await Python.run("integrity.py", [file]).output == "ok\n")
        }
    }
}

/// A small disk of its own, for filling.
final class Tmpfs {
    /// Why there can be none here, or nil when there can.
    static let missing: Comment? = {
        guard getuid() == 0 else { return "mounting a small disk needs root" }
        guard let disk = try? Tmpfs(mebibytes: 1) else { return "this machine does not let tests mount a disk" }
        _ = disk
        return nil
    }()

    let url: URL

    init(mebibytes: Int) throws {
        url = FileManager.default.temporaryDirectory.appending(path: "covey-disk-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try mount("-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=700", "tmpfs")
    }

    func grow(to mebibytes: Int) throws { try mount("-o", "remount,size=\(mebibytes)m") }

    private func mount(_ arguments: String...) throws {
        try Self.run("/bin/mount", arguments + [url.path(percentEncoded: false)])
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    deinit {
        try? Self.run("/bin/umount", [url.path(percentEncoded: false)])
        try? FileManager.default.removeItem(at: url)
    }
}
