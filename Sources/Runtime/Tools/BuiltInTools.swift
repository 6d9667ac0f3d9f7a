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
                Toolset.Tool(definition: SkillTool.definition(skills), rule: rule(SkillTool.name)) { call, _ in
                    ToolOutput(try SkillTool.load(call.input, of: skills))
                })
        }
        if answer.mayCite {
            tools.append(
                Toolset.Tool(definition: ReferenceTool.definition, rule: rule(ReferenceTool.name)) { call, context in
                    ToolOutput(try await ReferenceTool.get(call.input, context.artifact))
                })
        }
        if compresses {
            tools.append(
                Toolset.Tool(definition: CompressionTool.definition, rule: rule(CompressionTool.name)) { call, _ in
                    ToolOutput(CompressionTool.answer(call.input))
                })
        }
        return tools
    }

    /// They only read, so a call that was cut is made again.
    private static func rule(_ name: String) -> RunToolRule { RunToolRule(name, isIdempotent: true) }
}
