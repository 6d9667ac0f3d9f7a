import Catalog
import Events
import Models
import Testing
import Wire

/// Components, artifacts and summaries as clients of each format see them.
@Suite struct AnswerPartsTests {
    private static let card = RunData(.component, body: ["id": "c", "name": "Card", "props": ["title": "T"]])
    private static let artifact = RunData(
        .artifact, body: ["artifactId": "a", "toolCallId": "s1", "name": "A", "type": "Doc", "artifactSummary": [:]],
        kept: ["full": ["secret": 1], "subAgent": "router"])
    private static let summary = RunData(.summary, body: ["type": "retrieve", "label": "Looking it up"])

    private static func log(operations: Bool) -> [LoggedEvent] {
        let start = RunStart(
            conversation: "c1", requestID: "r1", agent: "a", agentName: "A", subAgent: "router", userMessage: "u1",
            answerMessage: "m1", emitOperations: operations)
        let events: [RunEvent] = [
            .started(start), .data(frame: 0, summary), .text(frame: 0, "See "), .data(frame: 0, artifact),
            .text(frame: 0, "and"), .data(frame: 0, card), .data(frame: 1, card),
            .answered(frame: 0, RunAnswer(subAgent: "router", stop: .endTurn)),
            .finished(
                RunEnd(outcome: .completed, subAgent: "router", iteration: 1, stop: .endTurn, usage: Usage())),
        ]
        return events.enumerated().map { LoggedEvent(sequence: Int64($0 + 1), at: 1_730_000_000_000, event: $1) }
    }

    private static func types(_ transcript: Transcript) throws -> [String] {
        try transcript.documents().compactMap { $0["type"]?.string }
    }

    @Test func `in UI messages they stand between the texts, and what the server keeps is not in them`() throws {
        var stream = UIMessageStream(run: "run1")
        var writer = JSONWriter(capacity: 1024)
        stream.encode(Self.log(operations: false), into: &writer)
        let transcript = try Transcript(writer.bytes)
        #expect(
            try Self.types(transcript) == [
                "start", "data-operation", "data-summary", "start-step", "text-start", "text-delta", "text-end",
                "data-artifact", "text-start", "text-delta", "text-end", "data-component", "finish-step",
                "data-operation", "finish",
            ])
        let parts = try transcript.documents()
        #expect(parts[7] == ["type": "data-artifact", "data": Self.artifact.body])
        #expect(parts[11] == ["type": "data-component", "data": Self.card.body])
        #expect(!transcript.lines().joined().contains("secret"))
    }

    @Test func `who asked for operations is told of the artifact that was saved`() throws {
        var stream = UIMessageStream(run: "run1")
        var writer = JSONWriter(capacity: 1024)
        stream.encode(Self.log(operations: true), into: &writer)
        let saved = try Transcript(writer.bytes).documents().first { $0["data"]?["type"] == "artifact_saved" }
        #expect(saved?["data"]?["details"]?["data"]?["artifactId"] == "a")
        #expect(saved?["data"]?["details"]?["data"]?["pendingGeneration"] == true)
    }

    @Test func `in chat completions they are chunks of their own, summaries only for who asked`() throws {
        for operations in [false, true] {
            var stream = ChatCompletionStream()
            var writer = JSONWriter(capacity: 1024)
            stream.encode(Self.log(operations: operations), into: &writer)
            let contents = try Transcript(writer.bytes).documents().compactMap {
                $0["choices"]?[0]?["delta"]?["content"]?.string
            }
            let data = contents.compactMap { try? JSONValue(parsing: $0) }.compactMap { $0["type"]?.string }
            #expect(data.contains("data-component") && data.contains("data-artifact"))
            #expect(data.contains("data-summary") == operations)
            #expect(contents.contains("See ") && contents.contains("and"))
        }
    }

    @Test func `an MCP client gets them behind the text`() {
        var stream = MCPCallStream(id: 1, isStateless: false, progressToken: nil, conversation: "c1")
        var writer = JSONWriter(capacity: 1024)
        stream.encode(Self.log(operations: false), into: &writer)
        let content = stream.response?["result"]?["content"]?.array?.compactMap { $0["text"]?.string } ?? []
        #expect(content.first == "See and")
        #expect(content.count == 3)
        #expect(content.last?.contains("data-component") == true)
    }

    @Test func `a message that is read later has its components, and its artifacts as they are called now`() {
        let message = ConversationMessage(
            id: "m", role: "agent",
            content: [
                "text": "See and",
                "parts": [
                    ["kind": "text", "text": "See "],
                    ["kind": "data", "data": ["artifactId": "a", "toolCallId": "s1"]],
                    ["kind": "data", "data": ["artifactId": "gone", "toolCallId": "s1"]],
                    ["kind": "text", "text": "and"], ["kind": "data", "data": Self.card.body],
                ],
            ], createdAt: 0)
        #expect(message.artifacts.map(\.id) == ["a", "gone"])
        let parts = message.parts(artifact: { id, call in id == "a" && call == "s1" ? ["name": "Final"] : nil }) { _ in
            ""
        }
        #expect(
            parts == [
                ["type": "text", "text": "See "], ["type": "data-artifact", "data": ["name": "Final"]],
                ["type": "text", "text": "and"], ["type": "data-component", "data": Self.card.body],
            ])
    }

    @Test func `a message that was copied gives the bytes of the one it was copied from under its own name`() {
        let name = "sha256-\(String(repeating: "0", count: 64)).png"
        let content: JSONValue = [
            "text": "",
            "parts": [
                [
                    "kind": "file", "data": .string("blob://v1/t_t/media/p_p/conv/c_c/m_m1/\(name)"),
                    "metadata": ["mimeType": "image/png"],
                ]
            ],
        ]
        for (id, tail) in [("m1", "m_m1/\(name)"), ("m2", "m2.0")] {
            let parts = ConversationMessage(id: id, role: "user", content: content, createdAt: 0).parts(\.tail)
            #expect(parts.first?["url"] == .string(tail))
            #expect(ConversationMedia.message(in: tail) == id)
            #expect(ConversationMedia(tail: tail, of: id, content: content)?.mediaType == "image/png")
        }
    }
}
