import Catalog
import Testing
import Wire

/// A strict reader of UI message streams, which holds the rules that AI SDK clients hold: known part types with known
/// members only, text within an open block, tool parts in order, steps that open and close.
private struct StrictUIClient {
    private static let members: [String: Set<String>] = [
        "start": ["messageId"], "start-step": [], "finish-step": [], "finish": [], "abort": [], "error": ["errorText"],
        "text-start": ["id"], "text-delta": ["id", "delta"], "text-end": ["id"],
        "tool-input-start": ["toolCallId", "toolName"],
        "tool-input-available": ["toolCallId", "toolName", "input"],
        "tool-output-available": ["toolCallId", "output"], "tool-output-error": ["toolCallId", "errorText"],
        "tool-approval-request": ["toolCallId", "approvalId"], "tool-output-denied": ["toolCallId"],
        "data-operation": ["data"], "data-reset-step": ["data"],
    ]

    private var openBlock: String?
    private var usedBlocks: Set<String> = []
    private var isInStep = false
    private var tools: [String: String] = [:]
    private(set) var isEnded = false

    /// Takes one part; the text of a broken rule, or nil.
    mutating func take(_ part: JSONValue) -> String? {
        guard let type = part["type"]?.string, let members = Self.members[type] else { return "unknown part" }
        guard Set(part.object?.keys ?? []) == members.union(["type"]) else { return "\(type) has other members" }
        guard !isEnded || type == "[DONE]" else { return "\(type) after the end" }
        let id = part["id"]?.string ?? part["toolCallId"]?.string ?? ""
        switch type {
        case "start-step": return Self.set(&isInStep, to: true) ? nil : "a step in a step"
        case "finish-step": return openBlock == nil && Self.set(&isInStep, to: false) ? nil : "no step to finish"
        case "text-start":
            guard isInStep, openBlock == nil, usedBlocks.insert(id).inserted else { return "text-start out of place" }
            openBlock = id
        case "text-delta":
            guard openBlock == id, part["delta"]?.string?.isEmpty == false else { return "text-delta out of place" }
        case "text-end":
            guard openBlock == id else { return "text-end out of place" }
            openBlock = nil
        case "data-reset-step":
            let void = (part["data"]?["textIds"]?.array ?? []).compactMap(\.string)
            guard openBlock == nil, !void.isEmpty, usedBlocks.isSuperset(of: void) else { return "voids what is not" }
        case "tool-input-start", "tool-input-available", "tool-output-available", "tool-output-error":
            return tool(type, id)
        case "finish", "abort":
            isEnded = true
            return openBlock == nil && !isInStep ? nil : "something is open at the end"
        default: break
        }
        return nil
    }

    private static func set(_ flag: inout Bool, to value: Bool) -> Bool {
        defer { flag = value }
        return flag != value
    }

    private mutating func tool(_ type: String, _ id: String) -> String? {
        let before: [String: String] = [
            "tool-input-available": "tool-input-start", "tool-output-available": "tool-input-available",
            "tool-output-error": "tool-input-available",
        ]
        guard isInStep, tools[id] == before[type] else { return "\(type) out of place" }
        tools[id] = type
        return nil
    }
}

@Test func `every log makes a stream that strict clients take`() throws {
    for seed in UInt64(1)...400 {
        let transcript = try Transcript(uiBytes(RandomLog(seed: seed).log.events))
        var client = StrictUIClient()
        let documents = try transcript.documents()
        #expect(documents.first?["type"] == "start")
        for part in documents {
            if let fault = client.take(part) { Issue.record("seed \(seed): \(fault): \(part.jsonText)") }
        }
        #expect(client.isEnded)
        #expect(transcript.events.last?.data == "[DONE]")
    }
}
