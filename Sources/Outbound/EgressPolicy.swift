/// Where outbound requests may go (DESIGN.md, decision 6). It is asked at every connect with the address that is really
/// connected to, so that neither DNS tricks nor redirects get around it.
public struct EgressPolicy: Sendable, Hashable {
    /// Addresses that are reached although they are not public.
    public var allowedRanges: [IPRange]
    /// Host names, in lower case, all of whose addresses are reached. `*.example.org` stands for the names below one.
    public var allowedHosts: [String]
    /// Whether nothing is refused: for providers and other addresses that operators, not users, set.
    public var allowsEverything: Bool
    /// Whether the proxies of the process environment are used.
    public var usesEnvironmentProxies: Bool

    /// The public internet and nothing else.
    public static let publicOnly = EgressPolicy()
    /// The public internet and this machine.
    public static let development = EgressPolicy(allow: ["127.0.0.0/8", "::1"])
    /// Everywhere.
    public static let unrestricted: EgressPolicy = {
        var policy = EgressPolicy()
        policy.allowsEverything = true
        return policy
    }()

    /// The public internet and what `allow` lists: addresses, ranges (`10.0.0.0/8`) and host names.
    public init(allow: [String] = []) {
        allowedRanges = allow.compactMap { IPRange($0) }
        allowedHosts = allow.filter { IPRange($0) == nil }.map(Self.normal)
        allowsEverything = false
        usesEnvironmentProxies = false
    }

    /// Whether a connection to `address`, made for the host `host` of the request, may be opened.
    public func permits(_ address: IPAddress, host: String) -> Bool { decision(on: address, host: host).isPermitted }

    /// Whether `address` is one of the public internet and not one of the special ranges.
    static func isPublic(_ address: IPAddress) -> Bool { !special.contains { $0.contains(address) } }

    /// The ranges of the IANA special-purpose registries (RFC 6890 and its successors) that are not globally
    /// reachable, with multicast, the reserved class E and the metadata services of clouds, which sit in them.
    private static let special: [IPRange] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16",
        "::", "::1", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "64:ff9b:1::/48", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    ].compactMap { IPRange($0) }
}
