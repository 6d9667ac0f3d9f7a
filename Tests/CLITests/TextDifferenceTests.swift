import Testing

@testable import CLI

/// How two texts are compared by lines.
@Suite struct TextDifferenceTests {
    private static let poem = (1...20).map { "line \($0)" }

    private static func shown(_ old: [String], _ new: [String]) -> [TextDifference.Line] {
        TextDifference(old.joined(separator: "\n"), new.joined(separator: "\n")).lines
    }

    @Test func `only what differs is shown, and what is around it`() {
        var other = Self.poem
        other[9] = "another line"
        other.remove(at: 18)
        #expect(
            Self.shown(Self.poem, other) == [
                .gap, .same("line 8"), .same("line 9"), .removed("line 10"), .added("another line"), .same("line 11"),
                .same("line 12"), .gap, .same("line 17"), .same("line 18"), .removed("line 19"), .same("line 20"),
            ])
    }

    @Test func `texts of one line are shown whole, and the same text is nothing`() {
        #expect(TextDifference("a", "b").lines == [.removed("a"), .added("b")])
        #expect(TextDifference("a\nb", "a\nb").lines == [.gap])
        #expect(TextDifference("", "a").lines == [.removed(""), .added("a")])
    }

    @Test func `texts of which nothing is the same are shown one after the other, however long`() {
        let (old, new) = ((0..<5000).map { "old \($0)" }, (0..<5000).map { "new \($0)" })
        let lines = Self.shown(old, new)
        #expect(lines.count == 10_000 && lines.first == .removed("old 0") && lines.last == .added("new 4999"))
    }

    @Test func `what is shown of both leads from one to the other`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let old = (0..<Int.random(in: 1...12, using: &random)).map { _ in String(Int.random(in: 0...3)) }
            let new = (0..<Int.random(in: 1...12, using: &random)).map { _ in String(Int.random(in: 0...3)) }
            let lines = TextDifference(old.joined(separator: "\n"), new.joined(separator: "\n"), around: 99).lines
            guard old != new else { continue }
            #expect(lines.compactMap { $0.text(in: .old) } == old && lines.compactMap { $0.text(in: .new) } == new)
        }
    }
}

extension TextDifference.Line {
    fileprivate enum Side { case old, new }

    fileprivate func text(in side: Side) -> String? {
        switch self {
        case .same(let text): text
        case .removed(let text): side == .old ? text : nil
        case .added(let text): side == .new ? text : nil
        case .gap: nil
        }
    }
}
