import Catalog
import CoveyTesting
import Foundation
import Outbound
import Testing

/// The built server hands its traces to a collector that parses them by the official protocol buffers.
@Suite(.timeLimit(.minutes(4))) struct TraceExportTests {
    /// `Tests/Clients/otlp_receiver.py`, running until it is let go.
    private struct Collector {
        private let program: PythonProgram
        let client: ServerClient

        init() async throws {
            program = try await PythonProgram.start("otlp_receiver.py")
            client = ServerClient(address: "http://127.0.0.1:\(try program.port())")
        }

        /// What came, once so many spans have.
        func spans(_ count: Int) async throws -> JSONValue {
            let answer = try await client.call("GET", "/spans/\(count)").body
            #expect(answer["wrong"] == [], "\(answer["wrong"]?.jsonText ?? "")")
            return answer
        }
    }

    private static let script = """
        turns:
          - say: "The word is plinth"
            usage: {input: 11, output: 7, cached: 3}
        """

    private static func server(
        _ folder: DataFolder, _ collector: Collector, _ more: [String: String] = [:]
    ) async throws -> BuiltServer {
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.client.address + "/",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-collector-key=a%20b", "OTEL_SERVICE_NAME": "shop-assistants",
        ]
        let server = try await BuiltServer(folder: folder.url, environment: environment.merging(more) { $1 })
        try await server.makeProject("shop", model: "scripted/word.yaml")
        return server
    }

    private static func chat(_ server: BuiltServer, _ headers: HTTPHeaders = [:]) async throws {
        var all = BuiltServer.scope("shop")
        for field in headers.fields { all[field.name] = field.value }
        let body: JSONValue = ["stream": false, "messages": [["role": "user", "content": "Say the plonk word"]]]
        let answer = try await server.client.call("POST", "/run/api/chat", body, headers: all)
        try #require(answer.status == 200, "\(answer.body.jsonText)")
    }

    @Test(.enabled(if: Python.missing == nil, Python.missing))
    func `a trace arrives with its caller's ids, the conventions' names and nothing that was said`() async throws {
        let folder = try DataFolder(scripts: ["word.yaml": Self.script])
        let collector = try await Collector()
        let server = try await Self.server(folder, collector)
        let parent: HTTPHeaders = [
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x-request-id": "req-7",
        ]
        // One whose caller does not keep the trace is not handed over.
        try await Self.chat(server, ["traceparent": "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"])
        try await Self.chat(server, parent)
        let came = try await collector.spans(3)
        let spans = came["spans"]?.array ?? []
        #expect(spans.count == 3)
        #expect(spans.allSatisfy { $0["traceId"] == "0af7651916cd43dd8448eb211c80319c" })
        #expect(spans.allSatisfy { $0["service"]?["service.name"] == "shop-assistants" })
        #expect(came["headers"]?[0]?["x-collector-key"] == "a b")
        let root = try #require(spans.first { $0["parentSpanId"] == "b7ad6b7169203331" })
        #expect(root["name"] == "invoke_agent agent" && root["kind"] == 2 && root["status"] == 1)
        let about = root["attributes"]
        #expect(about?["tenant.id"] == "default" && about?["project.id"] == "shop" && about?["agent.id"] == "agent")
        #expect(about?["covey.request.id"] == "req-7")
        let call = try #require(spans.first { $0["name"] == "chat word.yaml" })
        let used = call["attributes"]
        #expect(call["kind"] == 3 && used?["gen_ai.operation.name"] == "chat")
        #expect(used?["gen_ai.provider.name"] == "scripted" && used?["gen_ai.request.model"] == "word.yaml")
        #expect(used?["gen_ai.usage.input_tokens"] == 11 && used?["gen_ai.usage.output_tokens"] == 7)
        #expect(used?["gen_ai.usage.cache_read.input_tokens"] == 3)
        #expect(used?["gen_ai.response.finish_reasons"] == ["end_turn"] && used?["subAgent.id"] == "main")
        #expect(!came.jsonText.contains("plinth") && !came.jsonText.contains("plonk"))
        #expect(server.stop() == 0)
    }

    @Test(.enabled(if: Python.missing == nil, Python.missing))
    func `what was said comes only where the operator asks for it, also from a collector that refuses first`()
        async throws
    {
        let folder = try DataFolder(scripts: ["word.yaml": Self.script])
        let collector = try await Collector()
        _ = try await collector.client.call("POST", "/refuse/2")
        let server = try await Self.server(folder, collector, ["COVEY_TRACE_CONTENT": "true"])
        try await Self.chat(server)
        let spans = try await collector.spans(3)["spans"]?.array ?? []
        #expect(spans.contains { $0["attributes"]?["ai.response.content"] == "The word is plinth" })
        #expect(server.stop() == 0)
    }

    @Test(.enabled(if: Python.missing == nil, Python.missing))
    func `a server that stops hands over what it has, and one without a collector loses no turn`() async throws {
        let folder = try DataFolder(scripts: ["word.yaml": Self.script])
        let collector = try await Collector()
        let server = try await Self.server(folder, collector)
        for _ in 1...5 { try await Self.chat(server) }
        #expect(server.stop() == 0)
        #expect(try await collector.spans(15)["spans"]?.array?.count == 15)
        let deaf = try await BuiltServer(
            folder: folder.url, environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"])
        for _ in 1...3 { try await Self.chat(deaf) }
        #expect(deaf.stop() == 0)
    }
}
