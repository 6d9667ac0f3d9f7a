import Catalog
public import Cryptography
import Domain
import Events
import MCP
public import Outbound
public import Store

/// The servers of tools that runs of this process use: what is known of them and how they did is shared by all runs,
/// connections are each stay's own.
public final class MCPServers: Sendable {
    let world: MCPWorld
    let breakers: CircuitBreakers
    let lists: ToolListCache
    let credentials: MCPCredentials
    let keyring: Keyring
    let listing = SingleFlight<ToolListCache.Key, Result<ToolListCache.Listing, MCPTrouble>>()

    /// The servers.
    ///
    /// - Parameters:
    ///   - http: what connections are made with; its policy says where to.
    ///   - version: the version of Covey, which servers are told.
    ///   - store: where credentials are.
    ///   - keyring: opens them.
    ///   - clock: the time.
    ///   - limits: the bounds.
    public init(
        http: HTTPClient, version: String, store: Store, keyring: Keyring, clock: RuntimeClock, limits: RuntimeLimits
    ) {
        var bounds = MCPLimits()
        bounds.request = .milliseconds(limits.mcpConnectMs)
        bounds.discovery = min(bounds.discovery, bounds.request)
        bounds.session = nil
        world = MCPWorld(
            client: MCPClient(http: http, version: version, limits: bounds, clock: clock.mcp), clock: clock,
            limits: limits)
        breakers = CircuitBreakers(clock: clock, limits: limits)
        lists = ToolListCache(clock: clock, limits: limits)
        credentials = MCPCredentials(
            store: store, keyring: keyring, clock: clock, authorization: AuthorizationProtocol(http: http))
        self.keyring = keyring
    }

    /// The tools of a server, as a sub-agent uses it.
    func source(_ use: MCPUse) -> ToolSource {
        ToolSource(name: use.name) { context in await MCPOpening(self, use, context).opened() }
    }
}
