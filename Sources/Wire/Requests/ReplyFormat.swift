/// How a chat endpoint answers.
public enum ReplyFormat: Sendable, Hashable {
    /// Server-sent events while the run goes on.
    case stream
    /// One JSON document when it is over.
    case json

    /// Chooses from what the client said: `stream` in the body decides; without it, an `Accept` header that names
    /// `text/event-stream` asks for a stream; without that, `otherwise`.
    ///
    /// - Parameters:
    ///   - stream: The body's `stream`, or nil.
    ///   - accept: The `Accept` header, or nil.
    ///   - otherwise: What a client gets that said neither.
    public init(stream: Bool?, accept: String?, otherwise: ReplyFormat = .json) {
        if let stream {
            self = stream ? .stream : .json
        } else {
            self = accept.map(Self.namesEventStream) == true ? .stream : otherwise
        }
    }

    /// Whether the header has the media type itself, not merely a range that includes it, and does not rule it out by
    /// `q=0` (RFC 9110 §12.5.1).
    private static func namesEventStream(_ accept: String) -> Bool {
        accept.lowercased().split(separator: ",").contains { range in
            let pieces = range.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            guard pieces.first == "text/event-stream" else { return false }
            return !pieces.dropFirst().contains { ["q=0", "q=0.", "q=0.0", "q=0.00", "q=0.000"].contains($0) }
        }
    }
}

/// What a client's clock says (run spec §3.2).
public struct ClientTime: Sendable, Hashable {
    private static let zoneMax = 100
    private static let timestampMax = 50

    /// The time zone's name, for instance `Europe/Berlin`: fewer than 100 characters of `[A-Za-z0-9_/\-+]`.
    public let zone: String
    /// The time in UTC, `YYYY-MM-DDTHH:MM:SS(.mmm)Z`, fewer than 50 characters.
    public let timestamp: String

    /// Reads `x-inkeep-client-timezone` and `x-inkeep-client-timestamp`; nil unless both are there and have their form.
    public init?(zone: String?, timestamp: String?) {
        guard let zone, let timestamp, Self.isZone(zone), Self.isTimestamp(timestamp) else { return nil }
        self.zone = zone
        self.timestamp = timestamp
    }

    private static func isZone(_ zone: String) -> Bool {
        !zone.isEmpty && zone.utf8.count < zoneMax
            && zone.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "-"),
                    UInt8(ascii: "+"):
                    true
                default: false
                }
            }
    }

    /// Whether the digits stand where they should; whether there is such a day is for who reads the time.
    private static func isTimestamp(_ text: String) -> Bool {
        let pattern = Array("dddd-dd-ddTdd:dd:dd".utf8)
        let bytes = Array(text.utf8)
        guard bytes.count < timestampMax, bytes.count > pattern.count, bytes.last == UInt8(ascii: "Z") else {
            return false
        }
        func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        for (byte, wanted) in zip(bytes, pattern) {
            guard wanted == UInt8(ascii: "d") ? isDigit(byte) : byte == wanted else { return false }
        }
        let fraction = bytes[pattern.count..<(bytes.count - 1)]
        if fraction.isEmpty { return true }
        return fraction.first == UInt8(ascii: ".") && fraction.count > 1 && fraction.dropFirst().allSatisfy(isDigit)
    }
}
