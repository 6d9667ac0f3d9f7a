public import Outbound

/// Where a provider is reached and what proves who we are. Printing one shows no header, because the key is in them.
public struct ModelEndpoint: Sendable, CustomStringConvertible, CustomReflectable {
    /// The provider's name in model strings, for instance `openai`. Its `providerOptions` member has the same name.
    public let provider: String
    /// The address below which the provider's operations are, without a slash at the end.
    public let baseURL: String
    /// The headers of every call, the key among them.
    public let headers: HTTPHeaders
    /// What comes after the operation's path, for instance `?api-version=…`; empty for most.
    public let query: String

    /// An endpoint; slashes at the end of `baseURL` are dropped.
    public init(provider: String, baseURL: String, headers: HTTPHeaders, query: String = "") {
        self.provider = provider
        self.baseURL = String(baseURL.reversed().drop { $0 == "/" }.reversed())
        self.headers = headers
        self.query = query
    }

    /// The provider and its address.
    public var description: String { "\(provider) at \(baseURL)" }
    /// Nothing but the description.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The whole address of the operation `path`, which starts with a slash.
    func url(_ path: String) -> String { baseURL + path + query }
}
