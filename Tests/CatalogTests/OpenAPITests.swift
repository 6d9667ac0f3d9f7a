import Catalog
import Testing

@Suite struct OpenAPITests {
    private let operations = [
        Operation(
            "get-thing", .get, aliases: [.put], "/things/{thingId}/of/{tenantId}", tags: ["Things", "More"],
            summary: "Get Thing", permission: .view,
            parameters: [Operation.Parameter("deep", in: .query, "How deep.", schema: ["type": "boolean"])],
            responses: [Operation.Response(200, "The thing.", schema: OpenAPI.envelope(["type": "string"]))],
            errors: [400, 404, 500], effect: .endpoint),
        Operation(
            "make-thing", .post, "/things", tag: "Things", summary: "Make Thing", permission: .none,
            request: OpenAPI.reference("Thing"), responses: [Operation.Response(204, "Made.")], errors: [409],
            effect: .endpoint),
        Operation(
            "run-thing", .post, "/things/run", tag: "Things", summary: "Run Thing", permission: .run,
            responses: [Operation.Response(200, "Events.", schema: ["type": "string"], mediaType: "text/event-stream")],
            errors: [], effect: .endpoint),
    ]

    private var document: JSONValue {
        OpenAPI.document(
            operations: operations, schemas: [("Thing", ["type": "object"])], title: "T", version: "2",
            server: "http://x")
    }

    @Test func `an operation is described with all that it says`() {
        let paths = document["paths"]?.object
        #expect(paths?.keys == ["/things/{thingId}/of/{tenantId}", "/things", "/things/run"])
        let get = paths?["/things/{thingId}/of/{tenantId}"]
        #expect(get?.object?.keys == ["get"], "aliases are not shown")
        let described = get?["get"]
        #expect(described?["operationId"] == "get-thing" && described?["tags"] == ["Things", "More"])
        #expect(described?["x-authz"] == ["permission": "view", "resource": "project"])
        let parameters = described?["parameters"]?.array ?? []
        #expect(parameters.map { $0["name"] } == ["thingId", "tenantId", "deep"])
        #expect(parameters.map { $0["required"] } == [true, true, false])
        #expect(parameters[0]["schema"]?["pattern"] != nil && parameters[1]["schema"]?["pattern"] == nil)
        #expect(described?["responses"]?.object?.keys == ["200", "400", "404", "500"])
        let problem = described?["responses"]?["400"]?["content"]?["application/problem+json"]?["schema"]
        #expect(problem == ["$ref": "#/components/schemas/BadRequest"])
        #expect(described?["security"] == nil)
    }

    @Test func `what is open says so and has no permission`() {
        let post = document["paths"]?["/things"]?["post"]
        #expect(post?["security"] == [] && post?["x-authz"] == nil)
        #expect(post?["requestBody"]?["required"] == true)
        #expect(post?["responses"]?["204"]?["content"] == nil)
        let run = document["paths"]?["/things/run"]?["post"]
        #expect(run?["x-authz"] == nil && run?["security"] == nil)
        #expect(run?["responses"]?["200"]?["content"]?["text/event-stream"] != nil)
    }

    @Test func `the document names its version, server, groups and shared schemas`() {
        #expect(document["openapi"] == "3.1.0" && document["info"] == ["title": "T", "version": "2"])
        let told = OpenAPI.document(
            operations: [], schemas: [], title: "T", description: "For all.", version: "2", server: "/")
        #expect(told["info"] == ["title": "T", "description": "For all.", "version": "2"])
        #expect(document["servers"] == [["url": "http://x"]])
        #expect(document["tags"] == [["name": "Things"], ["name": "More"]])
        let schemas = document["components"]?["schemas"]?.object?.keys
        #expect(schemas?.prefix(3) == ["Thing", "Pagination", "BrokenField"])
        #expect(schemas?.contains("PayloadTooLarge") == true && schemas?.last == "InsufficientStorage")
    }

    @Test func `problem bodies are as the document says`() throws {
        let problems = [
            ("BadRequest", Problem.invalid([.init(["a", "0"], "must be more")])),
            ("Conflict", Problem.conflict("It is there")), ("Forbidden", Problem(.forbidden, "No")),
        ]
        for (name, problem) in problems {
            var schema = OpenAPI.reference(name)
            schema["components"] = document["components"]
            let body = problem.body(instance: "/x", requestID: "r")
            #expect(try JSONSchema(.object(schema)).validate(body) == [], "\(name)")
        }
    }

    @Test func `a page asks for what its parameters say`() {
        #expect(Page(query: [:]) == Page(query: ["page": "1", "limit": "10"]))
        let page = Page(query: ["page": "2.5", "limit": "100"])
        #expect(page.number == 2 && page.limit == 100)
        #expect(QueryRules(Page.parameters).broken(in: ["page": "1e400"]).map(\.path) == [["page"]])
        #expect(page.answer([], total: 0).body?["pagination"]?["pages"] == 0)
        #expect(page.answer([], total: 101).body?["pagination"]?["pages"] == 2)
        #expect(Page.whole([]).body?["pagination"] == ["page": 1, "limit": 0, "total": 0, "pages": 1])
    }
}
