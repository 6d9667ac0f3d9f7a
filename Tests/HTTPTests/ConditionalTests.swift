import Catalog
import CoveyTesting
import Outbound
import Testing

/// Editors that work on the same thing at once (manage spec §7, 21).
struct ConditionalTests {
    private static let agent = "\(tenantPath)/projects/p/agents/a"
    private static let whole = "\(tenantPath)/projects/p/agent/a"

    private func serve(_ body: @escaping @Sendable (TestClient) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            try await body(app.client)
        }
    }

    @Test func `who edits what another has changed is refused`() async throws {
        try await serve { client in
            let read = try await client.send("GET", Self.whole)
            let tag = try #require(read.headers["etag"])
            let first = try await client.send("PUT", Self.whole, read.data, headers: ["if-match": tag])
            #expect(first.status == 200)
            #expect(first.headers["etag"] == tag, "nothing was changed")
            // Any change of what the document shows counts, wherever it is made.
            let inner = Self.agent + "/sub-agents/main"
            #expect(try await client.send("PATCH", inner, ["prompt": "Answer well."]).status == 200)
            let second = try await client.send("PUT", Self.whole, read.data, headers: ["if-match": tag])
            #expect(second.status == 412)
            #expect(second.json["code"] == "precondition_failed")
            #expect(try await client.send("GET", inner).data["prompt"] == "Answer well.")
            #expect(try await client.send("DELETE", Self.whole, headers: ["if-match": tag]).status == 412)
            #expect(try await client.send("PUT", Self.whole, read.data).status == 200, "no demand, no refusal")
        }
    }

    @Test func `the tag of a changed thing is told to who asked on condition`() async throws {
        try await serve { client in
            var tag = try #require(try await client.send("GET", Self.agent).headers["etag"])
            for name in ["One", "Two"] {
                let reply = try await client.send(
                    "PATCH", Self.agent, ["name": .string(name)], headers: ["if-match": tag])
                #expect(reply.status == 200)
                let next = try #require(reply.headers["etag"])
                #expect(next != tag)
                #expect(try await client.send("GET", Self.agent).headers["etag"] == next)
                tag = next
            }
            #expect(try await client.send("DELETE", Self.agent, headers: ["if-match": "\"x\", \(tag)"]).status == 204)
        }
    }

    @Test func `what must not be there is not replaced, what must be there is not made`() async throws {
        try await serve { client in
            let body = try await client.send("GET", Self.whole).data
            #expect(try await client.send("PUT", Self.whole, body, headers: ["if-none-match": "*"]).status == 412)
            #expect(try await client.send("DELETE", Self.whole).status == 204)
            #expect(try await client.send("PUT", Self.whole, body, headers: ["if-match": "*"]).status == 412)
            #expect(try await client.send("PUT", Self.whole, body, headers: ["if-none-match": "*"]).status == 201)
        }
    }

    @Test func `a reader is not sent what it has`() async throws {
        try await serve { client in
            for path in [Self.agent, Self.whole, "\(tenantPath)/projects"] {
                let tag = try #require(try await client.send("GET", path).headers["etag"])
                for field in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                    let again = try await client.send("GET", path, headers: ["if-none-match": field])
                    #expect(again.status == 304 && again.bytes.isEmpty, "\(field)")
                    #expect(again.headers["etag"] == tag)
                }
                #expect(try await client.send("GET", path, headers: ["if-none-match": "\"x\""]).status == 200)
            }
        }
    }

    @Test func `of two that save at once with the same tag one is refused`() async throws {
        try await serve { client in
            let tag = try #require(try await client.send("GET", Self.agent).headers["etag"])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let body: JSONValue = ["name": .string("Name \(number)")]
                        return try await client.send("PATCH", Self.agent, body, headers: ["if-match": tag]).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 7))
        }
    }

    @Test func `a tenant's name is text that a database can hold`() async throws {
        try await serve { client in
            for name in ["%00", "a%0Ab", "%7F", String(repeating: "t", count: 257)] {
                let reply = try await client.send("GET", "/manage/tenants/\(name)/projects")
                #expect(reply.status == 400, "\(name)")
                #expect(reply.json["errors"]?[0]?["pointer"] == "/tenantId", "\(name)")
            }
            let longest = String(repeating: "t", count: 256)
            #expect(try await client.send("GET", "/manage/tenants/\(longest)/projects").status == 200)
        }
    }
}
