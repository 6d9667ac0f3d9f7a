import Catalog
import Outbound
import Synchronization
import Testing

@testable import A2A

/// A world in which each request gets the next answer, and waits are noted instead of waited.
private final class World: Sendable {
    struct State {
        var answers: [@Sendable (HTTPRequest) throws(OutboundError) -> HTTPResponse] = []
        var requests: [HTTPRequest] = []
        var waits: [Duration] = []
        var elapsed = Duration.zero
    }

    let state = Mutex(State())

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    var waits: [Duration] { state.withLock { $0.waits } }
    /// The bodies of all requests that had one.
    var sent: [JSONValue] { requests.compactMap { $0.body.flatMap { try? JSONValue(parsing: $0) } } }

    func answers(_ answer: @escaping @Sendable (HTTPRequest) throws(OutboundError) -> HTTPResponse) {
        state.withLock { $0.answers.append(answer) }
    }

    func replies(_ json: JSONValue) { answers { _ in Self.response(200, json.jsonText) } }

    func result(_ json: JSONValue) { replies(["jsonrpc": "2.0", "id": 1, "result": json]) }

    func refuses(_ status: Int, _ headers: HTTPHeaders = [:]) {
        answers { _ in Self.response(status, "no", headers) }
    }

    static func response(_ status: Int, _ text: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        let rest = Mutex<[UInt8]?>(Array(text.utf8))
        return HTTPResponse(
            status: status, headers: headers,
            body: HTTPBody { () throws(OutboundError) in
                rest.withLock { rest in
                    defer { rest = nil }
                    return rest
                }
            })
    }

    /// 2026-01-05 10:00:00 UTC.
    static let now: Int64 = 1_767_607_200_000

    func client(jitter: Double = 0) -> A2AClient {
        A2AClient(
            http: HTTPClient { request async throws(OutboundError) in
                let answer = self.state.withLock { state in
                    state.requests.append(request)
                    return state.answers.isEmpty ? nil : state.answers.removeFirst()
                }
                guard let answer else { throw .cannotConnect("nobody") }
                return try answer(request)
            },
            clock: A2AClock(
                now: { Self.now }, elapsed: { self.state.withLock { $0.elapsed } },
                pause: { wait in
                    try Task.checkCancellation()
                    self.state.withLock { state in
                        state.waits.append(wait)
                        state.elapsed += wait
                    }
                }), jitter: { jitter })
    }
}

@Suite struct A2AClientTests {
    private static let base = "https://books.example/agent"
    private static let card: JSONValue = ["name": "Books", "url": "https://books.example/agent/rpc"]
    private static let done: JSONValue = ["kind": "message", "parts": [["kind": "text", "text": "42"]]]

    private static let address = A2AAddress(baseURL: base, headers: ["Authorization": "Bearer secret"])

