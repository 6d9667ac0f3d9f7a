import Catalog
import Domain
import Events
import MCP
import Models
import Outbound
import Store

/// A sub-agent that goes to work asks a server for its tools. Whatever the server does, it has an answer.
struct MCPOpening: Sendable {
    let servers: MCPServers
    let use: MCPUse
    let context: ToolContext
    let key: ServerKey
    private let branch: BranchKey

    init(_ servers: MCPServers, _ use: MCPUse, _ context: ToolContext) {
        self.servers = servers
        self.use = use
        self.context = context
        branch = BranchKey(
            tenant: context.scope.key.tenant, project: context.scope.key.project, branch: context.scope.branch)
        key = ServerKey(
            tenant: branch.tenant, project: branch.project, name: use.tool.id, url: use.tool.config.mcp.server.url)
    }

    /// Why a server has no tools now.
    private struct Missing: Error {
        let code: String
        let reason: String
    }

    /// The tools, and what is missing.
    func opened() async -> OpenedTools {
        var notices: [RunNotice] = []
        do {
            let address = try await address(refused: nil, &notices)
            let (link, listing) = try await list(address)
            let listKey = ToolListCache.Key(key, address)
            let tools = MCPTools(opening: self, link: link, listing: listing, listKey: listKey, notices: notices)
            return tools.opened()
        } catch let missing as Missing {
            return missingTools(missing, notices)
        } catch is CancellationError {
            return OpenedTools(source: use.name)
        } catch {
            return missingTools(
                Missing(code: "mcp_server_unavailable", reason: "it cannot be asked for its tools"), notices)
        }
    }

    private func missingTools(_ missing: Missing, _ notices: [RunNotice]) -> OpenedTools {
        OpenedTools(
            source: use.name,
            notices: notices + [
                notice(.error, missing.code, "The tools of '\(use.name)' are not available: \(missing.reason).")
            ])
    }

    func notice(_ severity: RunNotice.Severity, _ code: String, _ message: String) -> RunNotice {
        RunNotice(severity, code: code, message: message, source: use.relation.id)
    }

    // MARK: Header fields

    private func address(
        refused: [(name: String, value: String)]?, _ notices: inout [RunNotice]
    ) async throws -> MCPServerAddress {
        let credential: ResolvedCredential?
        do {
            credential = try await servers.credentials.credential(owner, of: use.tool, refused: refused)
        } catch let lacking as MCPCredentials.Lacking {
            throw Missing(code: "mcp_credential_missing", reason: lacking.reason)
        }
        if credential == nil, use.tool.credentialScope == .user {
            let who = context.scope.user == nil ? "nobody is signed in" : "the user has not signed in to it"
            notices.append(
                notice(
                    .warning, "mcp_credential_missing",
                    "'\(use.name)' is used with each user's own credential, and \(who): it is asked without one."))
        }
        var address = use.address(in: branch)
        do {
            address.headers = try ServerHeaders(use.tool.headers, use.relation.headers)
                .fields(over: credential?.headers ?? [], for: context, keyring: servers.keyring, in: branch)
        } catch let unfilled as ServerHeaders.Unfilled {
            throw Missing(
                code: "mcp_header_missing",
                reason: "its header \(unfilled.header) needs '\(unfilled.placeholder)', which \(unfilled.reason)")
        }
        for (name, value) in try await context.forwardedHeaders() where address.headers[name] == nil {
            address.headers[name] = value
        }
        return address
    }

    private var owner: MCPCredentials.Owner {
        MCPCredentials.Owner(
            branch: branch, tool: use.tool.id,
            user: use.tool.credentialScope == .user ? context.scope.user : nil)
    }

    /// The address with another credential than the one that the server did not take; nil when there is none.
    private func refreshed(_ address: MCPServerAddress) async -> MCPServerAddress? {
        guard let credential = try? await servers.credentials.credential(owner, of: use.tool) else { return nil }
        let sent = credential.headers.filter { address.headers[$0.name] == $0.value }
        // What was sent is what there is now: another one has to be fetched.
        let refused = sent.count == credential.headers.count ? credential.headers : nil
        var notices: [RunNotice] = []
        guard let fresh = try? await self.address(refused: refused, &notices), fresh.headers != address.headers else {
            return nil
        }
        return fresh
    }

    // MARK: Listing

    private func list(_ address: MCPServerAddress) async throws -> (MCPLink, ToolListCache.Listing) {
        let cacheKey = ToolListCache.Key(key, address)
        if let listing = servers.lists.listing(cacheKey) { return (link(address, listing), listing) }
        let link = link(address, nil)
        let listed = try await servers.listing.value(for: cacheKey) { await ask(link, cacheKey) }
        do throws(MCPTrouble) {
            return (link, try listed.get())
        } catch {
            await link.close()
            if case .failure(.unauthorized) = error {
                throw Missing(
                    code: "mcp_credential_missing", reason: "the server wants a credential that it is not given")
            }
            throw Missing(code: "mcp_server_unavailable", reason: error.words)
        }
    }

    private func link(_ address: MCPServerAddress, _ listing: ToolListCache.Listing?) -> MCPLink {
        MCPLink(address, known: listing?.server, servers.world) { refused in await self.refreshed(refused) }
    }

    /// Asks the server; nil when the task was cancelled meanwhile.
    private func ask(
        _ link: MCPLink, _ cacheKey: ToolListCache.Key
    ) async -> Result<ToolListCache.Listing, MCPTrouble>? {
        // While it was waited for, another run may have asked.
        if let listing = servers.lists.listing(cacheKey) { return .success(listing) }
        do throws(MCPTrouble) {
            let (listing, isFreshFor) = try await servers.breakers.ask(key) { () async throws(MCPFailure) in
                try await self.listed(link)
            }
            servers.lists.keep(listing, cacheKey, isFreshFor: isFreshFor)
            return .success(listing)
        } catch {
            if case .failure(.cancelled) = error { return nil }
            return .failure(error)
        }
    }

    /// What the server lists, within the time in which it has to be there.
    private func listed(_ link: MCPLink) async throws(MCPFailure) -> (ToolListCache.Listing, Duration?) {
        let limit = Duration.milliseconds(servers.world.limits.mcpConnectMs)
        let (outcome, isLate) = await servers.world.clock.limit(limit) {
            () async -> Result<(ToolListCache.Listing, Duration?), MCPFailure> in
            do throws(MCPFailure) {
                return .success(
                    try await link.work { session async throws(MCPFailure) in
                        let list = try await session.tools()
                        let listing = ToolListCache.Listing(server: session.server, tools: list.tools)
                        return (listing, list.isFreshFor)
                    })
            } catch {
                return .failure(error)
            }
        }
        if isLate, case .failure = outcome { throw .network(.timedOut(.total)) }
        return try outcome.get()
    }
}
