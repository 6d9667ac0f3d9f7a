import Catalog
import Files
import Models
import Store
import Synchronization
import Testing

@testable import Runtime

/// The files of users' messages, from the turn that brings them to the turns after it.
@Suite struct MessageFilesTests {
    private static let png = "iVBORw0KGgo="
    private static let pdf = "JVBERi0="
    private static let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    private static func image(_ base64: String = png) -> Part {
        .image(Attachment(.base64(base64), mediaType: "image/png", filename: "a.png"), detail: "low")
    }

    private static func file(_ base64: String, _ type: String, _ name: String) -> Part {
        .file(Attachment(.base64(base64), mediaType: type, filename: name))
    }

    private static func turn(_ world: TestWorld, _ parts: [Part]) -> Turn {
        var turn = world.turn(conversation: "c1")
        turn.parts = parts
        return turn
    }

    private static func stored(_ world: TestWorld) async throws -> JSONValue {
        let messages = try await world.store.messages(world.key("c1"), limit: 10)
        return try #require(messages.first { $0.role == "user" }).content
    }

    @Test func `a message names its files, and the bytes are beside it`() async throws {
        let world = try await TestWorld()
        world.models.set("router", .text("Nice."))
        var turn = Self.turn(world, [.text("Look"), Self.image(), Self.file("SGkh", "text/plain", "a \"b\".txt")])
        turn.messageID = "m1"
        _ = try await world.runs().log(turn)
        let content = try await Self.stored(world)
        #expect(content["text"] == "Look")
        let parts = try #require(content["parts"]?.array)
        #expect(parts.count == 4 && parts[0]["text"] == "Look")
        let address = try #require(parts[1]["data"]?.string)
        #expect(address.hasPrefix("blob://v1/t_acme/media/p_shop/conv/c_c1/m_m1/sha256-") && address.hasSuffix(".png"))
        #expect(parts[1]["metadata"] == ["mimeType": "image/png", "filename": "a.png", "detail": "low"])
        #expect(parts[2]["metadata"]?["isFile"] == true && parts[3]["metadata"]?["mimeType"] == "text/plain")
        #expect(!content.jsonText.contains(Self.png), "no bytes in the message")
        let bytes = try await world.files.blobs.get(try #require(BlobKey(address: address)))
        #expect(bytes == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        let said = try #require(world.models.requests("router").first?.messages.last)
        #expect(
            said
                == .user([
                    .text(
                        "Look <attached_file filename=\"a &quot;b&quot;.txt\" media_type=\"text/plain\">\n"
                            + "Hi!\n</attached_file>"), Self.image(),
                ]))
    }

