extension HTTPRequest {
    /// Whether secrets may be sent to an address, on its form alone: https, but to this machine http too; of 2,000
    /// bytes at most.
    public static func isConfidential(_ address: String) -> Bool {
        guard address.utf8.count <= 2000 else { return false }
        if address.hasPrefix("https://") { return true }
        guard address.hasPrefix("http://") else { return false }
        let authority = address.dropFirst("http://".count).prefix { !"/?#".contains($0) }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        return ["127.0.0.1", "localhost", "[::1"].contains(String(host))
    }
}
