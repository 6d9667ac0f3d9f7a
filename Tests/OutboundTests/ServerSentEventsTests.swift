import Outbound
import Testing

/// The event stream format, read in one piece and cut at every byte.
struct ServerSentEventsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        let stream: String
        /// Name, data and id of each event.
        let events: [[String]]

        var testDescription: String { what }
    }

    static let cases = [
        Case(what: "one event", stream: "data: a\n\n", events: [["", "a", "-"]]),
        Case(what: "no space after the colon", stream: "data:a\n\n", events: [["", "a", "-"]]),
        Case(what: "only the first space goes", stream: "data:  a \n\n", events: [["", " a ", "-"]]),
        Case(what: "several lines", stream: "data: a\ndata: b\ndata\n\n", events: [["", "a\nb\n", "-"]]),
        Case(what: "carriage returns", stream: "data: a\r\rdata: b\r\r", events: [["", "a", "-"], ["", "b", "-"]]),
        Case(what: "both", stream: "data: a\r\n\r\ndata: b\r\n\r\n", events: [["", "a", "-"], ["", "b", "-"]]),
        Case(
            what: "mixed", stream: "event: x\rdata: a\n\r\ndata: b\r\n\n", events: [["x", "a", "-"], ["", "b", "-"]]),
        Case(
            what: "names", stream: "event: tick\ndata: 1\n\ndata: 2\n\n",
            events: [["tick", "1", "-"], ["", "2", "-"]]),
        Case(what: "ids stay", stream: "id: 7\ndata: 1\n\ndata: 2\n\n", events: [["", "1", "7"], ["", "2", "7"]]),
        Case(
            what: "an id with NUL is none", stream: "id: 7\ndata: 1\n\nid: 8\u{0}\ndata: 2\n\n",
            events: [["", "1", "7"], ["", "2", "7"]]),
        Case(
            what: "comments and unknown fields", stream: ": hello\n\nfoo: 1\ndata: 1\n:\n\n", events: [["", "1", "-"]]),
        Case(what: "a byte order mark", stream: "\u{FEFF}data: a\n\n", events: [["", "a", "-"]]),
        Case(what: "a second mark is text", stream: "data: a\n\n\u{FEFF}data: b\n\n", events: [["", "a", "-"]]),
        Case(what: "no data, no event", stream: "event: x\n\ndata: a\n\n", events: [["", "a", "-"]]),
        Case(what: "empty data", stream: "data\n\n", events: [["", "", "-"]]),
        Case(what: "an unfinished event is dropped", stream: "data: a\n\ndata: b\n", events: [["", "a", "-"]]),
        Case(what: "text beyond ASCII", stream: "data: žluť 🦊\n\n", events: [["", "žluť 🦊", "-"]]),
        Case(what: "a colon in the data", stream: "data: {\"a\":1}\n\n", events: [["", "{\"a\":1}", "-"]]),
    ]

    private func shown(_ events: [ServerSentEvents.Event]) -> [[String]] {
        events.map { [$0.name, $0.text, $0.id ?? "-"] }
    }

    @Test(arguments: cases) func `a stream means the same wherever it is cut`(_ sample: Case) throws {
        let bytes = Array(sample.stream.utf8)
        for cut in 0...bytes.count {
            var parser = ServerSentEvents.Parser()
            let events = try parser.feed(Array(bytes[..<cut])) + parser.feed(Array(bytes[cut...]))
            #expect(shown(events) == sample.events, "cut at byte \(cut)")
        }
        var parser = ServerSentEvents.Parser()
        var events: [ServerSentEvents.Event] = []
        for byte in bytes { events += try parser.feed([byte]) }
        #expect(shown(events) == sample.events, "byte by byte")
    }

    @Test func `the wait before connecting again is kept, and only if it is a number`() throws {
        var parser = ServerSentEvents.Parser()
        _ = try parser.feed(Array("retry: 1500\nretry: soon\n\n".utf8))
        #expect(parser.retryMilliseconds == 1500)
    }

    @Test func `a line or an event that is too long is refused, an event at the bound is not`() throws {
        var parser = ServerSentEvents.Parser(eventBytesMax: 20)
        #expect(try parser.feed(Array("data: 12345678901234\n\n".utf8)).count == 1)
        #expect(throws: ServerSentEvents.TooLong.self) { try parser.feed(Array("data: 123456789012345\n".utf8)) }
        var open = ServerSentEvents.Parser(eventBytesMax: 20)
        #expect(throws: ServerSentEvents.TooLong.self) {
            for _ in 0..<30 { _ = try open.feed([0x61]) }
        }
        var lines = ServerSentEvents.Parser(eventBytesMax: 20)
        #expect(throws: ServerSentEvents.TooLong.self) {
            for _ in 0..<5 { _ = try lines.feed(Array("data: 12345\n".utf8)) }
        }
    }
}
