import Catalog
import CoveyTesting
import Outbound
import Store
import Testing

/// Every operation, sent what no well-behaved client sends. Nothing of it may change anything, or be a 5xx.
@Suite(.timeLimit(.minutes(8))) struct OddRequestsTests {
    private static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]

    /// Runs `body` for every operation on an app with a project, which must stay as it is.
    private static func forEveryOperation(
        _ body: @Sendable (DescribedOperation, TestClient) async throws -> Void
    ) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            try await app.client.makeAgent()
            try await app.client.make("/projects/p/agents/a/sub-agents", ["id": "s", "name": "Sub"])
            let branch = BranchKey(tenant: "default", project: "p")
            let head = try await app.store.head(of: branch)
            let client = app.client.agent("a", of: "p", as: "user")
            for operation in try await DescribedOperation.all(client) { try await body(operation, client) }
            #expect(try await app.store.head(of: branch) == head, "a request that was refused changed something")
        }
    }

    @Test func `a path answers the methods that it has, and 405 with Allow to others`() async throws {
        try await TestApp.run { app in
            let operations = try await DescribedOperation.all(app.client)
            for (form, same) in Dictionary(grouping: operations, by: \.form) {
                // `branches/merge` may also be the branch of that name.
                let served = Set(operations.filter { Self.matches($0.form, form) }.flatMap(\.methods))
                let path = same[0].path(["tenantId": "default", "projectId": "nowhere"])
                let others = Set(["HEAD"].filter { _ in served.contains("GET") } + ["OPTIONS"])
                for method in Self.methods where !served.contains(method) {
                    let reply = try await app.client.send(method, path)
                    #expect(reply.status == 405 && reply.json["code"] == "method_not_allowed", "\(method) \(path)")
                    #expect(Self.names(reply.headers["allow"]) == served.union(others), "\(method) \(form)")
                }
                let options = try await app.client.send("OPTIONS", path)
                #expect(options.status == 204, "OPTIONS \(path)")
                #expect(Self.names(options.headers["allow"]) == served.union(others), "OPTIONS \(form)")
            }
        }
    }

    /// Whether what has the form `other` is also of the form `form`.
    private static func matches(_ form: String, _ other: String) -> Bool {
        let (left, right) = (form.split(separator: "/"), other.split(separator: "/"))
        return left.count == right.count && zip(left, right).allSatisfy { $0 == $1 || $0 == "{}" }
    }

    private static func names(_ field: String?) -> Set<String> {
        Set((field ?? "").split(separator: ",").map { $0.filter { $0 != " " } })
    }

    @Test func `HEAD says what GET says, without the body`() async throws {
        try await Self.forEveryOperation { operation, client in
            guard operation.methods[0] == "GET" else { return }
            let path = operation.path(fixtureIDs)
            let get = try await client.send("GET", path)
            let head = try await client.send("HEAD", path)
            #expect(head.status == get.status && head.bytes.isEmpty, "\(path)")
            #expect(head.headers["content-type"] == get.headers["content-type"], "\(path)")
        }
    }

    /// A body that is refused before anybody looks into it.
    private struct Body {
        let name: String
        let bytes: [UInt8]
        var type: String? = "application/json"
        var status = 400
        var isJSON = false
    }

    private static let bodies = [
        Body(name: "no type", bytes: Array("{}".utf8), type: nil, status: 415),
        Body(name: "text", bytes: Array("{}".utf8), type: "text/plain", status: 415),
        Body(name: "a form", bytes: Array("a=1".utf8), type: "application/x-www-form-urlencoded", status: 415),
        Body(name: "several parts", bytes: Array("--x--".utf8), type: "multipart/form-data; boundary=x", status: 415),
        Body(name: "nothing", bytes: []),
        Body(name: "half an object", bytes: Array("{\"id\": \"x\"".utf8)),
        Body(name: "two objects", bytes: Array("{}{}".utf8)),
        Body(name: "no UTF-8", bytes: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]),
        Body(name: "a lone surrogate", bytes: Array("{\"id\": \"\\ud800\"}".utf8)),
        Body(name: "depth", bytes: Array(String(repeating: "[", count: 100_000).utf8)),
        Body(
            name: "depth inside",
            bytes: Array(
                ("{\"models\": " + String(repeating: "{\"a\":", count: 5000) + "1"
                    + String(repeating: "}", count: 5001)).utf8)),
        Body(name: "a list", bytes: Array("[]".utf8), isJSON: true),
        Body(name: "a text", bytes: Array("\"x\"".utf8), isJSON: true),
        Body(name: "a number", bytes: Array("7".utf8), isJSON: true),
        Body(name: "a number out of range", bytes: Array("1e400".utf8)),
        Body(name: "null", bytes: Array("null".utf8), isJSON: true),
        Body(
            name: "a long list", bytes: Array(("[" + String(repeating: "1,", count: 20_000) + "1]").utf8),
            isJSON: true),
    ]

    @Test func `a body that cannot be one is refused by every operation that takes one`() async throws {
        try await Self.forEveryOperation { operation, client in
            // What speaks JSON-RPC refuses in its words; it has tests of its own.
            guard operation.takesBody, operation.form != "/run/v1/mcp" else { return }
            for method in operation.methods {
                for body in Self.bodies {
                    let path = operation.path(fixtureIDs) + operation.query()
                    let reply = try await client.send(method, path, bytes: body.bytes, type: body.type)
                    let what = "\(method) \(path) with \(body.name): \(reply.status) \(reply.text.prefix(200))"
                    // What is no object, but JSON, is looked at when there is something to change.
                    let isLate = body.isJSON && reply.status == 404
                    #expect(reply.status == body.status || isLate, "\(what)")
                    #expect(reply.headers["content-type"] == "application/problem+json", "\(what)")
                }
            }
        }
    }

    /// Path segments as they stand in the address.
    private static let segments = [
        "%00", "%0a", "%0d%0aset-cookie:%20a", "%ff%fe", "%", "%zz", "%2e%2e%2f", "a%2fb", "%20", "%c2%a0", "a%20b",
        "%f0%9f%92%a5", "%27%20or%201%3d1--", "%3cscript%3e", "%7f", "*", "%e2%80%ae",
        String(repeating: "a", count: 5000),
    ]

    @Test func `odd bytes in a path are an id that is refused, or that nothing has`() async throws {
        try await Self.forEveryOperation { operation, client in
            for name in operation.parameters {
                for segment in Self.segments {
                    var values = fixtureIDs
                    values[name] = segment
                    let path = operation.path(values)
                    // A tenant may have any name, and one that nobody knows has no projects.
                    let isTenant = name == "tenantId"
                    for method in operation.methods {
                        let reply = try await client.send(method, path, operation.takesBody ? [1] : nil)
                        let refused = reply.status == 400 || reply.status == 404
                        let what = "\(method) \(path.prefix(300)): \(reply.status) \(reply.text.prefix(200))"
                        #expect(refused || isTenant && reply.status < 300, "\(what)")
                    }
                }
            }
        }
    }

    @Test func `odd bytes in a query are refused, or mean nothing`() async throws {
        let queries = [
            "%", "%ff=1", "ref=%ff", "page=0", "page=-1", "page=x", "limit=0", "limit=101", "limit=1e999", "page=nan",
            "ref=no-such-branch", "dryRun=yes", "a=b&&&=&=c", String(repeating: "x=1&", count: 2000),
        ]
        try await Self.forEveryOperation { operation, client in
            for query in queries {
                // Deleting and stopping need nothing else to be right.
                guard operation.takesBody || operation.methods[0] == "GET" else { continue }
                let path = operation.path(fixtureIDs) + "?" + query
                let reply = try await client.send(operation.methods[0], path, operation.takesBody ? [1] : nil)
                #expect(
                    operation.statuses.contains(reply.status),
                    "\(operation.methods[0]) \(path.prefix(300)): \(reply.status) \(reply.text.prefix(200))")
            }
        }
    }
}

extension DescribedOperation {
    /// The path without the names of its parameters: two operations on one form answer on the same addresses.
    fileprivate var form: String {
        path.split(separator: "/").map { $0.hasPrefix("{") ? "/{}" : "/\($0)" }.joined()
    }
}
