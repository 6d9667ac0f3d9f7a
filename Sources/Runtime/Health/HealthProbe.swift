import Catalog
import Domain
import MCP
import Outbound
import Store
import Synchronization

/// How one tool is looked at.
extension HealthMonitor {
    /// A tool as it is configured now.
    struct Target: Sendable {
        let tool: Tool
        let basis: String
        /// Whether something is known of it as it is.
        let isKnown: Bool
    }

    /// The tool, or nil when there is none.
    func target(_ key: ToolKey) async throws -> Target? {
        try await store.readConfiguration(in: key.branch) { [keyring] transaction in
            let workspace = transaction.reading(keyring)
            guard let tool = try workspace.get(Tool.self, key.tool) else { return nil }
            let basis = try tool.basis(in: workspace)
            return Target(
                tool: tool, basis: basis, isKnown: try transaction.observation(of: key.tool)?.basis == basis)
        }
    }

    /// Looks at a tool and keeps what is found. Where the store fails, the claim runs out and it is due again.
    func probe(_ key: ToolKey) async {
        let found: Target?
        do {
            found = try await target(key)
        } catch {
            return
        }
        guard let target = found else {
            try? await store.forgetTool(key)
            return
        }
        let server = target.tool.config.mcp.server.url
        guard state.withLock({ $0.queue.take(server, for: key) }) else { return }
        defer { state.withLock { $0.queue.give(server) } }
        let now = clock.now()
        guard
            let schedule = try? await store.claimTool(
                key, basis: target.basis, now: now, until: now + Int64(limits.toolHealthLeaseMs))
        else { return }
        let (status, health) = await look(at: target.tool, key.branch)
        // Who stops the server does not say anything about the tool's.
        if Task.isCancelled { return }
        let observation = Observation(
            basis: target.basis, status: status.rawValue, document: health.document, at: clock.now())
        try? await store.keep(observation, of: key, next(after: schedule, status))
    }

    private func next(after schedule: ToolSchedule, _ status: ToolStatus) -> ToolSchedule {
        guard status != .healthy else {
            return ToolSchedule(failures: 0, nextAt: clock.now() + Int64(limits.toolHealthIntervalMs))
        }
        let failures = min(schedule.failures + 1, 30)
        let wait = min(limits.toolHealthRetryMs << (failures - 1), limits.toolHealthRetryMaxMs)
        return ToolSchedule(failures: failures, nextAt: clock.now() + Int64(wait))
    }

    private func look(at tool: Tool, _ branch: BranchKey) async -> (ToolStatus, ToolHealth) {
        // Each user has a credential of their own, and none of them asks now.
        if tool.credentialScope == .user { return (.needsAuth, ToolHealth()) }
        var health = ToolHealth()
        var headers = HTTPHeaders()
        do {
            // What the headers of a caller would fill in is nobody's here.
            for case (let name, .secret(let secret)) in tool.headers?.entries ?? [] {
                headers.append(name, try keyring.open(secret, of: branch))
            }
            if let id = tool.credentialReferenceId {
                guard let credential = try await store.credential(id, in: branch, keyring: keyring) else {
                    health.lastError = "no credential store has its credential"
                    return (.needsAuth, health)
                }
                health.expiresAt = credential.expiresAt.map(Timestamp.text)
                if let expiresAt = credential.expiresAt, expiresAt <= clock.now() {
                    health.lastError = "its credential has expired"
                    return (.needsAuth, health)
                }
                for (name, value) in credential.headers { headers[name] = value }
            }
        } catch {
            health.lastError = "the credential cannot be used"
            return (.needsAuth, health)
        }
        let transport = tool.config.mcp.transport
        var address = MCPServerAddress(
            url: tool.config.mcp.server.url,
            transport: transport?.type == .serverSentEvents ? .serverSentEvents : .streamableHTTP, headers: headers,
            sessionID: transport?.sessionId)
        address.scope = EgressScope(tenant: branch.tenant, project: branch.project, tool: tool.id)
        do throws(MCPFailure) {
            let (server, tools) = try await client.session(with: address) { session async throws(MCPFailure) in
                (session.server, try await session.tools().tools)
            }
            health.found(server, tools)
            return (.healthy, health)
        } catch {
            health.lastError = Self.without(headers, "\(error)")
            if case .unauthorized = error { return (.needsAuth, health) }
            return (error.isOutage ? .unavailable : .unhealthy, health)
        }
    }

    /// A text without the secrets that were sent: servers repeat what they were told.
    static func without(_ headers: HTTPHeaders, _ text: String) -> String {
        var text = text
        for field in headers.fields {
            for secret in [field.value] + field.value.split(separator: " ").map(String.init) where secret.count >= 6 {
                text = text.replacing(secret, with: "…")
            }
        }
        return text
    }
}

extension ToolHealth {
    /// Takes over what a server said.
    fileprivate mutating func found(_ server: MCPServerDescription, _ tools: [MCPToolDescription]) {
        self.tools = tools.map { tool in
            var object: JSONObject = ["name": .string(tool.name)]
            object["description"] = tool.description.map(JSONValue.string)
            object["inputSchema"] = .object(tool.inputSchema)
            return .object(object)
        }
        version = server.version
        instructions = server.instructions
        capabilities["tools"] = true
        for name in ["resources", "prompts", "logging", "completions"] where server.capabilities[name] != nil {
            capabilities[name] = true
        }
    }
}
