import Catalog
import Foundation
import Outbound
import Synchronization
import Testing

@testable import Functions

/// `fetch`, carried out by the server.
@Suite(.enabled(if: missing == nil, missing), .timeLimit(.minutes(5)))
struct FunctionNetworkTests {
    /// A client that notes what it is sent and answers as the path says.
    private static func client(_ seen: Requests) -> HTTPClient {
        HTTPClient { request throws(OutboundError) in
            seen.add(request)
            let body = Mutex<[UInt8]?>(Array(Self.body(request)))
            var headers: HTTPHeaders = ["Content-Type": "application/json", "X-Seen": "1"]
            var status = 200
            if let place = request.url.range(of: "/to/") {
                status = 302
                headers["Location"] = "http://\(request.url[place.upperBound...])"
            }
            return HTTPResponse(
                status: status, headers: headers,
                body: HTTPBody { () throws(OutboundError) in
                    body.withLock { body in
                        defer { body = nil }
                        return body
                    }
                })
        }
    }

    private static func body(_ request: HTTPRequest) -> [UInt8] {
        if request.url.hasSuffix("/bytes") { return [0xFF, 0, 1] }
        let echo: JSONValue = [
            "method": .string(request.method), "body": .string(String(decoding: request.body ?? [], as: UTF8.self)),
        ]
        return echo.jsonBytes
    }

    @Test func `requests go to the hosts that are declared`() async throws {
        let seen = Requests()
        let code = """
            async ({ host }) => {
                const answer = await fetch(`https://${host}/a?b=c`, {
                    method: 'post', headers: { 'X-Token': 't', Host: 'evil' }, body: 'hä' })
                const bytes = await (await fetch(`https://${host}/bytes`)).bytes()
                return [answer.status, answer.ok, answer.headers.get('x-seen'), await answer.json(), [...bytes]]
            }
            """
        try await TestPool.run(http: Self.client(seen)) { (test) async throws in
            for host in ["api.example.org", "a.wild.example.org"] {
                let result = try await test.call(
                    code, ["host": .string(host)], hosts: ["api.example.org", "*.wild.example.org"])
                #expect(result.output == [200, true, "1", ["method": "POST", "body": "hä"], [255, 0, 1]])
            }
            let first = try #require(seen.all.first)
            #expect(first.headers["X-Token"] == "t" && first.headers["Host"] == nil)
            #expect(first.headers["Content-Type"] == "text/plain;charset=UTF-8")
            for host in ["example.org", "api.example.org.evil.io", "wild.example.org", "api.example.org@evil.io"] {
                let message = try await test.failure(
                    code, ["host": .string(host)], hosts: ["api.example.org", "*.wild.example.org"])
                #expect(
                    message.contains("may send requests to api.example.org, *.wild.example.org alone"), "\(message)")
            }
            #expect(seen.all.count == 4)
        }
    }

    @Test func `redirects are looked at, and do not take credentials along`() async throws {
        let seen = Requests()
        let code = """
            async ({ path }) => {
                const headers = { Authorization: 'secret' }
                const answer = await fetch('http://a.example' + path, { method: 'POST', body: 'x', headers })
                return [answer.url, answer.redirected, (await answer.json()).method]
            }
            """
        try await TestPool.run(http: Self.client(seen)) { (test) async throws in
            let hosts = ["a.example", "b.example"]
            let result = try await test.call(code, ["path": "/to/b.example/x"], hosts: hosts)
            #expect(result.output == ["http://b.example/x", true, "GET"])
            #expect(seen.all.map { $0.headers["Authorization"] } == ["secret", nil])
            let out = try await test.failure(code, ["path": "/to/c.example/x"], hosts: hosts)
            #expect(out.contains("alone"), "\(out)")
            let long = "/to/a.example" + String(repeating: "/to/a.example", count: 8)
            #expect(try await test.failure(code, ["path": .string(long)], hosts: hosts).contains("redirects"))
        }
    }

    @Test func `declaring an inner address opens nothing: the egress guard stands behind`() async throws {
        try await TestPool.run { (test) async throws in
            for host in ["127.0.0.1", "localhost", "169.254.169.254", "[::1]"] {
                let message = try await test.failure(
                    "async (a) => (await fetch(`http://${a}:1/`)).status", .string(host),
                    hosts: [host.filter { !"[]".contains($0) }])
                #expect(message.contains("not allowed"), "\(host): \(message)")
            }
        }
    }

    @Test func `the requests of a call are bounded`() async throws {
        var limits = FunctionLimits()
        (limits.fetches, limits.parallelFetches, limits.fetchBytes) = (3, 2, 100)
        let seen = Requests()
        try await TestPool.run(limits, http: Self.client(seen)) { (test) async throws in
            let many = """
                async () => (await Promise.allSettled([1, 2, 3, 4].map((n) => fetch('http://a.example/' + n))))
                    .map((one) => one.status)
                """
            let result = try await test.call(many, hosts: ["a.example"])
            #expect(result.output == ["fulfilled", "fulfilled", "fulfilled", "rejected"])
            let large = "async () => fetch('http://a.example/', { method: 'POST', body: 'x'.repeat(200) })"
            #expect(try await test.failure(large, hosts: ["a.example"]).contains("more than 100 bytes"))
        }
    }
}

/// What a client was asked to send.
private final class Requests: Sendable {
    private let requests = Mutex<[HTTPRequest]>([])

    func add(_ request: HTTPRequest) { requests.withLock { $0.append(request) } }

    var all: [HTTPRequest] { requests.withLock { $0 } }
}
