import Kit

/// How the model is to answer one request, written in the request's own text so that it passes through any server:
/// `%bench chunks=20 delay_ms=10 first_ms=0%`. The last directive of the body counts, since a history repeats old ones.
public struct Directive: Hashable, Sendable {
    /// What the answer is.
    public enum Mode: String, Sendable {
        /// `chunks` times the marker.
        case text
        /// A call of a tool first; the text once the last message is a tool's result.
        case tool
    }

    /// The text of every chunk. Nothing else that passes through a server under test contains it.
    public static let marker = "benchtok "

    /// Pieces of text, 1...10,000.
    public var chunks = 20
    /// Milliseconds between two pieces, 0...60,000.
    public var delayMilliseconds = 0
    /// Milliseconds before the first piece, 0...60,000.
    public var firstMilliseconds = 0
    /// What the answer is.
    public var mode = Mode.text
    /// The tool to call; nil for the first that the request offers.
    public var tool: String?
    /// One text argument of the tool call, written `argument=NAME:VALUE`; nil for none.
    public var argument: String?
    /// A word that the tool's result must hold, or the answer to it has no markers; nil for any result.
    public var result: String?

    private static let opening = Array("%bench ".utf8)

    /// What a request without a directive gets.
    public init() {}

    /// The last directive in `body`. Words that are not understood, or are out of range, leave the standard value.
    public init(in body: UnsafeRawBufferPointer) {
        guard let start = body.lastOffset(of: Self.opening) else { return }
        let first = start + Self.opening.count
        guard let end = body.firstOffset(of: [UInt8(ascii: "%")], from: first) else { return }
        for word in body.text(first..<end).split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            take(String(parts[0]), String(parts[1]))
        }
    }

    private mutating func take(_ name: String, _ value: String) {
        switch name {
        case "chunks": chunks = Self.number(value, in: 1...10_000) ?? chunks
        case "delay_ms": delayMilliseconds = Self.number(value, in: 0...60_000) ?? delayMilliseconds
        case "first_ms": firstMilliseconds = Self.number(value, in: 0...60_000) ?? firstMilliseconds
        case "mode": mode = Mode(rawValue: value) ?? mode
        case "tool": tool = value
        case "argument": argument = value
        case "result": result = value
        default: return
        }
    }

    private static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
        Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
}
