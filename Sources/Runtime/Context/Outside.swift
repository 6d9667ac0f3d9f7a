public import Catalog
public import Cryptography
public import Functions
public import Outbound

/// What agents use of the world outside the store and the models.
public struct Outside: Sendable {
    /// Opens and seals the secrets of projects.
    public let keyring: Keyring
    /// Sends requests, as far as the egress rules let them.
    public let client: HTTPClient
    /// The server's environment, as far as it is open to templates.
    public let environment: TemplateEnvironment
    /// The servers of tools; nil where none is asked.
    public let servers: MCPServers?
    /// What runs functions; nil where none are run.
    public let functions: FunctionPool?

    /// The world outside of these parts.
    public init(
        keyring: Keyring, client: HTTPClient, environment: TemplateEnvironment, servers: MCPServers? = nil,
        functions: FunctionPool? = nil
    ) {
        self.keyring = keyring
        self.client = client
        self.environment = environment
        self.servers = servers
        self.functions = functions
    }
}