    @Test func `models get files again on later turns`() async throws {
        let world = try await TestWorld()
        world.models.set("router", .text("One."), .text("Two."))
        let runs = world.runs()
        let pdf = Self.file(Self.pdf, "application/pdf", "a.pdf")
        _ = try await runs.log(
            Self.turn(world, [.text("Look"), Self.image(), pdf, Self.file("SGkh", "text/plain", "a.txt")]))
        _ = try await runs.log(world.turn("And?", conversation: "c1"))
        let messages = try #require(world.models.requests("router").last?.messages)
        guard case .user(let history)? = messages.first else { return #expect(Bool(false), "\(messages)") }
        #expect(Array(history.dropFirst()) == [Self.image(), pdf])
        let text = try #require(history.first?.text)
        #expect(text.contains("[attached file: image/png, a.png]") && text.contains("Hi!"))
        #expect(!text.contains("[attached file: text/plain"))
        #expect(messages.last == .user("And?"))
    }

    @Test func `so many files of earlier messages are given again, the newest`() async throws {
        let world = try await TestWorld()
        var limits = RuntimeLimits()
        limits.historyFiles = 2
        world.models.set("router", .text("1"), .text("2"), .text("3"))
        let runs = world.runs(limits: limits)
        func pdf(_ name: String) -> Part { Self.file(Self.pdf, "application/pdf", name) }
        _ = try await runs.log(Self.turn(world, [pdf("a"), pdf("b")]))
        _ = try await runs.log(Self.turn(world, [pdf("c")]))
        _ = try await runs.log(world.turn("And?", conversation: "c1"))
        guard case .user(let history)? = world.models.requests("router").last?.messages.first else {
            return #expect(Bool(false))
        }
        #expect(Array(history.dropFirst()) == [pdf("b"), pdf("c")])
    }

    @Test func `a model that does not read office documents is told so`() async throws {
        let world = try await TestWorld()
        world.models.set("router", .text("Hm."))
        _ = try await world.runs().log(Self.turn(world, [.text("Read"), Self.file("UEsDBA==", Self.docx, "a.docx")]))
        let said = try #require(world.models.requests("router").first?.messages.last)
        #expect(said.text.hasSuffix("[attachment omitted, as this model does not read it: \(Self.docx), a.docx]"))
    }

    @Test func `what is not what it says, and what is too much, is a 400`() async throws {
        let world = try await TestWorld()
        let runs = world.runs()
        let rows: [([Part], String)] = [
            ([Self.image("QUJD")], "a.png: The file is no PNG, JPEG or WebP image, as its bytes show"),
            ([Self.file("AAAA", "text/plain", "a.txt")], "a.txt: The file is no text in UTF-8"),
            ([Self.file("QUJD", "application/x-thing", "a.thing")], "a.thing: Files of type application/x-thing"),
            (Array(repeating: Self.image(), count: 11), "A message may have at most 10 files"),
            (
                [.image(Attachment(.url("https://a.example/b.png"), mediaType: "image/png"))],
                "Files are not fetched from addresses here"
            ),
        ]
        for (parts, reason) in rows {
            let problem = await #expect(throws: Problem.self) { try await runs.start(Self.turn(world, parts)) }
            #expect(problem?.code == .badRequest && problem?.detail.hasPrefix(reason) == true, "\(reason)")
        }
        #expect(try await world.store.conversation(world.key("c1")) == nil, "nothing was begun")
        world.models.set("router", .text("Hello."))
        _ = try await runs.log(world.turn(conversation: "c1"))
    }

    @Test func `a turn whose file cannot be kept goes on, and the message says what is missing`() async throws {
        let world = try await TestWorld()
        world.models.set("router", .text("Nice."), .text("Again."))
        let reports = Mutex<[String]>([])
        let full = BlobStore(
            put: { _, _ throws(BlobFailure) in throw BlobFailure("the disk is full") },
            get: { _ throws(BlobFailure) in nil })
        let runs = Runs(
            store: world.store, configuration: world.configuration(),
            files: MessageFiles(full) { line in reports.withLock { $0.append(line) } }, clock: world.clock.runtime)
        _ = try await runs.log(Self.turn(world, [.text("Look"), Self.image()]))
        #expect(world.models.requests("router").first?.messages.last == .user([.text("Look"), Self.image()]))
        let part = try #require(try await Self.stored(world)["parts"]?.array?.last)
        #expect(part["data"] == nil && part["metadata"]?["error"] == "not kept")
        #expect(reports.withLock { $0.count == 1 && $0[0].contains("the disk is full") })
        _ = try await runs.log(world.turn("And?", conversation: "c1"))
        let history = world.models.requests("router").last?.messages.first?.text
        #expect(history?.contains("[attached file: image/png, a.png]") == true)
    }

    @Test func `a recording has the files in it and reads them back`() async throws {
        let world = try await TestWorld()
        world.models.set("router", .text("Nice."))
        let runs = world.runs()
        _ = try await runs.log(Self.turn(world, [.text("Look"), Self.image()]))
        let row = try #require(try await world.store.latestRun(world.key("c1")))
        let recording = try await runs.recording(of: row)
        #expect(recording.parts == [.text("Look"), Self.image()])
        let again = try RunRecording(json: try JSONValue(parsing: recording.json.jsonBytes))
        #expect(again.parts == recording.parts)
    }
}
