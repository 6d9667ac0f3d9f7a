import Catalog
import Events
import Store

/// What those who work for each other say: messages that users do not see (run spec §7).
extension Journal {
    /// That a task was handed out.
    func request(_ delegation: RunDelegation, at time: Int64) -> MessageRow {
        row(
            delegation, from: delegation.from, to: delegation.to, type: "a2a-request", text: delegation.task,
            isWorkers: false, at: time)
    }

    /// What came of it.
    ///
    /// - Parameter openTask: as `RunToolOutcome.openTask`.
    func response(_ delegation: RunDelegation, _ result: String, openTask: String?, at time: Int64) -> MessageRow {
        var row = row(
            delegation, from: delegation.to, to: delegation.from, type: Self.responseType, text: result,
            isWorkers: true, at: time)
        if let openTask, var metadata = row.metadata?.object {
            metadata[Self.openTaskMember] = .string(openTask)
            row.metadata = .object(metadata)
        }
        return row
    }

    private static let responseType = "a2a-response"
    private static let externalMember = "fromExternalAgentId"
    private static let openTaskMember = "a2aTaskId"

    /// The task that an agent on another server has left open with a question; nil where its last answer was none.
    ///
    /// - Parameter messages: of the conversation, the newest last.
    static func openTask(of agent: String, in messages: [MessageRow]) -> String? {
        let last = messages.last { $0.type == responseType && $0.metadata?[externalMember]?.string == agent }
        return last?.metadata?[openTaskMember]?.string
    }

    private func row(
        _ delegation: RunDelegation, from: String, to: String, type: String, text: String, isWorkers: Bool,
        at time: Int64
    ) -> MessageRow {
        var metadata: JSONObject = ["delegationId": .string(delegation.id)]
        let isOutside = delegation.kind != .internal
        switch delegation.kind {
        case .internal: break
        case .external:
            metadata[isWorkers ? Self.externalMember : "toExternalAgentId"] = .string(delegation.to)
        case .team: metadata[isWorkers ? "fromTeamAgentId" : "toTeamAgentId"] = .string(delegation.to)
        }
        return MessageRow(
            conversation: conversation, id: makeID(), role: "agent",
            fromSubAgent: isOutside && isWorkers ? nil : from, toSubAgent: isOutside && !isWorkers ? nil : to,
            visibility: delegation.kind == .external ? "external" : "internal", type: type, run: key.id,
            content: StoredContent.json(text), metadata: .object(metadata), createdAt: time)
    }
}
