import Catalog
import Events
import Testing
import Wire

/// What an encoder wrote, taken apart by the rules of server-sent events.
struct Transcript: Equatable {
    struct Event: Equatable {
        var id: String?
        var data: String
    }

    var events: [Event] = []

    /// Takes bytes apart. Anything but whole events of at most an id line and one data line is a fault.
    init(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        try #require(text.isEmpty || text.hasSuffix("\n\n"))
        for block in text.components(separatedBy: "\n\n").dropLast() {
            var lines = block.split(separator: "\n", omittingEmptySubsequences: false)[...]
            var event = Event(data: "")
            if let first = lines.first, first.hasPrefix("id: ") { event.id = String(lines.removeFirst().dropFirst(4)) }
            try #require(lines.count == 1)
            let line = try #require(lines.first)
            try #require(line.hasPrefix("data: "))
            event.data = String(line.dropFirst(6))
            events.append(event)
        }
    }

    /// The data of every event, `head` left out at the front and `tail` at the end where they are.
    func lines(without head: String = "", tail: String = "") -> [String] {
        events.map { event in
            guard !head.isEmpty, event.data.hasPrefix(head), event.data.hasSuffix(tail) else { return event.data }
            return String(event.data.dropFirst(head.count).dropLast(tail.count))
        }
    }

    /// The documents of every event but `[DONE]`.
    func documents() throws -> [JSONValue] {
        try events.filter { $0.data != "[DONE]" }.map { try JSONValue(parsing: $0.data) }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}

/// Encodes a log in one piece.
func completionBytes(_ log: [LoggedEvent], includesUsage: Bool = false) -> [UInt8] {
    var stream = ChatCompletionStream(includesUsage: includesUsage)
    var writer = JSONWriter()
    stream.encode(log, into: &writer)
    return writer.bytes
}

/// Encodes a log in one piece.
func uiBytes(_ log: [LoggedEvent], run: String = SampleLog.run) -> [UInt8] {
    var stream = UIMessageStream(run: run)
    var writer = JSONWriter()
    stream.encode(log, into: &writer)
    return writer.bytes
}
