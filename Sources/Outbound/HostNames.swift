/// A list of hosts by name. `*.example.org` stands for the names below one, not for that one itself.
public struct HostNames: Sendable, Hashable {
    /// The names, in lower case.
    public let names: [String]

    /// The hosts of these names, in any case.
    public init(_ names: [String]) { self.names = names.map { $0.lowercased() } }

    /// Whether a host, in lower case, is one of them.
    public func contains(_ host: String) -> Bool {
        names.contains { $0 == host || ($0.hasPrefix("*.") && host.hasSuffix($0.dropFirst())) }
    }
}
