import Glibc

/// The event stream format of the HTML standard (§9.2, "Server-sent events").
public enum ServerSentEvents {
    /// One event.
    public struct Event: Sendable, Hashable {
        /// The `event` field; empty when there was none, which means `message`.
        public let name: String
        /// The `data` fields, joined by line feeds, as UTF-8 bytes.
        public let data: ArraySlice<UInt8>
        /// The last `id` of the stream so far; nil before the first.
        public let id: String?

        /// The data as text.
        public var text: String { String(decoding: data, as: UTF8.self) }
    }

    /// A line or an event is longer than the parser takes.
    public struct TooLong: Error, Sendable, Hashable {
        /// The bound, in bytes.
        public let bytesMax: Int
    }

    /// Reads a stream piece by piece, cut anywhere. An event at the end without its empty line is dropped, as the
    /// standard asks.
    public struct Parser: Sendable {
        /// The largest event that a parser takes unless told otherwise, in bytes.
        public static let eventBytesMaxDefault = 8 * 1024 * 1024

        /// What the stream asked as the wait before connecting again, in milliseconds; nil when it asked nothing.
        public private(set) var retryMilliseconds: Int?
        /// The last `id` of the stream so far.
        public private(set) var lastID: String?

        private let eventBytesMax: Int
        /// The start of a line whose end has not come yet.
        private var partial: [UInt8] = []
        private var data: ArraySlice<UInt8>?
        private var name = ""
        private var isFirstLine = true
        private var skipsLineFeed = false

        /// A parser that takes events of up to `eventBytesMax` bytes.
        public init(eventBytesMax: Int = Parser.eventBytesMaxDefault) { self.eventBytesMax = eventBytesMax }

        /// Takes the next bytes of the stream and returns the events that they complete, in order.
        ///
        /// - Throws: `TooLong`; the parser is of no use afterwards.
        public mutating func feed(_ bytes: [UInt8]) throws(TooLong) -> [Event] {
            var events: [Event] = []
            var start = 0
            if skipsLineFeed, let first = bytes.first {
                skipsLineFeed = false
                if first == 0x0A { start = 1 }
            }
            while let end = Self.lineEnd(bytes, from: start) {
                try line(bytes[start..<end], into: &events)
                start = end + 1
                guard bytes[end] == 0x0D else { continue }
                if start == bytes.count { skipsLineFeed = true } else if bytes[start] == 0x0A { start += 1 }
            }
            if start < bytes.count {
                try check(partial.count + bytes.count - start)
                partial += bytes[start...]
            }
            return events
        }

        /// Where the next line feed or carriage return stands; nil when there is none. By `memchr`, because streams are
        /// read here byte for byte and it looks at many bytes at once.
        private static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int? {
            bytes.withUnsafeBytes { buffer -> Int? in
                guard let base = buffer.baseAddress, start < buffer.count else { return nil }
                let rest = buffer.count - start
                let feed = memchr(base + start, 0x0A, rest).map { UnsafeRawPointer($0) - base }
                let before = (feed ?? buffer.count) - start
                return memchr(base + start, 0x0D, before).map { UnsafeRawPointer($0) - base } ?? feed
            }
        }

        private func check(_ count: Int) throws(TooLong) {
            guard count + (data?.count ?? 0) <= eventBytesMax else { throw TooLong(bytesMax: eventBytesMax) }
        }

        private mutating func line(_ end: ArraySlice<UInt8>, into events: inout [Event]) throws(TooLong) {
            try check(partial.count + end.count)
            var line = end
            if !partial.isEmpty {
                partial += end
                line = partial[...]
                partial = []
            }
            if isFirstLine {
                isFirstLine = false
                if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
            }
            if Self.isData(line), data == nil {
                line = line.dropFirst(5)
                data = line.first == UInt8(ascii: " ") ? line.dropFirst() : line
                return
            }
            guard let first = line.first else { return dispatch(into: &events) }
            guard first != UInt8(ascii: ":") else { return }
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            var value = colon == line.endIndex ? line[line.endIndex...] : line[(colon + 1)...]
            if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
            field(line[..<colon], value)
        }

        /// Whether the line starts with `data:`, as nearly all do.
        private static func isData(_ line: ArraySlice<UInt8>) -> Bool {
            let start = line.startIndex
            return line.count >= 5 && line[start] == UInt8(ascii: "d") && line[start + 1] == UInt8(ascii: "a")
                && line[start + 2] == UInt8(ascii: "t") && line[start + 3] == UInt8(ascii: "a")
                && line[start + 4] == UInt8(ascii: ":")
        }

        private mutating func field(_ field: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
            if field.elementsEqual("data".utf8) {
                guard data != nil else { return data = value }
                data?.append(0x0A)
                data?.append(contentsOf: value)
            } else if field.elementsEqual("event".utf8) {
                name = String(decoding: value, as: UTF8.self)
            } else if field.elementsEqual("id".utf8) {
                if !value.contains(0) { lastID = String(decoding: value, as: UTF8.self) }
            } else if field.elementsEqual("retry".utf8), value.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
                retryMilliseconds = Int(String(decoding: value, as: UTF8.self)) ?? retryMilliseconds
            }
        }

        private mutating func dispatch(into events: inout [Event]) {
            if let data { events.append(Event(name: name, data: data, id: lastID)) }
            data = nil
            name = ""
        }
    }
}
