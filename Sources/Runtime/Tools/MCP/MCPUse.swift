import Catalog
import Domain
import Events
import MCP
import Models
import Outbound
import Store

/// How a sub-agent uses an MCP server: the tool and the relation as they are configured.
struct MCPUse: Sendable {
    let tool: Domain.Tool
    let relation: ToolRelation

    /// What the server is called, for people.
    var name: String { tool.name }

    private var config: MCPConfig { tool.config.mcp }

    /// The server's own instructions, unless the configuration has others.
    func instructions(_ server: MCPServerDescription) -> String? { config.prompt ?? server.instructions }

    /// What of a server's tools the sub-agent may use (run spec §13.2): what is listed, and active, and selected.
    func effective(_ listed: [MCPToolDescription]) -> [MCPToolDescription] {
        let active = config.activeTools.map { Set($0) }
        let selected = relation.selectedTools.map { Set($0) }
        return listed.filter { tool in
            active?.contains(tool.name) != false && selected?.contains(tool.name) != false
        }
    }

    /// What was selected and the server does not have, or the configuration does not let through.
    func missing(_ listed: [MCPToolDescription]) -> [String] {
        let there = Set(listed.map(\.name))
        let active = config.activeTools.map { Set($0) }
        return (relation.selectedTools ?? config.activeTools ?? []).filter { name in
            !there.contains(name) || active?.contains(name) == false
        }
    }

    /// A tool as the model sees it. A schema that is no object stands for none.
    func definition(_ listed: MCPToolDescription) -> ToolDefinition {
        let override = config.toolOverrides?[listed.name]
        return ToolDefinition(
            name: ToolName.clean(override?.displayName ?? listed.name),
            description: override?.description ?? listed.description ?? "",
            inputSchema: .object(override?.schema?.object ?? listed.inputSchema))
    }

    /// What a run may do with a tool. Policies are by the server's name of it.
    func rule(_ listed: MCPToolDescription, as name: String) -> RunToolRule {
        let policy = relation.toolPolicies?[listed.name]
        return RunToolRule(
            name, needsApproval: policy?.needsApproval == true, isIdempotent: policy?.idempotent == true)
    }

    /// How the arguments of a call are made of what the model gave.
    func transformation(_ listed: MCPToolDescription) -> ArgumentTransformation? {
        config.toolOverrides?[listed.name]?.transformation.map(ArgumentTransformation.init)
    }

    /// The address, without header fields.
    func address(in branch: BranchKey) -> MCPServerAddress {
        let transport = config.transport
        var address = MCPServerAddress(
            url: config.server.url,
            transport: transport?.type == .serverSentEvents ? .serverSentEvents : .streamableHTTP,
            sessionID: transport?.sessionId)
        address.scope = EgressScope(tenant: branch.tenant, project: branch.project, tool: tool.id)
        return address
    }
}
