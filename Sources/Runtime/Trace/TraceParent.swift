/// The header `traceparent` (W3C Trace Context §3.2): which trace something belongs to, and which span it is in.
public struct TraceParent: Sendable, Hashable {
    /// The trace: 32 lower-case hexadecimal digits, not all zero.
    public let trace: String
    /// The span: 16 lower-case hexadecimal digits, not all zero.
    public let span: String
    /// Whether whoever began the trace keeps it.
    public let isSampled: Bool

    /// A parent from its parts.
    public init(trace: String, span: String, isSampled: Bool = true) {
        self.trace = trace
        self.span = span
        self.isSampled = isSampled
    }

    /// Reads a header; nil where it is none, which the standard wants passed over as if it had not come (§3.2.2).
    public init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHexadecimal(parts[0], 2), parts[0] != "ff",
            parts[0] != "00" || parts.count == 4, Self.isHexadecimal(parts[1], 32), Self.isHexadecimal(parts[2], 16),
            Self.isHexadecimal(parts[3], 2), let flags = UInt8(parts[3], radix: 16),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        self.init(trace: String(parts[1]), span: String(parts[2]), isSampled: flags & 1 == 1)
    }

    /// The header.
    public var header: String { "00-\(trace)-\(span)-\(isSampled ? "01" : "00")" }

    private static func isHexadecimal(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
                default: false
                }
            }
    }
}
