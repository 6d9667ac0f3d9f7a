public import Catalog

/// A strict reader of UI message streams, written from the AI SDK's description of the protocol: known parts with known
/// members only, text within an open block, the parts of a tool call in order, steps that open and close, nothing after
/// the end.
public struct UIMessageReader: Sendable {
    private static let members: [String: Set<String>] = [
        "start": ["messageId"], "start-step": [], "finish-step": [], "finish": [], "abort": [], "error": ["errorText"],
        "text-start": ["id"], "text-delta": ["id", "delta"], "text-end": ["id"],
        "tool-input-start": ["toolCallId", "toolName"],
        "tool-input-available": ["toolCallId", "toolName", "input"],
        "tool-output-available": ["toolCallId", "output"], "tool-output-error": ["toolCallId", "errorText"],
        "tool-approval-request": ["toolCallId", "approvalId"], "tool-output-denied": ["toolCallId"],
        "data-operation": ["data"], "data-reset-step": ["data"], "data-component": ["data"],
        "data-artifact": ["data"], "data-summary": ["data"],
    ]

    /// After which part of the same call a part of a tool call may come; a call's first comes after none.
    private static let earlier: [String: Set<String>] = [
        // A person who agrees may change the arguments.
        "tool-input-available": ["tool-input-start", "tool-approval-request"],
        "tool-approval-request": ["tool-input-available"],
        "tool-output-available": ["tool-input-available", "tool-approval-request"],
        "tool-output-error": ["tool-input-available", "tool-approval-request"],
        "tool-output-denied": ["tool-approval-request"],
    ]

    private var hasStarted = false
    private var openBlock: String?
    private var usedBlocks: Set<String> = []
    private var isInStep = false
    private var tools: [String: String] = [:]
    /// Whether the stream came to its end.
    public private(set) var isEnded = false

    /// A reader of a message from its beginning.
    public init() {}

    /// A reader of the stream that goes on with the message where this one ended with a question to a person.
    public func continued() -> UIMessageReader {
        var next = self
        next.isEnded = false
        // The step of the call that waits is not over.
        next.isInStep = tools.values.contains("tool-approval-request")
        return next
    }

    /// Takes one part; the text of a broken rule, or nil.
    public mutating func take(_ part: JSONValue) -> String? {
        guard let type = part["type"]?.string, let members = Self.members[type] else { return "unknown part" }
        guard Set(part.object?.keys ?? []) == members.union(["type"]) else { return "\(type) has other members" }
        guard !isEnded else { return "\(type) after the end" }
        guard hasStarted != (type == "start") else { return hasStarted ? "a second start" : "\(type) before the start" }
        let id = part["id"]?.string ?? part["toolCallId"]?.string ?? ""
        switch type {
        case "start": hasStarted = true
        case "start-step": return Self.set(&isInStep, to: true) ? nil : "a step in a step"
        case "finish-step": return openBlock == nil && Self.set(&isInStep, to: false) ? nil : "no step to finish"
        case "text-start", "text-delta", "text-end", "data-reset-step": return text(type, id, part)
        case "finish", "abort":
            isEnded = true
            return openBlock == nil && !isInStep ? nil : "something is open at the end"
        default: if type.hasPrefix("tool-") { return tool(type, id) }
        }
        return nil
    }

    private static func set(_ flag: inout Bool, to value: Bool) -> Bool {
        defer { flag = value }
        return flag != value
    }

    private mutating func text(_ type: String, _ id: String, _ part: JSONValue) -> String? {
        switch type {
        case "text-start":
            guard isInStep, openBlock == nil, usedBlocks.insert(id).inserted else { return "text-start out of place" }
            openBlock = id
        case "text-delta":
            guard openBlock == id, part["delta"]?.string?.isEmpty == false else { return "text-delta out of place" }
        case "text-end":
            guard openBlock == id else { return "text-end out of place" }
            openBlock = nil
        default:
            let void = (part["data"]?["textIds"]?.array ?? []).compactMap(\.string)
            guard openBlock == nil, !void.isEmpty, usedBlocks.isSuperset(of: void) else { return "voids what is not" }
        }
        return nil
    }

    private mutating func tool(_ type: String, _ id: String) -> String? {
        guard isInStep else { return "\(type) outside of a step" }
        let last = tools[id]
        let isNext = Self.earlier[type].map { earlier in last.map(earlier.contains) == true } ?? (last == nil)
        guard isNext else { return "\(type) after \(last ?? "nothing")" }
        tools[id] = type
        return nil
    }
}
