import Catalog
import Models

/// A skill as a sub-agent has it (run spec §18).
struct SkillDefinition: Sendable {
    var id: String
    var description: String
    /// The Markdown that it consists of.
    var content: String
    /// Further files, by path.
    var files: [(path: String, content: String)] = []
    /// Whether its text is in every prompt; else the model loads it.
    var isAlwaysLoaded = false

    /// What the model gets that loads it.
    var json: JSONValue {
        [
            "id": .string(id), "name": .string(id), "description": .string(description), "content": .string(content),
            "files": .array(files.map { ["filePath": .string($0.path), "content": .string($0.content)] }),
        ]
    }
}

/// The tool by which a model loads a skill.
enum SkillTool {
    static let name = "load_skill"

    static func definition(_ skills: [SkillDefinition]) -> ToolDefinition {
        ToolDefinition(
            name: name,
            description: "Loads a skill that the prompt lists, with its instructions and files. Load a skill before "
                + "you do what it is for.",
            inputSchema: [
                "type": "object",
                "properties": [
                    "name": [
                        "type": "string", "description": "The skill's name.",
                        "enum": .array(skills.map { .string($0.id) }),
                    ]
                ],
                "required": ["name"], "additionalProperties": false,
            ])
    }

    /// What the call is answered with.
    ///
    /// - Throws: `Toolset.ToolFailure` when there is no such skill.
    static func load(_ input: JSONValue, of skills: [SkillDefinition]) throws(Toolset.ToolFailure) -> JSONValue {
        let name = input["name"]?.string ?? ""
        guard let skill = skills.first(where: { $0.id == name }) else {
            throw Toolset.ToolFailure(message: "Skill \(name) not found")
        }
        return skill.json
    }
}
