import Catalog
import Cryptography
import Domain
import Outbound
import Store
import Synchronization
import Testing

@testable import Runtime

/// Servers that play replies and keep what they were asked.
final class TestServers: Sendable {
    struct Answer: Sendable {
        var status = 200
        var type = "application/json"
        var body = "{}"
        var failure: OutboundError?
    }

    private let state = Mutex((answers: [String: Answer](), requests: [HTTPRequest]()))

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    var urls: [String] { requests.map(\.url).sorted() }

    func set(_ url: String, _ body: String, status: Int = 200, type: String = "application/json") {
        state.withLock { $0.answers[url] = Answer(status: status, type: type, body: body) }
    }

    func fail(_ url: String, _ failure: OutboundError) {
        state.withLock { $0.answers[url] = Answer(failure: failure) }
    }

    var client: HTTPClient {
        HTTPClient { [self] request async throws(OutboundError) in
            let answer = state.withLock { state in
                state.requests.append(request)
                return state.answers[request.url]
            }
            guard let answer else { throw .cannotResolve(host: request.url) }
            if let failure = answer.failure { throw failure }
            let rest = Mutex([Array(answer.body.utf8)])
            return HTTPResponse(
                status: answer.status, headers: ["Content-Type": answer.type],
                body: HTTPBody { () async throws(OutboundError) in rest.withLock { $0.popLast() } })
        }
    }
}

/// What templates of a run may name (run spec §12).
@Suite struct ContextTests {
    private static let keyring = Keyring(.random())

    private struct Place {
        let world: TestWorld
        let servers = TestServers()
        let conversation: ConversationKey

        init() async throws {
            world = try await TestWorld()
            world.models.set("router", .text("Hi."))
            let handle = try await world.runs().start(world.turn())
            _ = try await handle.all()
            conversation = world.key(handle.conversation)
        }

        func resolver(_ config: ContextConfig, run: String = "r1") -> ContextResolver {
            let outside = Outside(
                keyring: keyring, client: servers.client,
                environment: TemplateEnvironment(environment: ["COVEY_TEMPLATE_ENV_ALLOW": "REGION", "REGION": "eu"]))
            return ContextResolver(
                context: CompiledContext(config),
                fetcher: ContextFetcher(store: world.store, outside: outside, branch: TestWorld.branch),
                conversation: conversation, run: run, now: { 5 })
        }

        @discardableResult func resolve(
            _ config: ContextConfig, _ headers: [String: String] = [:], run: String = "r1"
        ) async throws -> ResolvedContext {
            let resolver = resolver(config, run: run)
            if let row = try await resolver.headersRow(of: headers, isNew: false) { try await resolver.keep([row]) }
            let (context, kept) = try await resolver.resolved()
            try await resolver.keep(kept)
            return context
        }
    }

    private static let anyOfThese: JSONValue = [
        "type": "object", "properties": ["x-user": [:], "u": [:], "x": [:], "empty": [:]],
    ]

    private static func config(_ variables: JSONValue, headers: JSONValue = anyOfThese) throws -> ContextConfig {
        var decoding = Decoding()
        var config = ContextConfig()
        let document: JSONObject = ["id": "c", "contextVariables": variables, "headersSchema": headers]
        _ = config.assign(.object(document), creating: true, &decoding)
        try decoding.finish()
        return config
    }

    private static func variable(_ trigger: String, _ url: String, _ fetch: JSONObject = [:], _ more: JSONObject = [:])
        -> JSONValue
    {
        var fetch = fetch
        fetch["url"] = .string(url)
        var variable: JSONObject = ["id": "v", "trigger": .string(trigger), "fetchConfig": .object(fetch)]
        for (name, value) in more { variable[name] = value }
        return .object(variable)
    }

    // MARK: Headers

    @Test func `only headers that the schema names are kept, and never credentials`() throws {
        let schema = HeadersSchema([
            "type": "object", "additionalProperties": false, "required": ["X-User"],
            "properties": [
                "X-User": ["type": "string"], "x-age": ["type": "integer"], "authorization": ["type": "string"],
                "x-tags": ["type": "object", "properties": ["a": ["type": "string"]], "additionalProperties": false],
            ],
        ])
        let headers = [
            "x-user": "u1", "x-age": "36", "x-tags": "{\"a\":\"b\",\"c\":1}", "authorization": "Bearer t",
            "cookie": "s=1",
            "accept": "*/*",
        ]
        #expect(try schema.kept(headers) == ["x-user": "u1", "x-age": 36, "x-tags": ["a": "b"]])
        #expect(try HeadersSchema(nil).kept(headers) == [:])
        #expect(try HeadersSchema(["type": "object"]).kept(headers) == [:])
    }

