import Catalog
import Events
import Testing
import Wire

/// The messages of the Model Context Protocol.
struct MCPMessageTests {
    @Test(
        arguments: [
            (["jsonrpc": "2.0", "id": 1, "method": "ping"], .request(id: 1)),
            (["jsonrpc": "2.0", "id": "a", "method": "ping", "params": [:]], .request(id: "a")),
            (["jsonrpc": "2.0", "method": "ping"], .notification),
            (["jsonrpc": "2.0", "id": 1, "result": [:]], .response),
            (["jsonrpc": "2.0", "id": 1, "error": ["code": 1]], .response),
        ] as [(JSONValue, JSONRPCMessage.Kind)])
    func `a message is a request, a notification or a response`(json: JSONValue, kind: JSONRPCMessage.Kind) throws {
        #expect(try JSONRPCMessage(json).kind == kind)
    }

    @Test(
        arguments: [
            ([:], -32600), ("x", -32600), (["jsonrpc": "1.0", "id": 1, "method": "ping"], -32600),
            (["jsonrpc": "2.0", "id": 1], -32600), (["jsonrpc": "2.0", "id": nil, "method": "ping"], -32600),
            (["jsonrpc": "2.0", "id": true, "method": "ping"], -32600),
            (["jsonrpc": "2.0", "id": 1, "method": 2], -32600),
            (["jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]], -32602),
        ] as [(JSONValue, Int)])
    func `what is no message is refused`(json: JSONValue, code: Int) {
        #expect(throws: JSONRPCError.self) { try JSONRPCMessage(json) }
        do {
            _ = try JSONRPCMessage(json)
        } catch {
            #expect(error.code == code && error.status == 400)
        }
    }

    private static func stream(isStateless: Bool, progressToken: JSONValue? = nil) -> MCPCallStream {
        MCPCallStream(id: 1, isStateless: isStateless, progressToken: progressToken, conversation: "c1")
    }

    @Test(arguments: [
        SampleLogs.plain, SampleLogs.everything(emitOperations: false), SampleLogs.failed, SampleLogs.resumed,
    ])
    func `the bytes of a call do not depend on how the log comes`(log: SampleLog) {
        var (whole, piecewise) = (JSONWriter(), JSONWriter())
        var first = Self.stream(isStateless: true, progressToken: "t")
        var second = first
        first.encode(log.events, into: &whole)
        for event in log.events { second.encode([event], into: &piecewise) }
        #expect(whole.bytes == piecewise.bytes && first.isFinished)
        #expect(first.response == second.response)
    }

    @Test func `the answer of a run is the result of the call`() throws {
        var stream = Self.stream(isStateless: false)
        var writer = JSONWriter()
        stream.encode(SampleLogs.plain.events, into: &writer)
        let response = try #require(stream.response)
        #expect(response["result"]?["content"]?[0]?["text"] == "Hello \"you\" 👋\n")
        #expect(response["result"]?["isError"] == false)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "event: message\ndata: \(response.jsonText)\n\n")
        var failed = Self.stream(isStateless: true)
        failed.encode(SampleLogs.failed.events, into: &writer)
        #expect(failed.response?["result"]?["isError"] == true)
        #expect(failed.response?["result"]?["content"]?[0]?["text"] == "The stream ended early.")
        #expect(failed.response?["result"]?["structuredContent"] == ["conversationId": "c1"])
    }
}

/// Chunks that can be taken up again.
struct CompletionPlaceTests {
    private static func bytes(_ stream: ChatCompletionStream, _ log: SampleLog) -> String {
        var (stream, writer) = (stream, JSONWriter())
        for event in log.events { stream.encode([event], into: &writer) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        SampleLogs.plain, SampleLogs.everything(emitOperations: true), SampleLogs.failed, SampleLogs.cancelled,
    ])
    func `chunks with places are the chunks, and any may be the last that a client has`(log: SampleLog) throws {
        let whole = Self.bytes(ChatCompletionStream(run: "r"), log)
        let chunks = whole.split(separator: "\n\n")
        let data = chunks.map { $0.drop { $0 != "\n" }.dropFirst() }.joined(separator: "\n\n") + "\n\n"
        #expect(data == Self.bytes(ChatCompletionStream(), log))
        for (index, chunk) in chunks.enumerated() {
            let id = try #require(EventID(String(chunk.prefix { $0 != "\n" }.dropFirst(4))))
            let rest = chunks[(index + 1)...].map { $0 + "\n\n" }.joined()
            #expect(Self.bytes(ChatCompletionStream(after: id), log) == rest)
            #expect(Self.bytes(ChatCompletionStream(run: "r", skipping: index + 1), log) == rest)
        }
    }
}