    private static func failure(_ world: World, jitter: Double = 0) async -> A2AFailure? {
        do throws(A2AFailure) {
            _ = try await world.client(jitter: jitter).send(A2AMessage(text: "Sum up", id: "m1"), to: address)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a message is sent to the address of the card, and its answer returned`() async throws {
        let world = World()
        world.replies(Self.card)
        world.result([
            "kind": "message",
            "parts": [
                ["kind": "text", "text": "a"], ["kind": "data", "data": [1]],
                [
                    "kind": "file", "file": ["name": "b.pdf", "mimeType": "application/pdf", "bytes": "AAAA"],
                ],
            ],
        ])
        let message = A2AMessage(text: "Sum up", id: "m1", context: "c1", metadata: ["isDelegation": true])
        let reply = try await world.client().send(message, to: Self.address)
        #expect(reply.text == "a\n[File: b.pdf, application/pdf]" && reply.data == [[1]] && reply.openTask == nil)
        #expect(world.requests.map(\.url) == [Self.base + "/.well-known/agent-card.json", Self.base + "/rpc"])
        #expect(world.requests.allSatisfy { $0.headers["Authorization"] == "Bearer secret" })
        let sent = try JSONValue(parsing: world.requests[1].body ?? [])
        #expect(sent["method"] == "message/send" && sent["jsonrpc"] == "2.0")
        let told = sent["params"]?["message"]
        #expect(told?["messageId"] == "m1" && told?["contextId"] == "c1" && told?["role"] == "user")
        #expect(told?["metadata"] == ["isDelegation": true])
        #expect(told?["parts"] == [["kind": "text", "text": "Sum up"]])
    }

    @Test func `an older card is found, and one that is not there is said`() async {
        let world = World()
        world.refuses(404)
        world.replies(Self.card)
        world.result(Self.done)
        #expect(await Self.failure(world) == nil)
        #expect(world.requests[1].url == Self.base + "/.well-known/agent.json")
        let none = World()
        none.refuses(404)
        none.refuses(404)
        #expect(await Self.failure(none) == .refused(status: 404))
    }

    @Test func `credentials go to the origin of the agent and to no other`() async {
        for url in ["https://other.example/rpc", "http://books.example/rpc", "https://books.example:444/rpc"] {
            let world = World()
            world.replies(["url": .string(url)])
            world.result(Self.done)
            #expect(await Self.failure(world) == nil)
            #expect(world.requests.last?.url == url)
            #expect(world.requests.last?.headers["Authorization"] == nil, "\(url)")
        }
    }

    @Test func `a card without an address for this protocol is refused`() async {
        let cards: [(JSONValue, String)] = [
            ([], "no object"), ([:], "names no address"), (["url": ""], "names no address"),
            (["url": "file:///etc/passwd"], "neither http nor https"),
            (["url": "https://a.example", "preferredTransport": "GRPC"], "names no address"),
            (
                [
                    "supportedInterfaces": [
                        ["url": "https://a.example", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"]
                    ]
                ], "only versions after 0.3"
            ),
        ]
        for (card, words) in cards {
            let world = World()
            world.replies(card)
            let failure = await Self.failure(world)
            #expect(failure?.description.contains(words) == true, "\(card): \(String(describing: failure))")
            #expect(world.requests.count == 1)
        }
    }

    @Test func `further interfaces of a card are looked at`() async {
        let world = World()
        world.replies([
            "url": "https://a.example/grpc", "preferredTransport": "GRPC",
            "additionalInterfaces": [["url": "https://a.example/rpc", "transport": "JSONRPC"]],
        ])
        world.result(Self.done)
        #expect(await Self.failure(world) == nil)
        #expect(world.requests.last?.url == "https://a.example/rpc")
    }

    @Test func `waits grow with the square of the tries, and end in time`() async {
        let world = World()
        world.replies(Self.card)
        for _ in 0..<100 { world.refuses(503) }
        #expect(await Self.failure(world, jitter: 0.5) == .refused(status: 503))
        let milliseconds = world.waits.map { Int($0 / .milliseconds(1)) }
        #expect(milliseconds == [500, 600, 900, 1400, 2100, 3000, 4100, 5400])
        #expect(world.waits.reduce(.zero, +) <= .seconds(20))
        #expect(A2ARetry.wait(after: 50, jitter: 1, asked: nil) == .seconds(10))
    }

    @Test(arguments: [
        ("3", 3000), ("Mon, 05 Jan 2026 10:00:07 GMT", 7000), ("Mon, 05 Jan 2026 09:00:00 GMT", 0), ("soon", 0),
        ("-4", 0),
    ])
    func `what an agent asks to wait is waited`(header: String, milliseconds: Int) async {
        let world = World()
        world.replies(Self.card)
        world.refuses(429, ["Retry-After": header])
        world.result(Self.done)
        #expect(await Self.failure(world) == nil)
        #expect(world.waits == [.milliseconds(milliseconds)])
        let bodies = world.requests.filter { $0.method == "POST" }.map(\.body)
        #expect(bodies.count == 2 && bodies[0] == bodies[1], "the same message with the same id")
    }

    @Test func `nobody waits longer than there is time for, and not for what does not get better`() async {
        let long = World()
        long.replies(Self.card)
        long.refuses(429, ["Retry-After": "3600"])
        #expect(await Self.failure(long) == .refused(status: 429))
        #expect(long.waits.isEmpty)
        for status in [400, 401, 403, 404, 307] {
            let world = World()
            world.replies(Self.card)
            world.refuses(status)
            #expect(await Self.failure(world) == .refused(status: status))
            #expect(world.requests.count == 2, "\(status)")
        }
        // Nobody knows whether the agent began.
        for error in [OutboundError.cut("in the middle"), .timedOut(.idle), .timedOut(.total)] {
            let world = World()
            world.replies(Self.card)
            world.answers { _ throws(OutboundError) in throw error }
            #expect(await Self.failure(world) == .network(error))
            #expect(world.requests.count == 2)
        }
    }

    @Test func `a task that goes on is asked for until it ends`() async throws {
        let world = World()
        world.replies(Self.card)
        func task(_ state: String) -> JSONValue {
            ["kind": "task", "id": "t1", "status": ["state": .string(state)]]
        }
        world.result(task("submitted"))
        world.result(task("working"))
        world.refuses(503)
        world.result(task("working"))
        var last = task("completed").object ?? [:]
        last["artifacts"] = [["parts": [["kind": "text", "text": "1"]]], ["parts": [["kind": "text", "text": "2"]]]]
        world.result(.object(last))
        let taken = Mutex<[A2ATask]>([])
        let reply = try await world.client().send(A2AMessage(text: "x", id: "m"), to: Self.address) { task in
            taken.withLock { $0.append(task) }
        }
        #expect(reply.text == "1\n2")
        #expect(taken.withLock { Set($0.map(\.id)) } == ["t1"])
        #expect(world.waits == [.milliseconds(500), .milliseconds(750), .zero, .milliseconds(1125)])
        let asked = try world.requests.dropFirst(2).map { try JSONValue(parsing: $0.body ?? []) }
        #expect(asked.allSatisfy { $0["method"] == "tasks/get" && $0["params"] == ["id": "t1"] })
    }

    @Test(arguments: [
        ("failed", "the task is failed: Closed."), ("rejected", "the task is rejected: Closed."),
        ("canceled", "the task is canceled: Closed."), ("unknown", "the task is unknown: Closed."),
        ("auth-required", "the agent wants its user to sign in first: Closed."),
        ("dancing", "the agent does not keep to the protocol: its task has an unknown state"),
    ])
    func `a task that ends without an answer is a failure with the agent's words`(state: String, words: String) async {
        let world = World()
        world.replies(Self.card)
        let message: JSONValue = ["parts": [["kind": "text", "text": "Closed."]]]
        world.result(["kind": "task", "id": "t", "status": ["state": .string(state), "message": message]])
        #expect(await Self.failure(world)?.description == words)
    }

    @Test func `a question is an answer`() async throws {
        let world = World()
        world.replies(Self.card)
        let message: JSONValue = ["parts": [["kind": "text", "text": "Which month?"]]]
        world.result(["kind": "task", "id": "t", "status": ["state": "input-required", "message": message]])
        let reply = try await world.client().send(A2AMessage(text: "x", id: "m"), to: Self.address)
        #expect(reply.openTask == "t" && reply.text == "Which month?")
    }

    @Test func `a question is answered with the id of its task, unless the agent has forgotten that`() async throws {
        let world = World()
        world.replies(Self.card)
        world.result(Self.done)
        let answer = A2AMessage(text: "May", id: "m", task: "t")
        _ = try await world.client().send(answer, to: Self.address)
        #expect(world.sent.last?["params"]?["message"]?["taskId"] == "t")
        for code in [-32001, -32004, -32602] {
            world.replies(Self.card)
            world.replies(["jsonrpc": "2.0", "id": 1, "error": ["code": .integer(Int64(code)), "message": "No."]])
            world.result(Self.done)
            _ = try await world.client().send(answer, to: Self.address)
            #expect(world.sent.last?["params"]?["message"]?["taskId"] == nil)
        }
    }

    @Test func `answers that are none are refused`() async {
        let answers: [(JSONValue, String)] = [
            (["jsonrpc": "2.0", "id": 7, "result": Self.done], "does not answer the request"),
            (["jsonrpc": "1.0", "id": 1, "result": Self.done], "does not answer the request"),
            (["jsonrpc": "2.0", "id": 1], "does not answer the request"),
            (["jsonrpc": "2.0", "id": 1, "result": ["kind": "message"]], "has no parts"),
            (["jsonrpc": "2.0", "id": 1, "result": 7], "neither a message nor a task"),
            (["jsonrpc": "2.0", "id": 1, "result": ["kind": "task", "status": ["state": "working"]]], "has no id"),
            (["jsonrpc": "2.0", "id": 1, "error": ["code": -32001, "message": "No."]], "error -32001: No."),
        ]
        for (answer, words) in answers {
            let world = World()
            world.replies(Self.card)
            world.replies(answer)
            #expect(await Self.failure(world)?.description.contains(words) == true, "\(answer)")
        }
        let junk = World()
        junk.replies(Self.card)
        junk.answers { _ in World.response(200, "<html>") }
        #expect(await Self.failure(junk)?.description.contains("is not JSON") == true)
    }
}
