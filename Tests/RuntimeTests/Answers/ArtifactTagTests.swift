import Testing

@testable import Runtime

/// Artifact tags in a text that comes in pieces.
@Suite struct ArtifactTagTests {
    typealias Piece = ArtifactTagReader.Piece

    private static func read(_ pieces: [[UInt8]]) -> [Piece] {
        var reader = ArtifactTagReader()
        return joined(pieces.flatMap { reader.add($0) } + reader.finish())
    }

    private static func read(_ text: String) -> [Piece] { read([Array(text.utf8)]) }

    /// The pieces with texts that follow each other as one.
    private static func joined(_ pieces: [Piece]) -> [Piece] {
        pieces.reduce(into: []) { joined, piece in
            if case .text(let more) = piece, case .text(let before)? = joined.last {
                joined[joined.count - 1] = .text(before + more)
            } else {
                joined.append(piece)
            }
        }
    }

    private static func tag(_ kind: ArtifactTag.Kind, _ attributes: [String: String]) -> Piece {
        .tag(ArtifactTag(kind: kind, attributes: attributes))
    }

    private static let create = """
        <artifact:create id="a1" tool="call_3" type="Doc" base="items[?kind=='x'] | [0]" \
        details='{"title":"meta.title"}' />
        """
    private static let created = tag(
        .create,
        [
            "id": "a1", "tool": "call_3", "type": "Doc", "base": "items[?kind=='x'] | [0]",
            "details": "{\"title\":\"meta.title\"}",
        ])

    @Test func `a tag is taken out of the text where it stands`() {
        #expect(Self.read("See \(Self.create) for more.") == [.text("See "), Self.created, .text(" for more.")])
        #expect(Self.read(Self.create) == [Self.created])
        #expect(Self.read("<artifact:ref id=\"a1\" tool=\"c\"/>") == [Self.tag(.reference, ["id": "a1", "tool": "c"])])
    }

    @Test func `details are an object of selectors, and anything else is none`() {
        guard case .tag(let tag) = Self.created else { return }
        #expect(tag.details == ["title": "meta.title"])
        let other = ArtifactTag(kind: .create, attributes: ["details": "title: x", "id": ""])
        #expect(other.details.isEmpty)
        #expect(other.id == nil)
    }

    @Test func `a closing tag goes with its tag`() {
        let open = Self.create.replacing(" />", with: ">")
        #expect(Self.read("\(open)</artifact:create>.") == [Self.created, .text(".")])
    }

    @Test(arguments: [
        ("base='items[?kind=='x'] | [0]'", "items[?kind=='x'] | [0]"),
        ("base='[?a=='x' && b=='y'].c'", "[?a=='x' && b=='y'].c"),
        ("base='[?a=='/'].b'", "[?a=='/'].b"),
        ("base=\"[?a==\\\"x\\\"]\"", "[?a==\"x\"]"),
        ("base='[?a==&apos;x&apos; &amp;&amp; b&gt;`1`]'", "[?a=='x' && b>`1`]"),
        ("base = \"a\"", "a"), ("base=items", "items"), ("base=\"a > b\"", "a > b"), ("base=\"\"", ""),
        ("base='x' base='y'", "x"),
    ])
    func `quotes within selectors end no attribute`(_ attribute: String, _ value: String) {
        let read = Self.read("<artifact:create id=\"a\" \(attribute) type='T'/>x")
        #expect(read == [Self.tag(.create, ["id": "a", "base": value, "type": "T"]), .text("x")])
    }

    @Test(arguments: [
        "a < b", "<", "<<<", "<artifact", "<artifact:", "<artifact:creation id=\"a\"/>", "<artifact:refs/>",
        "<b>bold</b>",
        "the <artifact:create is a tag, and <artifact:ref / is one", "é < ü", "</artifact", "<ARTIFACT:REF id=\"a\"/>",
    ])
    func `what is no tag is text`(_ text: String) {
        #expect(Self.read(text) == [.text(text)])
    }

    @Test(arguments: ["<artifact:create ", "<artifact:create id=\"a1\" tool=", "<artifact:ref id=\"a1\" tool=\"c\""])
    func `a tag that breaks off with the text is left out`(_ half: String) {
        #expect(Self.read("So: " + half) == [.text("So: ")])
    }

    @Test func `what is longer than a tag may be is text`() {
        let long = "<artifact:create base=\"" + String(repeating: "x", count: ArtifactTagReader.tagBytesMax) + "\" />"
        #expect(Self.read(long) == [.text(long)])
        let most = String(repeating: "x", count: ArtifactTagReader.tagBytesMax - 40)
        #expect(Self.read("<artifact:create base=\"\(most)\" />") == [Self.tag(.create, ["base": most])])
    }

    @Test func `only what may begin a tag is held back`() {
        var reader = ArtifactTagReader()
        #expect(reader.add("2 ".utf8) == [.text("2 ")])
        #expect(reader.add("< 3 <art".utf8) == [.text("< 3 ")])
        #expect(reader.add("isan".utf8) == [.text("<artisan")])
        #expect(reader.add("é".utf8.prefix(1)) == [])
        #expect(reader.add("é".utf8.suffix(1)) == [.text("é")])
        #expect(reader.add("<artifact:ref id='a".utf8) == [])
        #expect(reader.add("' tool='b'/>".utf8) == [Self.tag(.reference, ["id": "a", "tool": "b"])])
    }

    @Test(arguments: 0..<20)
    func `however a text is cut, it means the same`(block: UInt64) {
        let words = [
            "<artifact:create ", "<artifact:ref ", "</artifact:create>", "</artifact:ref", "<", ">", "/", "/>", " ",
            "\n",
            "id=\"a1\" ", "tool='c'", "base=\"[?k=='x']\"", "base='k=='y' '", "details='{\"a\":\"b\"}'", "=", "\"", "'",
            "\\", "é", "🦊", "text", "&quot;", "id=", Self.create,
        ]
        for seed in block * 100..<(block + 1) * 100 {
            var numbers = SeededNumbers(seed: seed)
            let text = (0..<Int.random(in: 1...12, using: &numbers))
                .map { _ in words.randomElement(using: &numbers) ?? "" }.joined()
            let bytes = Array(text.utf8)
            let whole = Self.read([bytes])
            #expect(Self.read(bytes.map { [$0] }) == whole, "\(text)")
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(rest.count, 9), using: &numbers)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(Self.read(pieces) == whole, "\(text)")
        }
    }

    @Test func `a text that is made to be hard costs no more than another`() {
        let nested = String(repeating: "<artifact:create a='<artifact:create b=\"", count: 20_000)
        var reader = ArtifactTagReader()
        var count = 0
        for byte in nested.utf8 { count += reader.add(CollectionOfOne(byte)).count }
        count += reader.finish().count
        #expect(count > 0)
    }
}
