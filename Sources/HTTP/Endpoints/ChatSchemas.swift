import Catalog

/// The shapes of the chat endpoints, for the OpenAPI document.
enum ChatSchemas {
    /// The statuses of the problems that a turn may end in before its reply begins.
    static let errors = [400, 401, 403, 404, 409, 413, 415, 422, 500, 501, 502, 503]

    /// The headers that a turn heeds (run spec §1.1, §3.2).
    static let headers: [Operation.Parameter] = [
        header("x-inkeep-tenant-id", "The tenant, where the credential does not say."),
        header("x-inkeep-project-id", "The project, where the credential does not say."),
        header("x-inkeep-agent-id", "The agent, where the credential does not say."),
        header("x-inkeep-run-as-user-id", "The user on whose behalf the turn is, with the bypass secret."),
        header("x-emit-operations", "`true` adds what the agents do to the stream."),
        header("x-inkeep-user-properties", "A JSON object, in place of the body's `userProperties`."),
        header("x-inkeep-properties", "A JSON object, in place of the body's `properties`."),
        header("x-inkeep-client-timezone", "The user's time zone, for instance Europe/Berlin."),
        header("x-inkeep-client-timestamp", "The user's time in UTC, RFC 3339."),
    ]

    private static func header(_ name: String, _ help: String) -> Operation.Parameter {
        Operation.Parameter(name, in: .header, help)
    }

    private static let text: JSONValue = ["type": "string"]
    private static let anyObject: JSONValue = ["type": "object"]
    private static let messageID: JSONValue = ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"]
    /// The id of a conversation in a body.
    static let conversationID: JSONValue = [
        "type": "string", "maxLength": 255, "description": "The conversation to go on with; a new one without it.",
    ]

    /// Messages in OpenAI's form.
    static let messages: JSONValue = [
        "type": "array",
        "items": [
            "type": "object", "required": ["role"],
            "properties": [
                "role": ["type": "string", "enum": ["system", "user", "assistant", "function", "tool", "developer"]],
                "content": ["anyOf": [text, ["type": "array", "items": anyObject]]],
            ],
        ],
    ]

    /// The body of `POST /run/v1/chat/completions`.
    static let completionRequest: JSONObject = [
        "type": "object", "required": ["model", "messages"],
        "properties": [
            "model": ["type": "string", "description": "Taken and not used: the agent says which model it is."],
            "messages": messages,
            "stream": ["type": "boolean", "description": "Without it the `Accept` header decides."],
            "stream_options": ["type": "object", "properties": ["include_usage": ["type": "boolean"]]],
            "conversationId": conversationID, "messageId": messageID, "userProperties": anyObject,
            "properties": anyObject,
        ],
    ]

    /// The body of `POST /run/api/chat`.
    static let messageRequest: JSONObject = [
        "type": "object", "required": ["messages"],
        "properties": [
            "messages": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["role"],
                    "properties": [
                        "id": messageID, "role": text, "content": [:],
                        "parts": ["type": "array", "items": anyObject],
                    ],
                ],
            ],
            "stream": ["type": "boolean"], "conversationId": conversationID, "messageId": messageID,
            "userProperties": anyObject, "properties": anyObject,
        ],
    ]

    /// The JSON answer of both.
    static let completion: JSONObject = [
        "type": "object", "required": ["id", "object", "created", "model", "choices", "usage"],
        "properties": [
            "id": text, "object": ["type": "string", "enum": ["chat.completion"]], "created": ["type": "integer"],
            "model": text,
            "choices": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "index": ["type": "integer"],
                        "message": ["type": "object", "properties": ["role": text, "content": text]],
                        "finish_reason": text,
                    ],
                ],
            ],
            "usage": [
                "type": "object",
                "properties": [
                    "prompt_tokens": ["type": "integer"], "completion_tokens": ["type": "integer"],
                    "total_tokens": ["type": "integer"],
                ],
            ],
        ],
    ]
}
