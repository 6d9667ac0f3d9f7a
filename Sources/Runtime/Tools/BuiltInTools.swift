import Catalog
import Events
import Models

/// The tools that sub-agents have of themselves, beside those by which they work together.
enum BuiltInTools {
    /// - Parameter compresses: whether what the sub-agent did can be summarized when it asks for that.
    static func tools(
        skills: [SkillDefinition], _ answer: AnswerRules, compresses: Bool
    ) -> [Toolset.Tool] {
        var tools: [Toolset.Tool] = []
        if skills.contains(where: { !$0.isAlwaysLoaded }) {
            tools.append(
                tool(SkillTool.definition(skills)) { call, _ in
                    ToolOutput(try SkillTool.load(call.input, of: skills))
                })
        }
        if answer.mayCite {
            tools.append(
                tool(ReferenceTool.definition) { call, context in
                    ToolOutput(try await ReferenceTool.get(call.input, context.artifact))
                })
        }
        if compresses {
            tools.append(
                tool(CompressionTool.definition) { call, _ in
                    ToolOutput(CompressionTool.answer(call.input))
                })
        }
        return tools
    }

    /// They only read, so a call that was cut is made again. Each sees for itself what it makes of its input, and says
    /// what it misses; what they take are names, no data of other calls.
    private static func tool(
        _ definition: ToolDefinition, call: @escaping @Sendable (ToolCall, ToolContext) async throws -> ToolOutput
    ) -> Toolset.Tool {
        Toolset.Tool(
            definition: definition, rule: RunToolRule(definition.name, isIdempotent: true), checksInput: false,
            takesReferences: false, call: call)
    }
}
