/// The pages from which an app may be used (run spec §1.6).
enum AppOrigin {
    /// Whether a page of this origin is one of the allowed. None is while nothing is allowed, and none without an
    /// origin.
    static func isAllowed(_ origin: String?, by patterns: [String]) -> Bool {
        guard let origin, let place = place(of: origin) else { return false }
        return patterns.contains { matches($0.lowercased(), place) }
    }

    private static func matches(_ pattern: String, _ place: (host: String, port: String)) -> Bool {
        if pattern == "*" { return true }
        if pattern.hasPrefix("*.") {
            let domain = pattern.dropFirst(2)
            return place.host == domain || place.host.hasSuffix(".\(domain)")
        }
        if pattern.contains(":") { return pattern == (place.port.isEmpty ? place.host : "\(place.host):\(place.port)") }
        return place.host == pattern
    }

    /// Host and port of an origin (RFC 6454 §6.2): a scheme, a host and perhaps a port, and nothing else. The port of
    /// the scheme is left out, as browsers do.
    private static func place(of origin: String) -> (host: String, port: String)? {
        let origin = origin.lowercased()
        guard let mark = origin.firstRange(of: "://"), origin.utf8.count <= 500 else { return nil }
        let scheme = origin[..<mark.lowerBound]
        let authority = origin[mark.upperBound...]
        guard !scheme.isEmpty, !authority.isEmpty, !authority.contains(where: { "/?#@\\ ,".contains($0) }) else {
            return nil
        }
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            return (String(authority[...end]), String(rest.dropFirst()))
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty else { return nil }
        guard parts.count == 2 else { return (String(parts[0]), "") }
        guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return (String(parts[0]), String(parts[1]))
    }
}
