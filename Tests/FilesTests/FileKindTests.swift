import Files
import Testing

/// What is taken of what people attach (run spec §20).
@Suite struct FileKindTests {
    static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 1]
    static let webp = Array("RIFF".utf8) + [1, 2, 3, 4] + Array("WEBPVP8 ".utf8)

    @Test(arguments: [
        ("image/jpg", nil, "image/jpeg"), ("IMAGE/PNG; q=1", nil, "image/png"),
        ("application/octet-stream", "a.PDF", "application/pdf"), (nil, "notes.md", "text/markdown"),
        ("text/plain", "main.rs", "text/x-rust"), ("text/plain; charset=utf-8", nil, "text/plain"),
        ("text/plain", "photo.png", "text/plain"),
        ("application/zip", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("application/zip", "a.zip", nil), ("image/gif", nil, nil), ("application/octet-stream", "a.exe", nil),
        ("video/mp4", "a.md", nil), ("", ".md", nil), (nil, nil, nil), ("text/x-yaml", nil, "application/yaml"),
    ]) func `a type is known by its name, or by the file's`(_ declared: String?, _ name: String?, _ expected: String?) {
        #expect(FileType(declared, filename: name)?.mediaType == expected)
    }

    private static func refusal(_ bytes: [UInt8], _ type: String) -> String? {
        guard let type = FileType(type) else { return "no type" }
        do {
            _ = try FileContent(bytes, as: type)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `the bytes tell what a picture is`() throws {
        let jpeg = try #require(FileType("image/jpeg"))
        #expect(try FileContent(Self.png, as: jpeg).type.mediaType == "image/png")
        #expect(try FileContent(Self.webp, as: jpeg).type.fileExtension == "webp")
        #expect(Self.refusal(Array("<svg>".utf8), "image/png")?.contains("PNG, JPEG or WebP") == true)
        #expect(Self.refusal(Array("%PDF-1.7".utf8), "image/png") != nil)
        #expect(Self.refusal(Self.png, "application/pdf") != nil)
        #expect(Self.refusal(Array("%PDF-1.7".utf8), "application/pdf") == nil)
    }

    @Test func `text is UTF-8 without what hides`() {
        #expect(Self.refusal(Array("a\tb\r\nü".utf8), "text/plain") == nil)
        for bytes in [[0xFF], Array("a\u{0}".utf8), Array("a\u{1B}[2J".utf8), [0xC3], Array("\u{85}".utf8)] {
            #expect(Self.refusal(bytes, "text/plain") != nil, "\(bytes)")
        }
    }

    @Test func `documents are archives`() {
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        #expect(Self.refusal([0x50, 0x4B, 3, 4, 9], docx) == nil)
        #expect(Self.refusal(Array("no".utf8), docx) != nil)
    }

    @Test(arguments: FileKind.allCases) func `there is a most, and nothing is none`(_ kind: FileKind) throws {
        let names: [FileKind: String] = [
            .image: "image/png", .pdf: "application/pdf", .text: "text/plain",
            .archive: "application/vnd.oasis.opendocument.text",
        ]
        let name = try #require(names[kind])
        let starts: [FileKind: [UInt8]] = [
            .image: Self.png, .pdf: Array("%PDF-".utf8), .text: [], .archive: [0x50, 0x4B, 3, 4],
        ]
        let start = try #require(starts[kind])
        let most = start + [UInt8](repeating: 0x20, count: kind.bytesMax - start.count)
        #expect(Self.refusal(most, name) == nil)
        #expect(Self.refusal(most + [0x20], name)?.contains("at most \(kind.bytesMax) bytes") == true)
        #expect(Self.refusal([], name) == "The file is empty")
    }
}
