import Catalog
import Events
import Models

/// A tool call of a run, for what is stored of it.
struct CalledTool: Sendable, Hashable {
    let name: String
    let input: JSONValue
    let subAgent: String
    /// The delegation in which it was made; nil for one of frame 0.
    let delegation: String?
    /// What the one outside the run was asked by it; nil for others.
    var sent: RunDelegation?
    /// Whether it was really made.
    var isStarted = false

    init(_ call: ToolCall, by frame: RunFrame) {
        name = call.name
        input = call.rawInput.map(JSONValue.string) ?? call.input
        subAgent = frame.subAgent
        delegation = frame.delegation?.id
    }

    /// Tools whose outcomes are of no use in later turns: what they give is there anyway (run spec §10).
    private static let housekeeping: Set<String> = [SkillTool.name, ReferenceTool.name, CompressionTool.name]

    /// Whether later turns see what it came to; what other agents answered is a message of its own.
    var isRemembered: Bool { isStarted && sent == nil && !Self.housekeeping.contains(name) }
}
