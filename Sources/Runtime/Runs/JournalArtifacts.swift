import Catalog
import Events
import Store

extension Journal {
    /// What the ledger keeps of an artifact that the run made; nil for one that is only cited, and for what is none.
    func artifact(_ data: RunData, at time: Int64) -> ArtifactRow? {
        guard data.kind == .artifact, let kept = data.kept, let id = data.body["artifactId"]?.string,
            let call = data.body["toolCallId"]?.string
        else { return nil }
        return ArtifactRow(
            conversation: conversation, id: id, toolCall: call, run: key.id, subAgent: kept["subAgent"]?.string ?? "",
            type: data.body["type"]?.string ?? "", name: data.body["name"]?.string ?? "",
            description: data.body["description"]?.string ?? "", summary: data.body["artifactSummary"] ?? [:],
            full: kept["full"] ?? [:], isNamed: kept["isNamed"]?.bool ?? false,
            isOversized: kept["isOversized"]?.bool ?? false, createdAt: time)
    }
}

extension Journal {
    /// What later turns see of a tool call (run spec §10).
    func message(_ call: CalledTool, _ outcome: RunToolOutcome, at time: Int64) -> MessageRow {
        var told: JSONObject = [
            "toolName": .string(call.name), "toolCallId": .string(outcome.callID), "toolArgs": call.input,
            "timestamp": .integer(time), "isDelegated": .bool(call.delegation != nil),
        ]
        told["delegationId"] = call.delegation.map(JSONValue.string)
        if outcome.isError { told["isError"] = true }
        let text = outcome.output.string ?? outcome.output.jsonText
        return MessageRow(
            conversation: conversation, id: outcome.files?.message ?? makeID(), role: "assistant",
            fromSubAgent: call.subAgent, visibility: "internal", type: "tool-result", run: key.id,
            content: StoredContent.json(text, files: outcome.files?.parts ?? []),
            metadata: ["a2a_metadata": .object(told)], createdAt: time)
    }

    /// What stands for the conversation before from now on; nil where it was not the conversation.
    func message(_ compression: RunCompression, at time: Int64) -> MessageRow? {
        guard compression.kind == .conversation, let summary = compression.summary, let upTo = compression.upTo else {
            return nil
        }
        return MessageRow(
            conversation: conversation, id: makeID(), role: "system", visibility: "internal",
            type: HistorySummary.messageType, run: key.id, content: StoredContent.json(SummaryText.history(summary)),
            metadata: ["compression": ["upTo": .integer(upTo), "summary": summary]], createdAt: time)
    }
}

extension StoredContent {
    /// An answer with its text and its pieces (run spec §6.3). Of an artifact only what names it is kept: the ledger
    /// has the rest.
    static func json(_ answer: [AnswerPart]) -> JSONValue {
        var text = ""
        let parts = answer.map { part -> JSONValue in
            switch part {
            case .text(let more):
                text += more
                return ["kind": "text", "text": .string(more)]
            case .data(let data): return ["kind": "data", "data": stored(data)]
            }
        }
        return ["text": .string(text), "parts": .array(parts.isEmpty ? [["kind": "text", "text": ""]] : parts)]
    }

    private static func stored(_ data: RunData) -> JSONValue {
        guard data.kind == .artifact else { return data.body }
        return ["artifactId": data.body["artifactId"] ?? "", "toolCallId": data.body["toolCallId"] ?? ""]
    }
}
