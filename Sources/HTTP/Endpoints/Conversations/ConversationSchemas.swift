import Catalog

/// The shapes of the operations that read conversations, for the OpenAPI document.
enum ConversationSchemas {
    private static let text: JSONValue = ["type": "string"]
    private static let nullableText: JSONValue = ["type": ["string", "null"]]
    private static let number: JSONValue = ["type": "number"]
    private static let nullableObject: JSONValue = ["type": ["object", "null"]]

    private static func object(_ properties: JSONObject, optional: Set<String> = []) -> JSONObject {
        [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.keys.filter { !optional.contains($0) }.map(JSONValue.string)),
        ]
    }

    private static func array(_ element: JSONObject) -> JSONValue { ["type": "array", "items": .object(element)] }

    private static let conversation: JSONObject = [
        "id": text, "agentId": nullableText, "title": nullableText, "createdAt": text, "updatedAt": text,
    ]

    private static func conversation(adding members: JSONObject) -> JSONObject {
        var properties = conversation
        for (name, schema) in members { properties[name] = schema }
        return object(properties)
    }

    private static let message = object([
        "id": text, "role": text, "content": text, "parts": array(["type": "object"]), "createdAt": text,
    ])

    /// The list of `GET …/projects/{projectId}/conversations`.
    static let managed = OpenAPI.envelope(
        object([
            "conversations": array(conversation(adding: ["userId": nullableText])),
            "pagination": .object(
                object([
                    "page": number, "limit": number,
                    "total": ["type": "number", "description": "Counted up to 10,000 and what the page shows."],
                    "hasMore": ["type": "boolean"],
                ])),
        ]))

    /// A conversation with its messages and the text that a model would read.
    static let formatted = OpenAPI.envelope(
        object([
            "conversation": .object(
                conversation(adding: [
                    "userProperties": nullableObject, "properties": nullableObject, "messages": array(message),
                ])),
            "formatted": .object(object(["llmContext": text])),
        ]))

    /// A conversation with its messages as UI messages.
    static let vercel = OpenAPI.envelope(conversation(adding: ["messages": array(message)]))

    /// When a conversation began and last changed.
    static let bounds = OpenAPI.envelope(object(["createdAt": text, "updatedAt": text]))

    /// An end user's list.
    static let owned = OpenAPI.listEnvelope(object(conversation))

    /// One of an end user's conversations with a page of its messages.
    static let ownedDetail = object([
        "data": .object(conversation(adding: ["messages": array(message)])),
        "pagination": .object(OpenAPI.reference("Pagination")),
    ])

    /// What waits for a person.
    static let pending = object(
        ["hasPending": ["type": "boolean"], "approval": .object(approval), "approvals": array(approval)],
        optional: ["approval", "approvals"])

    private static let approval = object(
        [
            "toolCallId": text, "toolName": text, "args": [:], "isDelegated": ["type": "boolean"],
            "workflowRunId": text, "updatedAt": text,
            "reason": [
                "type": "string", "enum": ["policy", "unknown_outcome"],
                "description": "Whether the tool's policy wants it, or a crash left open whether the call took effect.",
            ],
        ], optional: ["args", "reason"])
}
