import Catalog
import Events

/// The operations about artifacts and compression (run spec §5.1).
extension OperationLog {
    /// That an artifact was made. One that is only cited is none of these.
    func saved(_ data: RunData, by subAgent: String?, at: Int64) -> [JSONValue] {
        guard data.kind == .artifact, let kept = data.kept else { return [] }
        let type = data.body["type"]?.string ?? ""
        return [
            operation(
                "artifact_saved", "Artifact saved: \(type)", subAgent, at,
                [
                    "artifactId": data.body["artifactId"] ?? "", "toolCallId": data.body["toolCallId"] ?? "",
                    "artifactType": .string(type), "summaryData": data.body["artifactSummary"] ?? [:],
                    "data": kept["full"] ?? [:], "subAgentId": .string(subAgent ?? ""),
                    "metadata": ["name": data.body["name"] ?? "", "description": data.body["description"] ?? ""],
                    "pendingGeneration": .bool(kept["isNamed"]?.bool != true),
                ])
        ]
    }

    /// That something was too long for a model.
    func compressed(_ compression: RunCompression, by subAgent: String?, at: Int64) -> JSONValue {
        operation(
            "compression",
            "Compressed \(compression.messages) messages and \(compression.outcomes) artifacts "
                + "(\(compression.reason.rawValue))", subAgent, at,
            [
                "reason": .string(compression.reason.rawValue), "messageCount": .integer(Int64(compression.messages)),
                "artifactCount": .integer(Int64(compression.outcomes)),
                "contextSizeBefore": .integer(Int64(compression.before)),
                "contextSizeAfter": .integer(Int64(compression.after)),
                "compressionType": .string(compression.kind.rawValue), "countedBy": .string(compression.count.rawValue),
            ])
    }
}

extension RunData {
    /// The part by which clients see it (run spec §4.3, §5.2).
    var uiPart: JSONValue { ["type": .string("data-\(kind.rawValue)"), "data": body] }
}
