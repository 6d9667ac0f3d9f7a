import Catalog
import Events
import Files
import Models
import Store

/// The tools of one sub-agent: what the model is told of them and how they are called. Transfers and delegations are
/// decided by the run itself; other tools are called through `call`. Tools of sources are known only when the
/// sub-agent goes to work.
struct Toolset: Sendable {
    /// One tool that is called through `call`.
    struct Tool: Sendable {
        let definition: ToolDefinition
        /// What a run may do with it; its name is that of the definition.
        let rule: RunToolRule
        /// The longest time of a call, milliseconds; nil for `RuntimeLimits.toolCallMs`.
        var longestMs: Int?
        /// Whether what a model gives has to fit the schema of the definition.
        var checksInput = true
        /// Whether a model may give it data by reference.
        var takesReferences = true
        /// Makes the call. Throws `ToolFailure` with a sentence for the model, or anything else for "it failed".
        let call: @Sendable (ToolCall, ToolContext) async throws -> ToolOutput
    }

    /// Why a tool call failed, in words for the model.
    struct ToolFailure: Error {
        let message: String
    }

    let relations: RelationTools
    let tools: [String: Tool]
    let sources: [ToolSource]
    /// All tools as the model is told of them, relations first.
    let definitions: [ToolDefinition]
    /// The same with schemas that take references (run spec §14).
    let offered: [ToolDefinition]
    /// What checks the input of each tool that is called through `call`.
    let inputs: [String: ToolInput]
    /// Whether any tool takes references.
    let takesReferences: Bool
    /// What sources say of how their tools are used, each with the source's name.
    let instructions: [(source: String, text: String)]
    /// What is missing or was changed.
    let notices: [RunNotice]

    init(relations: RelationTools, tools: [Tool] = [], sources: [ToolSource] = []) {
        self.init(relations, tools, sources, instructions: [], notices: [])
    }

    private init(
        _ relations: RelationTools, _ tools: [Tool], _ sources: [ToolSource],
        instructions: [(source: String, text: String)], notices: [RunNotice]
    ) {
        self.relations = relations
        self.tools = Dictionary(tools.map { ($0.definition.name, $0) }) { first, _ in first }
        self.sources = sources
        self.instructions = instructions
        self.notices = notices
        definitions = relations.definitions + tools.map(\.definition)
        let wide = tools.map { tool in
            guard tool.takesReferences else { return tool.definition }
            var definition = tool.definition
            definition.inputSchema = ReferenceSchema.widened(definition.inputSchema)
            return definition
        }
        offered = relations.definitions + wide
        takesReferences = zip(tools, wide).contains { $0.definition != $1 }
        inputs = self.tools.mapValues { ToolInput(schema: $0.checksInput ? $0.definition.inputSchema : true) }
    }

    func rules(stepLimit: Int, answer: AnswerRules = AnswerRules()) -> RunRules.SubAgent {
        RunRules.SubAgent(
            stepLimit: max(1, stepLimit), transfers: relations.transfers, delegates: relations.delegates,
            otherAgents: relations.otherAgents, tools: tools.values.map(\.rule), toolNames: definitions.map(\.name),
            hasSources: !sources.isEmpty,
            answer: answer)
    }

    /// The same with what its sources gave, in the order of the sources. A name that is taken already gets the source's
    /// name in front, and a notice says so.
    func adding(_ opened: [OpenedTools]) -> Toolset {
        var taken = Set(definitions.map(\.name))
        var all = definitions.compactMap { tools[$0.name] }
        var instructions: [(source: String, text: String)] = []
        var notices: [RunNotice] = []
        for opened in opened {
            notices += opened.notices
            if let text = opened.instructions { instructions.append((opened.source, text)) }
            for tool in opened.tools {
                let name = tool.definition.name
                if taken.insert(name).inserted {
                    all.append(tool)
                    continue
                }
                let renamed = ToolName.free(ToolName.clean("\(opened.source)_\(name)")) { taken.contains($0) }
                taken.insert(renamed)
                all.append(tool.named(renamed))
                notices.append(
                    RunNotice(
                        .warning, code: "tool_name_collision",
                        message:
                            "'\(opened.source)' has a tool '\(name)' as another one does; it is '\(renamed)' here.",
                        source: opened.source))
            }
        }
        return Toolset(relations, all, sources, instructions: instructions, notices: notices)
    }

    /// What the log says of this set, for those tools that its sources gave.
    func equipment(of subAgent: String, beside known: Toolset) -> RunEquipment {
        RunEquipment(
            subAgent: subAgent,
            tools: definitions.compactMap { known.tools[$0.name] == nil ? tools[$0.name]?.rule : nil },
            notices: notices)
    }
}

extension Toolset.Tool {
    /// The same tool under another name.
    func named(_ name: String) -> Toolset.Tool {
        var rule = rule
        rule.name = name
        var definition = definition
        definition.name = name
        return Toolset.Tool(
            definition: definition, rule: rule, longestMs: longestMs, checksInput: checksInput,
            takesReferences: takesReferences, call: call)
    }
}

/// What a tool returned.
struct ToolOutput: Sendable {
    /// What the model reads: text, or JSON.
    var output: JSONValue
    /// The pictures and documents that belong to it, in order.
    var files: [FileContent]
    /// As `RunToolOutcome.openTask`.
    var openTask: String?

    init(_ output: JSONValue, files: [FileContent] = [], openTask: String? = nil) {
        self.output = output
        self.files = files
        self.openTask = openTask
    }
}

/// Tools that are known only when a sub-agent goes to work, such as those of an MCP server.
struct ToolSource: Sendable {
    /// What it is called, for people.
    let name: String
    /// Asks for the tools. It never fails: what is missing is said in the notices.
    let open: @Sendable (ToolContext) async -> OpenedTools
}

/// What a source gave.
struct OpenedTools: Sendable {
    /// The source's name.
    let source: String
    var tools: [Toolset.Tool] = []
    /// What the source says of how its tools are used; nil for nothing.
    var instructions: String?
    var notices: [RunNotice] = []
    /// Lets go of what is held for the tools; called once, when the sub-agent's stay is over.
    var close: @Sendable () async -> Void = {}
}

/// Names of tools as models may have them.
enum ToolName {
    /// Characters of the longest.
    static let lengthMax = 100

    /// `text` with what is neither letter, digit, `_` nor `-` as `_`, runs of `_` as one, none at the ends, cut to
    /// `lengthMax` (run spec §13.1); `unnamed_tool` where nothing is left.
    static func clean(_ text: String) -> String {
        var name = ""
        for character in text.unicodeScalars {
            let isPlain = character.isASCII && (character.properties.isAlphabetic || ("0"..."9").contains(character))
            let next: Unicode.Scalar = isPlain || character == "-" ? character : "_"
            if next == "_", name.last == "_" { continue }
            name.unicodeScalars.append(next)
        }
        let trimmed = name.trimming { $0 == "_" }.prefix(lengthMax)
        return trimmed.isEmpty ? "unnamed_tool" : String(trimmed)
    }

    /// `name`, or where it is taken `name_2` and so on.
    static func free(_ name: String, isTaken: (String) -> Bool) -> String {
        guard isTaken(name) else { return name }
        var suffix = 2
        while isTaken("\(name)_\(suffix)") { suffix += 1 }
        return "\(name)_\(suffix)"
    }
}

extension String {
    fileprivate func trimming(where isTrimmed: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let first = rest.first, isTrimmed(first) { rest.removeFirst() }
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return rest
    }
}
