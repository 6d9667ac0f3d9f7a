import Catalog
import Events
import Files
import MCP
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// The pictures and documents that tools return: from the call to the model, over a restart, and in later turns.
@Suite struct ToolFilesTests {
    private static let png = "iVBORw0KGgo="
    private static let image = Part.image(Attachment(.base64(png), mediaType: "image/png"), detail: nil)

    private static func content(_ index: UInt8 = 0) throws -> FileContent {
        try FileContent(
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + (index == 0 ? [] : [index]),
            as: try #require(FileType("image/png")))
    }

    /// A world whose `router` has a tool `shoot` that returns a picture.
    private func world() async throws -> TestWorld {
        let world = try await TestWorld()
        let content = try Self.content()
        world.definition.withLock { agent in
            agent.subAgents[0].tools = [
                Toolset.Tool(
                    definition: ToolDefinition(name: "shoot", description: "Shoots.", inputSchema: ["type": "object"]),
                    rule: RunToolRule("shoot", isIdempotent: true)
                ) { _, _ in ToolOutput(["taken": true], files: [content]) }
            ]
        }
        return world
    }

    private func files(_ request: ModelRequest?) -> [Part] {
        (request?.messages ?? []).flatMap { message -> [Part] in
            guard case .toolResults(let results) = message else { return [] }
            return results.flatMap(\.files)
        }
    }

    @Test func `a model sees the picture, the log and the message name it, and later turns hear of it`() async throws {
        let world = try await world()
        let runs = world.runs()
        world.models.set("router", .calls(.call("shoot", id: "s1")), .text("A cat."), .text("Yes."))
        let log = try await runs.log(world.turn(conversation: "c1"))
        #expect(files(world.models.requests("router").last) == [Self.image])
        let named = log.compactMap { if case .toolEnded(_, let outcome) = $0 { outcome.files } else { nil } }
        let address = try #require(named.first?.parts.first?["data"]?.string)
        #expect(address.hasPrefix("blob://v1/t_acme/media/p_shop/conv/c_c1/m_") && address.hasSuffix(".png"))
        #expect(try await world.files.blobs.get(try #require(BlobKey(address: address))) == Self.content().bytes)
        let message = try #require(
            try await world.store.messages(world.key("c1"), limit: 10).first { $0.type == "tool-result" })
        #expect(message.id == named.first?.message)
        #expect(message.content["parts"]?[1]?["data"]?.string == address)
        _ = try await runs.log(world.turn("And?", conversation: "c1"))
        let history = world.models.requests("router").last?.messages.first?.text
        #expect(history?.contains("[attached file: image/png]") == true, "\(history ?? "")")
    }

    @Test func `after a restart the model sees the same picture, and the tool is not called again`() async throws {
        let world = try await world()
        let runs = world.runs()
        let (gate, began) = (Gate(), Gate())
        world.models.set("router", .calls(.call("shoot", id: "s1")), .text("never", after: gate, began: began))
        let cut = try await runs.start(world.turn(conversation: "c1"))
        try await began.wait()
        for active in runs.registry.all { active.abandon(because: CancellationError()) }
        world.outliveLease()
        world.models.set("router", .text("A cat."))
        let second = world.runs(owner: "two")
        await second.recover()
        let log = try await second.follow(run: cut.run, in: world.key("c1"), subject: nil).all().map(\.event)
        #expect(log.briefs.last == "finished completed")
        #expect(files(world.models.requests("router").last) == [Self.image])
        #expect(log.count { if case .toolEnded = $0 { true } else { false } } == 1)
    }

    @Test func `so many are shown again, the newest, and a note says what is not`() async throws {
        let world = try await TestWorld()
        var limits = RuntimeLimits()
        limits.historyFiles = 2
        let messages: [Message] = try await ([[1], [2, 3]] as [[UInt8]]).asyncMap { numbers in
            let contents = try numbers.map { try Self.content($0) }
            let kept = await world.files.keep(contents, in: world.key("c1"), message: "m\(numbers[0])")
            return .toolResults([
                ToolResult(
                    callID: "s", name: "shoot", output: 1,
                    files: (kept?.parts ?? []).compactMap { StoredFile($0)?.named })
            ])
        }
        let loaded = await world.files.loaded(messages, limits)
        let shown = files(ModelRequest(messages: loaded, options: ModelOptions(model: "m")))
        #expect(shown.count == 3)
        #expect(shown[0] == .text("[a file of type image/png was returned here and is not shown again]"))
        #expect(shown[1] != shown[2] && shown[1].text == nil && shown[2].text == nil)
    }

    @Test func `of a server's pieces those are shown that are what they are said to be`() {
        let result = MCPCallResult(
            content: [
                .text("a"), .image(data: Self.png, mediaType: "image/png"),
                .image(data: "QUJD", mediaType: "image/png"), .audio(data: "QUJD", mediaType: "audio/wav"),
                .resource(uri: "x:a", mediaType: "application/pdf", .base64("JVBERi0=")),
                .resource(uri: "x:b", mediaType: nil, .base64(Self.png)),
            ], structured: nil, isError: false)
        #expect(MCPOutput.files(result).map(\.type.mediaType) == ["image/png", "application/pdf"])
        #expect(!MCPOutput.json(result).jsonText.contains(Self.png))
    }
}

extension Sequence {
    fileprivate func asyncMap<Made>(_ body: (Element) async throws -> Made) async throws -> [Made] {
        var made: [Made] = []
        for element in self { made.append(try await body(element)) }
        return made
    }
}
