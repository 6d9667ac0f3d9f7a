import Catalog
import Models

/// The tool by which a model asks for what it did in this turn to be summarized (run spec §11).
enum CompressionTool {
    static let name = "compress_context"

    static let definition = ToolDefinition(
        name: name,
        description: "Summarizes what you did so far in this turn, so that there is room for more. Call it when the "
            + "results of tools have become long and you have what you need of them.",
        inputSchema: [
            "type": "object",
            "properties": ["reason": ["type": "string", "description": "Why there should be more room."]],
            "required": ["reason"], "additionalProperties": false,
        ])

    static func answer(_ input: JSONValue) -> JSONValue {
        [
            "status": "compression_requested", "reason": input["reason"] ?? "",
            "message": "What you did so far is summarized before your next step.",
        ]
    }
}
