import Loading
import Testing

struct TemplateTests {
    private func fill(_ text: String, _ number: Int, _ run: UInt64 = 0xABC) -> String {
        String(decoding: Template(text).filled(number: number, run: run), as: UTF8.self)
    }

    @Test func `places are filled and all else stays`() {
        #expect(fill("a{{n}}b{{run}}", 7) == "a7b000000000abc")
        #expect(fill(#"{"x":{"y":"{{unknown}}{{n}}"}}"#, 12) == #"{"x":{"y":"{{unknown}}12"}}"#)
        #expect(fill("{{{n}}", 1) == "{1")
        #expect(fill("", 1).isEmpty)
    }

    @Test func `a connection's place has its number`() {
        let filled = Template("c{{connection}}-{{n}}").filled(number: 9, run: 0, connection: 3)
        #expect(String(decoding: filled, as: UTF8.self) == "c3-9")
    }

    @Test func `identifiers have the shape of a UUID and never repeat within a run`() {
        let identifiers = (1...10_000).map { fill("{{uuid}}", $0, .max - 5) }
        #expect(Set(identifiers).count == 10_000)
        for identifier in identifiers.prefix(10) {
            #expect(identifier.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
            #expect(identifier.utf8.allSatisfy { "0123456789abcdef-".utf8.contains($0) })
        }
    }
}