    @Test func `headers that do not fit are told one by one`() throws {
        let schema = HeadersSchema([
            "type": "object", "required": ["x-user"],
            "properties": ["x-user": ["type": "string"], "x-age": ["type": "integer"]],
        ])
        let failure = #expect(throws: HeaderFailure.self) { try schema.kept(["x-age": "old", "authorization": "t"]) }
        let problem = failure?.problem
        #expect(problem?.status == 400)
        #expect(problem?.detail.hasPrefix("Invalid headers: ") == true)
        #expect(problem?.broken.map(\.path).contains(["headers", "x-age"]) == true)
        #expect(problem?.detail.contains("x-user") == true)
        #expect(problem?.detail.contains("old") == false, "values are not repeated")
    }

    // MARK: Fetching

    @Test func `values are fetched with what the headers say, and chosen from`() async throws {
        let place = try await Place()
        place.servers.set(
            "https://crm.example/users/a%2Fb%3Fc", "{\"data\":{\"name\":\"Ada\",\"plans\":[{\"id\":1}]}}")
        let config = try Self.config([
            "user": Self.variable(
                "invocation", "https://crm.example/users/{{headers.x-user}}",
                [
                    "method": "POST", "headers": ["X-Region": "{{$env.REGION}}", "X-Key": "secret-key"],
                    "body": ["q": "for {{headers.x-user}} in {{$conversation.id}}", "n": [1, "{{headers.none}}"]],
                    "transform": "$.data",
                ])
        ])
        let context = try await place.resolve(config, ["x-user": "a/b?c"])
        #expect(context.failures.isEmpty, "\(context.failures)")
        #expect(context.values["user"] == ["name": "Ada", "plans": [["id": 1]]])
        #expect(context.values["headers"] == ["x-user": "a/b?c"])
        let request = try #require(place.servers.requests.first)
        #expect(request.method == "POST")
        #expect(request.headers["x-region"] == "eu")
        #expect(request.headers["x-key"] == "secret-key")
        #expect(request.headers["content-type"] == "application/json")
        #expect(
            request.body
                == JSONValue.object([
                    "q": .string("for a/b?c in \(place.conversation.id)"), "n": [1, "{{headers.none}}"],
                ]).jsonBytes)
        #expect(request.scope == EgressScope(tenant: "acme", project: "shop", tool: "user"))
    }

    @Test func `a value of initialization is fetched once a conversation, one of invocation each turn`() async throws {
        let place = try await Place()
        place.servers.set("https://a.example/once", "\"first\"")
        place.servers.set("https://a.example/each", "\"first\"")
        place.servers.set("https://a.example/of/u1", "\"one\"")
        place.servers.set("https://a.example/of/u2", "\"two\"")
        let config = try Self.config([
            "once": Self.variable("initialization", "https://a.example/once"),
            "each": Self.variable("invocation", "https://a.example/each"),
            "mine": Self.variable("initialization", "https://a.example/of/{{headers.u}}"),
        ])
        _ = try await place.resolve(config, ["u": "u1"], run: "r1")
        place.servers.set("https://a.example/once", "\"second\"")
        place.servers.set("https://a.example/each", "\"second\"")
        let second = try await place.resolve(config, ["u": "u1"], run: "r2")
        #expect(second.values["once"] == "first")
        #expect(second.values["each"] == "second")
        #expect(place.servers.urls.count == 4)
        let third = try await place.resolve(config, ["u": "u2"], run: "r3")
        #expect(third.values["mine"] == "two", "another request is another value")
        #expect(third.values["once"] == "first")
        let changed = try Self.config([
            "once": Self.variable("initialization", "https://a.example/once", ["transform": "@"])
        ])
        #expect(try await place.resolve(changed, run: "r4").values["once"] == "second", "so is another definition")
    }

    @Test func `what was found out for a run is the same after a restart`() async throws {
        let place = try await Place()
        place.servers.set("https://a.example/each", "\"first\"")
        let config = try Self.config(["each": Self.variable("invocation", "https://a.example/each")])
        let before = try await place.resolve(config, ["x": "1"], run: "r1")
        place.servers.set("https://a.example/each", "\"second\"")
        let again = try await place.resolver(config, run: "r1").resolved()
        #expect(again.0.values == before.values && again.kept.isEmpty)
        #expect(try await place.resolver(config, run: "r2").resolved().0.values["each"] == "second")
    }

    @Test func `what is kept is sealed, bound to its place, and merged with the headers of earlier turns`() async throws
    {
        let place = try await Place()
        let names: JSONValue = ["type": "object", "properties": ["token": [:], "a": [:]]]
        let config = try Self.config([:], headers: names)
        try await place.resolve(config, ["token": "tok-123", "a": "1"])
        let rows = try await place.world.store.contextValues(place.conversation)
        #expect(Set(rows.keys) == ["$headers", "$run"])
        #expect(rows.values.allSatisfy { !$0.value.contains("tok-123") && !$0.hash.contains("tok-123") })
        let swapped = ContextValueRow(name: "$run", hash: "r1", value: rows["$headers"]?.value ?? "", fetchedAt: 1)
        try await place.world.store.keepContextValues([swapped], of: place.conversation)
        #expect(try await !place.resolver(config).resolved().kept.isEmpty, "sealed for another place")
        let next = try await place.resolve(config, ["a": "2"], run: "r2")
        #expect(next.values["headers"] == ["token": "tok-123", "a": "2"])
    }

    @Test func `headers that do not fit are refused, or those of earlier turns hold`() async throws {
        let place = try await Place()
        let config = try Self.config(
            [:], headers: ["type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"]])
        await #expect(throws: Problem.self) { try await place.resolve(config, ["n": "x"]) }
        #expect(try await place.resolve(config, ["n": "4"]).values["headers"] == ["n": 4])
        #expect(try await place.resolve(config, ["n": "x"], run: "r2").values["headers"] == ["n": 4])
        await #expect(throws: Problem.self) {
            try await place.resolver(config).headersRow(of: ["n": "x"], isNew: true)
        }
    }

    @Test func `a fetch that cannot be made is none, and its default holds`() async throws {
        let place = try await Place()
        let config = try Self.config([
            "a": Self.variable(
                "invocation", "https://a.example/x", ["requiredToFetch": ["{{headers.x-user}}"]],
                ["defaultValue": "d"]),
            "b": Self.variable("invocation", "https://a.example/x", ["requiredToFetch": ["{{headers.empty}}"]]),
        ])
        let context = try await place.resolve(config, ["empty": " "])
        #expect(context.failures.isEmpty)
        #expect(context.values["a"] == "d")
        #expect(context.values["b"] == nil)
        #expect(place.servers.requests.isEmpty)
    }

    @Test(arguments: [
        ("{\"a\":1}", 500, "application/json", "HTTP 500"), ("{\"a\":", 200, "application/json", "not JSON"),
        ("{\"errors\":[{\"message\":\"secret-word\"}]}", 200, "application/json", "GraphQL errors"),
        ("{\"a\":\"secret-word\"}", 200, "application/json", "does not fit its schema"),
    ])
    func `what goes wrong is told without what came, and the default holds`(
        body: String, status: Int, type: String, words: String
    ) async throws {
        let place = try await Place()
        place.servers.set("https://a.example/x", body, status: status, type: type)
        let config = try Self.config([
            "a": Self.variable(
                "initialization", "https://a.example/x", [:],
                [
                    "defaultValue": ["z": 1],
                    "responseSchema": ["type": "object", "properties": ["a": ["type": "integer"]]],
                ])
        ])
        let context = try await place.resolve(config)
        #expect(context.values["a"] == ["z": 1])
        #expect(context.failures.count == 1)
        #expect(context.failures.first?.reason.contains(words) == true, "\(context.failures)")
        #expect(context.failures.first?.reason.contains("secret-word") == false)
        // What failed is tried again with the next turn.
        place.servers.set("https://a.example/x", "{\"a\":2}")
        #expect(try await place.resolve(config, run: "r2").values["a"] == ["a": 2])
    }

    @Test func `servers that cannot be reached fail their variable and no other`() async throws {
        let place = try await Place()
        place.servers.fail("http://10.0.0.1/", .refusedByPolicy("10.0.0.1"))
        place.servers.fail("https://slow.example/", .timedOut(.total))
        place.servers.fail("https://big.example/", .tooLarge(bytesMax: 1 << 20))
        place.servers.set("https://ok.example/", "plain words", type: "text/plain")
        let config = try Self.config([
            "inside": Self.variable("invocation", "http://10.0.0.1/"),
            "slow": Self.variable("invocation", "https://slow.example/", ["timeout": 250]),
            "big": Self.variable("invocation", "https://big.example/"),
            "gone": Self.variable("invocation", "https://gone.example/"),
            "ok": Self.variable("invocation", "https://ok.example/"),
            "raw": Self.variable("invocation", "https://ok.example/", ["transform": "abs(@)"]),
            "owned": Self.variable("invocation", "https://ok.example/", [:], ["credentialReferenceId": "none"]),
        ])
        let context = try await place.resolve(config)
        #expect(context.failures.map(\.variable) == ["inside", "slow", "big", "gone", "owned"])
        #expect(context.values["ok"] == "plain words")
        #expect(context.values["raw"] == "plain words", "what cannot be transformed is taken whole")
        #expect(place.servers.requests.first { $0.url.contains("slow") }?.timeouts.total == .milliseconds(250))
        #expect(place.servers.requests.first { $0.url.contains("ok.") }?.timeouts.total == .seconds(10))
    }
}
