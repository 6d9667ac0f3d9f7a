import Catalog
import Domain
import Events
import Functions
import Models
import Store

/// The function tools of a sub-agent (run spec §13.3).
enum FunctionTools {
    /// Under this name stand the policies of every function tool for which none of its own says something else.
    private static let everyTool = "*"

    /// The tools, in their order. Their names are mended so that models can call them; of two with the same name the
    /// second gets a number.
    static func tools(_ uses: [SubAgentGraph.FunctionUse], pool: FunctionPool) -> [Toolset.Tool] {
        var taken: Set<String> = []
        return uses.map { use in
            let name = ToolName.free(ToolName.clean(use.functionTool.name)) { taken.contains($0) }
            taken.insert(name)
            return tool(name, use, pool)
        }
    }

    private static func tool(
        _ name: String, _ use: SubAgentGraph.FunctionUse, _ pool: FunctionPool
    ) -> Toolset.Tool {
        let policy = policy(of: use)
        let function = use.function
        let definition = ToolDefinition(
            name: name, description: use.functionTool.description ?? "",
            inputSchema: function.inputSchema ?? ["type": "object", "properties": [:]])
        let rule = RunToolRule(
            name, needsApproval: policy.needsApproval ?? false, isIdempotent: policy.idempotent ?? false)
        return Toolset.Tool(definition: definition, rule: rule) { call, context in
            let key = context.scope.key
            do {
                let result = try await pool.call(
                    FunctionCall(
                        owner: FunctionOwner(tenant: key.tenant, project: key.project), code: function.executeCode,
                        input: call.input, dependencies: function.dependencies ?? OrderedMap(),
                        allowedHosts: policy.allowedHosts ?? []))
                return ToolOutput(result.output)
            } catch let failure as FunctionFailure {
                throw Toolset.ToolFailure(message: failure.message)
            }
        }
    }

    /// What holds for the calls: what is said for the tool itself, member by member, else what is said for every one.
    private static func policy(of use: SubAgentGraph.FunctionUse) -> ToolPolicy {
        let policies = use.relation.detail.toolPolicies
        var policy = policies?[use.functionTool.name] ?? ToolPolicy()
        let every = policies?[everyTool]
        policy.needsApproval = policy.needsApproval ?? every?.needsApproval
        policy.idempotent = policy.idempotent ?? every?.idempotent
        policy.allowedHosts = policy.allowedHosts ?? every?.allowedHosts
        return policy
    }
}
