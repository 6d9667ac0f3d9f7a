extension EgressPolicy {
    /// Why nothing is sent to the address `url`, for people; nil when something may be. Only what the text says is
    /// looked at: no name is resolved, and `permits` is asked again with the address that is really connected to.
    public func refusal(of url: String) -> String? {
        guard let parts = URLParts(url), ["http", "https"].contains(parts.scheme) else {
            return "must be an absolute http or https URL"
        }
        if parts.hasCredentials { return "must not hold a user name or password" }
        let host = Self.normal(parts.host)
        let isLocalName = host == "localhost" || host.hasSuffix(".localhost")
        guard let address = IPAddress(isLocalName ? "127.0.0.1" : host) else { return nil }
        return permits(address, host: host) ? nil : "must not be a private or local address"
    }
}
