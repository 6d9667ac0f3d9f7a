import Catalog
import Domain
import Events
import MCP
import Models

/// The tools of a server that a sub-agent has.
struct MCPTools: Sendable {
    let opening: MCPOpening
    let link: MCPLink
    let listing: ToolListCache.Listing
    let listKey: ToolListCache.Key
    var notices: [RunNotice]

    private var use: MCPUse { opening.use }

    func opened() -> OpenedTools {
        var notices = notices
        let missing = use.missing(listing.tools)
        if !missing.isEmpty {
            let names = missing.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
            notices.append(
                opening.notice(
                    .warning, "unknown_tool_selected", "'\(use.name)' has no tool \(names), though it is selected."))
        }
        let tools = use.effective(listing.tools).map(tool)
        if tools.isEmpty {
            notices.append(
                opening.notice(.error, "no_tools_available", "'\(use.name)' gives no tools that may be used."))
        }
        return OpenedTools(
            source: use.name, tools: tools, instructions: tools.isEmpty ? nil : use.instructions(listing.server),
            notices: notices, close: { [link] in await link.close() })
    }

    private func tool(_ listed: MCPToolDescription) -> Toolset.Tool {
        let definition = use.definition(listed)
        let rule = use.rule(listed, as: definition.name)
        let transformation = use.transformation(listed)
        let longest = opening.servers.world.limits.mcpCallMaxMs + opening.servers.world.limits.mcpConnectMs
        // The schema that the server gave is of what a transformation makes, not of what it is made of.
        let checksInput = transformation == nil || definition.inputSchema != .object(listed.inputSchema)
        return Toolset.Tool(
            definition: definition, rule: rule, longestMs: longest, checksInput: checksInput
        ) { call, context in
            try await self.call(listed, rule, transformation, call, context)
        }
    }

    private func call(
        _ listed: MCPToolDescription, _ rule: RunToolRule, _ transformation: ArgumentTransformation?, _ call: ToolCall,
        _ context: ToolContext
    ) async throws -> ToolOutput {
        var arguments = call.input.object ?? [:]
        if let transformation {
            do throws(ArgumentTransformation.Failure) {
                arguments = try transformation.arguments(arguments)
            } catch {
                // The call is made with what the model gave (run spec §13.2).
                await context.notice(
                    opening.notice(
                        .warning, "tool_transformation_failed",
                        "The arguments of '\(call.name)' of '\(use.name)' go as they are: \(error.reason)."))
            }
        }
        let limits = opening.servers.world.limits
        let made = MCPCall(
            listed, arguments, idempotencyKey: context.idempotencyKey, sendsKeyAsHeader: rule.isIdempotent,
            idle: .milliseconds(limits.mcpCallMs), total: .milliseconds(limits.mcpCallMaxMs))
        let result: MCPCallResult
        do throws(MCPTrouble) {
            result = try await opening.servers.breakers.ask(opening.key) { () async throws(MCPFailure) in
                try await self.link.work { session async throws(MCPFailure) in try await session.call(made) }
            }
        } catch {
            switch error {
            case .failure(.cancelled): throw CancellationError()
            // The tool may be gone, or the server another one: the next run asks again what there is.
            case .failure(.server), .failure(.refused): opening.servers.lists.drop(listKey)
            default: break
            }
            throw await failed(call.name, error.words, context)
        }
        if result.isError {
            throw await failed(call.name, result.text.isEmpty ? "no reason was given" : result.text, context)
        }
        return ToolOutput(MCPOutput.json(result), files: MCPOutput.files(result))
    }

    /// Characters of a server's reason that are shown to people.
    private static let reasonMax = 500

    /// The sentence of run spec §13.2.
    private func failed(_ name: String, _ reason: String, _ context: ToolContext) async -> Toolset.ToolFailure {
        // Servers repeat what they were sent, credentials too.
        let reason = HealthMonitor.without(link.headers, reason)
        let said = reason.count > Self.reasonMax ? reason.prefix(Self.reasonMax) + "…" : reason[...]
        await context.notice(
            opening.notice(.error, "mcp_tool_error", "The tool '\(name)' of '\(use.name)' failed: \(said)"))
        return Toolset.ToolFailure(
            message: """
                Tool "\(name)" failed: \(reason). Do not call it again in the same way: try other arguments or another \
                tool, or tell the user that this is not possible now.
                """)
    }
}
