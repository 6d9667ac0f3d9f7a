import Catalog
import Testing

@testable import Runtime

/// Answers in components that come in pieces.
@Suite struct ComponentReaderTests {
    typealias Piece = ComponentReader.Piece

    private static func read(_ pieces: [String]) -> [Piece] {
        var reader = ComponentReader()
        return joined(pieces.flatMap { reader.add($0) } + reader.finish())
    }

    private static func joined(_ pieces: [Piece]) -> [Piece] {
        pieces.reduce(into: []) { joined, piece in
            if case .text(let more) = piece, case .text(let before)? = joined.last {
                joined[joined.count - 1] = .text(before + more)
            } else {
                joined.append(piece)
            }
        }
    }

    private static func card(_ id: String, _ props: JSONObject) -> Piece {
        .component(ComponentReader.Component(id: id, name: "Card", props: props))
    }

    private static func document(_ elements: String...) -> String {
        "{\"dataComponents\":[\(elements.joined(separator: ","))]}"
    }

    private static func text(_ text: String) -> String {
        (["id": "t", "name": "Text", "props": ["text": .string(text)]] as JSONValue).jsonText
    }

    private static let card = """
        {"id":"c1","name":"Card","props":{"title":"A \\"b\\" }]","rows":[{"n":1,"gone":null}],"none":null}}
        """
    private static let carded = card(
        "c1", ["title": "A \"b\" }]", "rows": [["n": 1, "gone": nil]], "none": nil])

    @Test func `texts are the answer's text, other components stand where they were given`() {
        let read = Self.read([Self.document(Self.text("Hello."), Self.card, Self.text("Bye."))])
        #expect(read == [.text("Hello."), Self.carded, .text("\n\nBye.")])
        #expect(Self.read([Self.document(Self.text("a"), Self.text("b"))]) == [.text("a\n\nb")])
    }

    @Test func `a text is given as it grows, a component as soon as it is complete`() {
        var reader = ComponentReader()
        #expect(
            reader.add("{\"dataComponents\": [{\"id\":\"t\",\"name\":\"Text\",\"props\":{\"text\":\"Hel") == [
                .text("Hel")
            ])
        #expect(reader.add("lo \\") == [.text("lo ")])
        #expect(reader.add("n\\u00e") == [.text("\n")])
        #expect(reader.add("9 \\ud83e") == [.text("é ")])
        #expect(reader.add("\\udd8a.\"}},") == [.text("🦊.")])
        #expect(reader.add(String(Self.card.dropLast())) == [])
        #expect(reader.add("}") == [Self.carded])
        #expect(reader.isStructured)
        #expect(reader.add("]}") + reader.finish() == [])
    }

    @Test(arguments: [
        ("{\"props\":{\"text\":\"late\"},\"name\":\"Text\",\"id\":\"t\"}", [Piece.text("late")]),
        ("{\"name\":\"Text\",\"props\":{\"text\":\"\"}}", []),
        ("{\"name\":\"Text\",\"props\":{\"text\":7}}", []),
        ("{\"name\":\"Text\",\"props\":{\"other\":\"x\",\"text\":\"y\"}}", [.text("y")]),
        ("{\"name\":\"Text\",\"props\":{\"text\":\"\\ud83e!\"}}", [.text("\u{FFFD}!")]),
        ("{\"name\":\"Card\",\"props\":{\"text\":\"no\"}}", [Self.card("", ["text": "no"])]),
        ("{\"name\":\"Card\"}", [Self.card("", [:])]), ("{\"id\":\"x\"}", []), ("7", []),
    ])
    func `whatever order the members have`(_ element: String, _ pieces: [Piece]) {
        #expect(Self.read([Self.document(element)]) == pieces)
    }

    @Test(arguments: [
        "Just prose.", "{\"answer\":42}", "{\"dataComponents\":7}", "[1,2]", "`code` and {braces}",
        "```swift\nlet a = 1\n```",
        "  indented", "{", "{\"dataCompo",
    ])
    func `what is no list of components is text`(_ text: String) {
        #expect(Self.read([text]) == [.text(text)])
    }

    @Test func `prose and code blocks around a list are no hindrance`() {
        let list = Self.document(Self.card)
        #expect(Self.read(["```json\n\(list)\n```\n"]) == [Self.carded])
        #expect(Self.read([" \n \(list) \n"]) == [Self.carded])
        #expect(Self.read(["One moment. \(list)"]) == [.text("One moment. "), Self.carded])
        #expect(Self.read(["\(list)\nDone."]) == [Self.carded, .text("Done.")])
        #expect(Self.read([list + list]) == [Self.carded, Self.carded])
        #expect(Self.read(["Well. \(Self.document(Self.text("So.")))"]) == [.text("Well. \n\nSo.")])
    }

    @Test func `a component that breaks off is left out, a text is kept as far as it came`() {
        let half = Self.document(Self.text("a"), Self.card).dropLast(8)
        #expect(Self.read([String(half)]) == [.text("a")])
        #expect(Self.read(["{\"dataComponents\":[{\"name\":\"Text\",\"props\":{\"text\":\"ab"]) == [.text("ab")])
    }

    @Test(arguments: 0..<20)
    func `however an answer is cut, it means the same`(block: UInt64) {
        let parts = [
            Self.card, Self.text("Hi \"you\"\n"), Self.text("🦊é\u{1}"),
            "{\"name\":\"Text\",\"props\":{\"text\":\"\\ud83e\\udd8a\\u0041\"}}",
            "{\"props\":{\"text\":\"late\"},\"name\":\"Text\"}", "{", "}", "]", "\"", "\\",
            "{\"name\":\"Card\",\"props\":{\"a\":[[{}]]}}",
        ]
        for seed in block * 100..<(block + 1) * 100 {
            var numbers = SeededNumbers(seed: seed)
            let elements = (0..<Int.random(in: 0...4, using: &numbers)).map { _ in
                parts.randomElement(using: &numbers) ?? ""
            }
            let around = ["", "Prose {x} ", "```json\n", "\n", "`", "{\"dataC"]
            let text =
                (around.randomElement(using: &numbers) ?? "")
                + "{\"dataComponents\" : [\(elements.joined(separator: ", "))]}"
                + (["", "\n```", " more"].randomElement(using: &numbers) ?? "")
            let scalars = text.unicodeScalars.map(String.init)
            let whole = Self.read([text])
            #expect(Self.read(scalars) == whole, "\(text)")
            var pieces: [String] = []
            var rest = scalars[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(rest.count, 9), using: &numbers)
                pieces.append(rest.prefix(count).joined())
                rest = rest.dropFirst(count)
            }
            #expect(Self.read(pieces) == whole, "\(text)")
        }
    }
}
