import Catalog
import CoveyTesting
import Cryptography
import Files
import Outbound
import Store
import Testing

/// Reading conversations: those who manage the project, and the end users whose they are.
struct ConversationTests {
    private static let managed = tenantPath + "/projects/p/conversations"
    private static let own = "/run/v1/conversations"

    /// A project with an agent `a` that answers, and its client.
    private static func withAgent(
        _ options: TestApp.Options = TestApp.Options(), _ body: @Sendable (TestApp) async throws -> Void
    ) async throws {
        try await TestApp.run(options) { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            try await body(app)
        }
    }

    /// A turn, a second after what was before.
    private static func say(_ text: String, in id: String, as user: String?, _ app: TestApp) async throws {
        app.clock.advance(by: .seconds(1))
        let client = app.client.agent("a", of: "p", as: user)
        let body: JSONValue = ["messages": messages(text), "conversationId": .string(id), "stream": false]
        let reply = try await client.send("POST", "/run/api/chat", body)
        try #require(reply.status == 200, "\(reply.text)")
    }

    private static func ids(_ list: JSONValue?) -> [String?] { (list?.array ?? []).map { $0["id"]?.string } }

    @Test func `management lists all conversations, last changed first, with a pagination of their own`() async throws {
        try await Self.withAgent { app in
            try await Self.say("One", in: "c1", as: "ann", app)
            try await Self.say("Two", in: "c2", as: "bob", app)
            try await Self.say("Three", in: "c3", as: nil, app)
            try await Self.say("Again", in: "c1", as: "ann", app)
            let all = try await app.client.send("GET", Self.managed).data
            #expect(Self.ids(all["conversations"]) == ["c1", "c3", "c2"])
            #expect(all["pagination"] == ["page": 1, "limit": 20, "total": 3, "hasMore": false])
            #expect(
                all["conversations"]?[0] == [
                    "id": "c1", "agentId": "a", "title": "One", "createdAt": "2026-01-05T10:00:01.000Z",
                    "updatedAt": "2026-01-05T10:00:04.000Z", "userId": "ann",
                ])
            #expect(all["conversations"]?[1]?["userId"] == .null)
            let first = try await app.client.send("GET", Self.managed + "?limit=2").data
            #expect(first["pagination"] == ["page": 1, "limit": 2, "total": 3, "hasMore": true])
            let second = try await app.client.send("GET", Self.managed + "?limit=2&page=2").data
            #expect(Self.ids(second["conversations"]) == ["c2"])
            #expect(second["pagination"]?["hasMore"] == false)
            let bobs = try await app.client.send("GET", Self.managed + "?userId=bob").data
            #expect(Self.ids(bobs["conversations"]) == ["c2"])
            #expect(bobs["pagination"]?["total"] == 1)
            try await app.client.check([
                Scenario(
                    "bounds", "GET", Self.managed + "?limit=201&page=0", status: 400, contains: ["/limit", "/page"]),
                Scenario(
                    "no project", "GET", tenantPath + "/projects/q/conversations", status: 404,
                    contains: ["Project not found"]),
                Scenario("far beyond the end", "GET", Self.managed + "?page=999999999999", status: 200),
            ])
        }
    }

    @Test func `management reads a conversation in both forms, and its bounds`() async throws {
        try await Self.withAgent { app in
            try await Self.say("Hello", in: "c1", as: "ann", app)
            try await Self.say("Bye", in: "c1", as: "ann", app)
            let key = ConversationKey(tenant: "default", project: "p", id: "c1")
            let whispered = MessageRow(
                conversation: key, id: "w", role: "agent", fromSubAgent: "x", toSubAgent: "y", visibility: "internal",
                type: "a2a-request", content: ["text": "psst"], createdAt: app.clock.now)
            try await app.store.commit([.message(whispered)], durability: .process)
            let path = Self.managed + "/c1"
            let detail = try await app.client.send("GET", path).data
            let said = detail["conversation"]?["messages"]?.array ?? []
            #expect(said.map { $0["role"]?.string } == ["user", "assistant", "user", "assistant"])
            #expect(said[0]["content"] == "Hello")
            #expect(said[0]["parts"] == [["type": "text", "text": "Hello"]])
            #expect(detail["conversation"]?["userProperties"] == .null)
            let context = detail["formatted"]?["llmContext"]?.string ?? ""
            #expect(context.contains("user: \"\"\"Hello\"\"\""))
            #expect(!context.contains("psst"))
            let all = try await app.client.send("GET", path + "?includeInternal=true&limit=1").data
            #expect(Self.ids(all["conversation"]?["messages"]) == ["w"])
            #expect(all["formatted"]?["llmContext"]?.string?.contains("x to y: \"\"\"psst\"\"\"") == true)
            let newest = try await app.client.send("GET", path + "?format=vercel&limit=2").data
            #expect((newest["messages"]?.array ?? []).map { $0["content"]?.string?.hasPrefix("Bye") } == [true, false])
            #expect(newest["title"] == "Hello")
            let bounds = try await app.client.send("GET", path + "/bounds").data
            #expect(bounds == ["createdAt": "2026-01-05T10:00:01.000Z", "updatedAt": "2026-01-05T10:00:02.000Z"])
            try await app.client.makeProject("q")
            let foreign = tenantPath + "/projects/q/conversations/c1"
            try await app.client.check([
                Scenario("another project's", "GET", foreign, status: 404, contains: ["Conversation not found"]),
                Scenario("another project's bounds", "GET", foreign + "/bounds", status: 404),
                Scenario(
                    "broken parameters", "GET", path + "?format=odd&limit=0&includeInternal=perhaps", status: 400,
                    contains: ["/format", "/limit", "/includeInternal"]),
            ])
        }
    }

    @Test func `a picture in a message is fetched by those who may read the message`() async throws {
        let pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        try await Self.withAgent { app in
            let ann = app.client.agent("a", of: "p", as: "ann")
            let parts: JSONValue = [
                ["type": "text", "text": "See"],
                [
                    "type": "file", "mediaType": "image/png", "filename": "a b.png",
                    "url": .string("data:image/png;base64," + pixel),
                ],
            ]
            let body: JSONValue = [
                "messages": [["id": "m1", "role": "user", "parts": parts]], "conversationId": "c1", "stream": false,
            ]
            #expect(try await ann.send("POST", "/run/api/chat", body).status == 200)
            let managed = try await app.client.send("GET", Self.managed + "/c1?format=vercel").data
            let part = managed["messages"]?[0]?["parts"]?[1]
            let url = try #require(part?["url"]?.string)
            let tail = url.dropFirst((Self.managed + "/c1/media/").count)
            #expect(url.hasPrefix(Self.managed + "/c1/media/m_m1%2Fsha256-") && url.hasSuffix(".png"))
            #expect(part?["mediaType"] == "image/png" && part?["filename"] == "a b.png")
            let owned = try await ann.send("GET", Self.own + "/c1").data["messages"]?[0]?["parts"]?[1]?["url"]?.string
            #expect(owned == Self.own + "/c1/media/\(tail)")
            for (client, url) in [(app.client, url), (ann, owned ?? "")] {
                let reply = try await client.send("GET", url)
                #expect(reply.status == 200)
                #expect(reply.bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) && reply.bytes.count == 70)
                #expect(reply.headers["content-type"] == "image/png")
                #expect(reply.headers["content-disposition"] == "inline; filename*=UTF-8''a%20b.png")
                #expect(reply.headers["cache-control"] == "private, max-age=31536000, immutable")
                #expect(reply.headers["x-content-type-options"] == "nosniff")
            }
            for key in [
                "m1.0", "m1.2", "m2.1", "m1", "m1.01", ".1", "m_m2%2Fx", "m_%2F..", "m_m1%2F" + tail.suffix(60),
            ] {
                #expect(try await app.client.send("GET", Self.managed + "/c1/media/\(key)").status == 404, "\(key)")
            }
            let bob = app.client.agent("a", of: "p", as: "bob")
            #expect(try await bob.send("GET", Self.own + "/c1/media/\(tail)").status == 404)
            #expect(try await app.client.send("GET", Self.managed + "/c2/media/\(tail)").status == 404)
        }
    }

    @Test func `a turn may be larger than other requests`() async throws {
        try await Self.withAgent { app in
            let bytes: [UInt8] = Array("%PDF-".utf8) + [UInt8](repeating: 0x20, count: 8 * 1024 * 1024)
            let data = Base64.standard.text(bytes)
            let file: JSONValue = [
                "type": "file", "mediaType": "application/pdf", "filename": "a.pdf",
                "url": .string("data:application/pdf;base64," + data),
            ]
            let body: JSONValue = [
                "messages": [["id": "m1", "role": "user", "parts": [file]]], "conversationId": "c1", "stream": false,
            ]
            let ann = app.client.agent("a", of: "p", as: "ann")
            let reply = try await ann.send("POST", "/run/api/chat", body)
            #expect(reply.status == 200, "\(reply.text.prefix(300))")
            let shown = try await ann.send("GET", Self.own + "/c1").data["messages"]?[0]?["parts"]
            #expect(shown?.array?.count == 1 && shown?[0]?["mediaType"] == "application/pdf")
            let media = try await ann.send("GET", try #require(shown?[0]?["url"]?.string))
            #expect(media.bytes.count == bytes.count && media.headers["content-type"] == "application/octet-stream")
            #expect(media.headers["content-disposition"] == "attachment; filename*=UTF-8''a.pdf")
            let other = try await app.client.send("POST", tenantPath + "/projects", ["id": .string(data)])
            #expect(other.status == 413)
            let wrong: JSONValue = [
                "type": "file", "mediaType": "application/pdf", "url": "data:application/pdf;base64,QUJD",
            ]
            let refused = try await ann.send(
                "POST", "/run/api/chat",
                ["messages": [["role": "user", "parts": [wrong]]], "conversationId": "c2", "stream": false])
            #expect(refused.status == 400 && refused.json["detail"]?.string?.contains("no PDF") == true)
            #expect(try await ann.send("GET", Self.own + "/c2").status == 404)
        }
    }

    @Test func `a bucket gives files itself, by addresses that it has signed`() async throws {
        var options = TestApp.Options()
        let memory = BlobStore.memory()
        options.blobs = BlobStore(put: memory.put, get: { _ throws(BlobFailure) in throw BlobFailure("away") }) {
            key, headers, now in "https://bucket.example/\(key.text)?\(now)&\(headers.disposition)"
        }
        try await Self.withAgent(options) { app in
            let ann = app.client.agent("a", of: "p", as: "ann")
            let image: JSONValue = ["type": "image", "text": "data:image/png;base64,iVBORw0KGgo="]
            let body: JSONValue = [
                "messages": [["id": "m1", "role": "user", "parts": [image]]], "conversationId": "c1", "stream": false,
            ]
            #expect(try await ann.send("POST", "/run/api/chat", body).status == 200)
            let shown = try await ann.send("GET", Self.own + "/c1").data["messages"]?[0]?["parts"]?[0]
            let url = try #require(shown?["url"]?.string)
            #expect(url.hasPrefix("https://bucket.example/v1/t_default/media/p_p/conv/c_c1/m_m1/sha256-"))
            let tail = try #require(url.firstMatch(of: #/m_m1/[^?]+/#)).output.replacing("/", with: "%2F")
            #expect(try await ann.send("GET", Self.own + "/c1/media/\(tail)").status == 502)
        }
    }

    @Test func `an end user sees their own conversations and no others`() async throws {
        try await Self.withAgent { app in
            let long = String(repeating: "é", count: 101)
            try await Self.say("One", in: "c1", as: "ann", app)
            try await Self.say(long, in: "c2", as: "ann", app)
            try await Self.say("Hers", in: "c3", as: "bob", app)
            try await Self.say("Nobody's", in: "c4", as: nil, app)
            let ann = app.client.agent("a", of: "p", as: "ann")
            let list = try await ann.send("GET", Self.own)
            #expect(Self.ids(list.data) == ["c2", "c1"])
            #expect(list.data[0]?["title"]?.string == String(long.dropLast()) + "...")
            #expect(list.json["pagination"] == ["page": 1, "limit": 20, "total": 2, "pages": 1])
            #expect(list.data[0]?["userId"] == nil)
            let nobody = app.client.agent("a", of: "p")
            try await nobody.check([
                Scenario("list", "GET", Self.own, status: 401, contains: ["End-user authentication required"]),
                Scenario("detail", "GET", Self.own + "/c4", status: 401),
            ])
            try await ann.check([
                Scenario("another's", "GET", Self.own + "/c3", status: 404, contains: ["Conversation not found"]),
                Scenario("none", "GET", Self.own + "/c9", status: 404, contains: ["Conversation not found"]),
                Scenario("OpenAI's form", "GET", Self.own + "/c1?format=openai", status: 400, contains: ["vercel"]),
                Scenario(
                    "broken", "GET", Self.own + "/c1?format=x&limit=201", status: 400,
                    contains: ["/format", "/limit"]),
            ])
        }
    }

    @Test func `an end user reads a conversation page by page, oldest first, without what is internal`() async throws {
        try await Self.withAgent { app in
            for text in ["One", "Two", "Three"] { try await Self.say(text, in: "c1", as: "ann", app) }
            let key = ConversationKey(tenant: "default", project: "p", id: "c1")
            let whispered = MessageRow(
                conversation: key, id: "w", role: "agent", visibility: "internal", type: "a2a-request",
                content: ["text": "psst"], createdAt: app.clock.now)
            try await app.store.commit([.message(whispered)], durability: .process)
            let ann = app.client.agent("a", of: "p", as: "ann")
            let page = try await ann.send("GET", Self.own + "/c1?limit=4&page=2")
            #expect(page.json["pagination"] == ["page": 2, "limit": 4, "total": 6, "pages": 2])
            let said = page.data["messages"]?.array ?? []
            #expect(said.map { $0["role"]?.string } == ["user", "assistant"])
            #expect(said.first?["content"] == "Three")
            #expect(said.first?["createdAt"] == "2026-01-05T10:00:03.000Z")
            let whole = try await ann.send("GET", Self.own + "/c1")
            #expect(whole.data["messages"]?.array?.count == 6)
            #expect(whole.json["pagination"]?["limit"] == 50)
        }
    }

    @Test func `what a waiting run waits for is read from its log`() async throws {
        try await Self.withAgent { app in
            let key = ConversationKey(tenant: "default", project: "p", id: "c1")
            try await Self.say("Pay it", in: "c1", as: "ann", app)
            let ann = app.client.agent("a", of: "p", as: "ann")
            let path = Self.own + "/c1/pending-approvals"
            #expect(try await ann.send("GET", path).json == ["hasPending": false])
            try await waitingRun("r9", in: key, app)
            let pending = try await ann.send("GET", path).json
            #expect(pending["hasPending"] == true)
            #expect(
                pending["approval"] == [
                    "toolCallId": "call-2", "toolName": "pay", "args": ["sum": 7], "isDelegated": true,
                    "workflowRunId": "r9", "updatedAt": .string(Timestamp.text(app.clock.now)), "reason": "policy",
                ])
            let bob = app.client.agent("a", of: "p", as: "bob")
            #expect(try await bob.send("GET", path).status == 404)
            #expect(try await ann.send("GET", Self.own + "/c9/pending-approvals").status == 404)
        }
    }
}
