/// What the egress policy said of one address that a request was about to connect to; for the trace of the call.
public struct EgressDecision: Sendable, Hashable, CustomStringConvertible {
    /// Why it said so.
    public enum Reason: String, Sendable, Hashable {
        /// The address is one of the public internet.
        case publicAddress = "public"
        /// An allowed range has it.
        case allowedRange = "allowed range"
        /// The request's host is allowed, wherever it is.
        case allowedHost = "allowed host"
        /// The policy lets everything through.
        case unrestricted
        /// The address is private, local or otherwise special, and nothing allows it.
        case notPublic = "not public"
    }

    /// The host of the request, as the policy compares it.
    public let host: String
    /// The address that is connected to.
    public let address: IPAddress
    /// Why.
    public let reason: Reason

    /// Whether the connection is opened.
    public var isPermitted: Bool { reason != .notPublic }
    /// For people: `tools.internal (10.0.0.7): allowed host`.
    public var description: String { "\(host) (\(address)): \(reason.rawValue)" }
}

extension EgressPolicy {
    /// What becomes of a connection to `address`, made for the host `host` of a request.
    public func decision(on address: IPAddress, host: String) -> EgressDecision {
        let host = Self.normal(host)
        return EgressDecision(host: host, address: address, reason: reason(address, host))
    }

    private func reason(_ address: IPAddress, _ host: String) -> EgressDecision.Reason {
        if allowsEverything { return .unrestricted }
        if allows(host: host) { return .allowedHost }
        let isInRange = { (address: IPAddress) in allowedRanges.contains { $0.contains(address) } }
        if isInRange(address) { return .allowedRange }
        // A form that only carries an IPv4 address is what it carries.
        guard let embedded = address.embeddedIPv4 else { return Self.isPublic(address) ? .publicAddress : .notPublic }
        if isInRange(embedded) { return .allowedRange }
        return Self.isPublic(embedded) ? .publicAddress : .notPublic
    }

    private func allows(host: String) -> Bool { HostNames(allowedHosts).contains(host) }

    /// A host name in lower case and without the dot that stands for the root of all names.
    static func normal(_ host: String) -> String {
        let lower = host.lowercased()
        return lower.count > 1 && lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}
