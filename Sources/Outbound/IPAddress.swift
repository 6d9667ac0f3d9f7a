/// An internet address as its bytes in network order: 4 for IPv4, 16 for IPv6.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The bytes in network order.
    public let bytes: [UInt8]

    /// An address of 4 or 16 bytes. IPv6 forms that carry an IPv4 address (mapped `::ffff:0:0/96`, NAT64
    /// `64:ff9b::/96`,
    /// 6to4 `2002::/16`, compatible `::/96`) stay as they are; see `embeddedIPv4`. Nil for other counts.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads `192.0.2.1` (four decimal numbers) or an IPv6 literal with or without brackets. Nil for anything else.
    public init?(_ text: some StringProtocol) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
            guard let bytes = Self.parseIPv6(bare) else { return nil }
            self.bytes = bytes
        } else {
            guard let bytes = Self.parseIPv4(String(text)) else { return nil }
            self.bytes = bytes
        }
    }

    private static func parseIPv4(_ text: String) -> [UInt8]? {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 4 else { return nil }
        let bytes = numbers.compactMap { $0.count <= 3 && $0.utf8.allSatisfy(isDigit) ? UInt8($0) : nil }
        return bytes.count == 4 ? bytes : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func parseIPv6(_ text: String) -> [UInt8]? {
        let text = text.split(separator: "%", maxSplits: 1).first.map(String.init) ?? ""
        guard let gap = text.firstRange(of: "::") else {
            let bytes = groups(text)
            return bytes?.count == 16 ? bytes : nil
        }
        guard let head = groups(String(text[..<gap.lowerBound])), let tail = groups(String(text[gap.upperBound...])),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// The bytes of colon-separated groups, the last of which may be a dotted IPv4 address.
    private static func groups(_ text: String) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (position, part) in parts.enumerated() {
            if position == parts.count - 1, part.utf8.contains(UInt8(ascii: ".")) {
                guard let last = parseIPv4(String(part)) else { return nil }
                bytes += last
            } else {
                guard (1...4).contains(part.utf8.count), part.first != "+", let group = UInt16(part, radix: 16) else {
                    return nil
                }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }

    /// The IPv4 address inside an IPv6 one that only carries it, else nil.
    public var embeddedIPv4: IPAddress? {
        guard bytes.count == 16 else { return nil }
        let zeros = [UInt8](repeating: 0, count: 10)
        if bytes.starts(with: zeros + [0xFF, 0xFF]) || bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B] + zeros.prefix(8)) {
            return IPAddress(bytes: Array(bytes[12...]))
        }
        if bytes.starts(with: [0x20, 0x02]) { return IPAddress(bytes: Array(bytes[2..<6])) }
        if bytes.starts(with: zeros + [0, 0]), bytes[12] != 0 { return IPAddress(bytes: Array(bytes[12...])) }
        return nil
    }

    /// The IPv4 address of a client that a socket for both families shows as an IPv6 one (RFC 4291 §2.5.5.2); any
    /// other address as it is.
    public var unmapped: IPAddress {
        let prefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        guard bytes.count == 16, bytes.starts(with: prefix) else { return self }
        return IPAddress(bytes: Array(bytes[12...])) ?? self
    }

    /// The part of an address that one client has: of IPv6 the first 64 bits (RFC 6177), within which a client may
    /// take any address that it likes; of IPv4 all of it.
    public var clientNetwork: String {
        let address = unmapped
        guard address.bytes.count == 16 else { return address.description }
        return stride(from: 0, to: 8, by: 2)
            .map { String(UInt16(address.bytes[$0]) << 8 | UInt16(address.bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":") + "::/64"
    }

    /// The part that one client has of an address that is written so; a text that is no address as it is.
    public static func clientNetwork(of text: String) -> String { IPAddress(text)?.clientNetwork ?? text }

    /// The usual written form (RFC 5952 without its shortening of the longest run of zeros elsewhere than named).
    public var description: String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}

/// A range of addresses that share their first bits.
public struct IPRange: Sendable, Hashable, CustomStringConvertible {
    /// The first address of the range.
    public let base: IPAddress
    /// How many leading bits all addresses of the range share.
    public let prefixLength: Int

    /// Reads `10.0.0.0/8`, `fc00::/7` or a single address. Nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let base = IPAddress(first) else { return nil }
        let bits = base.bytes.count * 8
        guard let length = parts.count == 2 ? Int(parts[1]) : bits, (0...bits).contains(length) else { return nil }
        self.base = base
        prefixLength = length
    }

    /// Whether `address` lies in the range. IPv4 and IPv6 never match each other.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = prefixLength / 8
        let rest = prefixLength % 8
        guard address.bytes.prefix(whole) == base.bytes.prefix(whole) else { return false }
        guard rest > 0 else { return true }
        return (address.bytes[whole] ^ base.bytes[whole]) >> (8 - rest) == 0
    }

    /// The form that `init` reads.
    public var description: String { "\(base)/\(prefixLength)" }
}
