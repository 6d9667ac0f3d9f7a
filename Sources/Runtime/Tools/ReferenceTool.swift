import Catalog
import Models
import Store

/// The tool by which a model gets all of an artifact (run spec §16.6).
enum ReferenceTool {
    static let name = "get_reference_artifact"

    /// The type of what was an outcome of a tool and is summarized now.
    static let outcomeType = "tool_result"

    static let definition = ToolDefinition(
        name: name,
        description: "Gives you all the data of an artifact of this conversation, of which you know the summary.",
        inputSchema: [
            "type": "object",
            "properties": [
                "artifactId": ["type": "string", "description": "The artifact's id."],
                "toolCallId": ["type": "string", "description": "The id of the tool call that it was made of."],
            ],
            "required": ["artifactId", "toolCallId"], "additionalProperties": false,
        ])

    /// What the call is answered with. What cannot be had is said and is no failure.
    static func get(
        _ input: JSONValue, _ find: (_ id: String, _ toolCall: String) async throws -> ArtifactRow?
    ) async throws -> JSONValue {
        let id = (input["artifactId"] ?? input["artifact_id"])?.string ?? ""
        let call = (input["toolCallId"] ?? input["tool_call_id"])?.string ?? ""
        guard let artifact = try await find(id, call) else {
            return [
                "status": "not_found", "artifactId": .string(id), "toolCallId": .string(call),
                "message": "There is no artifact of this id that was made of this tool call.",
            ]
        }
        guard artifact.type != Self.outcomeType else {
            return [
                "status": "already_summarized", "artifactId": .string(id), "key_findings": artifact.summary,
                "message": "This was summarized; what was found in it is all that is left of it.",
            ]
        }
        guard !artifact.isOversized else { return blocked(artifact) }
        return [
            "artifactId": .string(artifact.id), "name": .string(artifact.name),
            "description": .string(artifact.description), "type": .string(artifact.type), "data": artifact.full,
        ]
    }

    private static func blocked(_ artifact: ArtifactRow) -> JSONValue {
        [
            "status": "retrieval_blocked", "artifactId": .string(artifact.id), "name": .string(artifact.name),
            "type": .string(artifact.type), "toolCallId": .string(artifact.toolCall), "summary": artifact.summary,
            "structure": .string(JSONShape.described(artifact.full)),
            "message": .string(tooLarge),
        ]
    }

    private static let tooLarge = """
        This artifact is too large to be read at once. Call the tool that gave it again and ask for less, or select \
        what you need of its result in the arguments of the next tool.
        """
}
