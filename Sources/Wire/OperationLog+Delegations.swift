import Catalog
import Events

/// The operations about work that is handed out (run spec §5.1).
extension OperationLog {
    /// That a task was handed out.
    func sent(_ delegation: RunDelegation, at: Int64) -> JSONValue {
        operation(
            "delegation_sent", "Task delegated: \(delegation.from) → \(delegation.to)", delegation.from, at,
            data(delegation, from: delegation.from, to: delegation.to, "taskDescription", .string(delegation.task)))
    }

    /// That its result is there. Here the worker is the one it comes from, so the label names the asker first.
    ///
    /// - Parameter subAgent: The sub-agent of this run that it is an operation of.
    func returned(_ delegation: RunDelegation, _ result: JSONValue, by subAgent: String, at: Int64) -> JSONValue {
        operation(
            "delegation_returned", "Task completed: \(delegation.from) → \(delegation.to)", subAgent, at,
            data(delegation, from: delegation.to, to: delegation.from, "result", result))
    }

    private func data(
        _ delegation: RunDelegation, from: String, to: String, _ name: String, _ value: JSONValue
    ) -> JSONValue {
        var data: JSONObject = [
            "delegationId": .string(delegation.id), "fromSubAgent": .string(from), "targetSubAgent": .string(to),
            name: value,
        ]
        if delegation.kind != .internal { data["type"] = .string(delegation.kind.rawValue) }
        return .object(data)
    }
}
