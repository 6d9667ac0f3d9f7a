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
    private static let number: JSONValue = ["type": "number"]
    private static let anyObject: JSONValue = ["type": "object"]
    private static let role: JSONValue = [
        "type": "string", "enum": ["system", "user", "assistant", "function", "tool", "developer"],
    ]
    private static let messageID: JSONValue = [
        "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$",
    ]

    /// The id of a conversation in a body.
    static let conversationID: JSONValue = [
        "type": "string", "maxLength": 255, "description": "The conversation to go on with; a new one without it.",
    ]

    /// What both bodies have (run spec §3.1, §4.1).
    private static let common: JSONObject = [
        "conversationId": conversationID, "messageId": messageID,
        "stream": ["type": "boolean", "description": "Without it the `Accept` header decides."],
        "userProperties": anyObject, "properties": anyObject, "headers": anyObject, "runConfig": anyObject,
        "executionMode": ["type": "string", "enum": ["classic", "durable"]], "max_tokens": number,
    ]

    private static func object(_ properties: JSONObject, required: [String] = []) -> JSONValue {
        .object(JSONObject([("type", "object")]).adding(properties, required: required))
    }

    private static func either(_ schemas: JSONValue...) -> JSONValue { ["anyOf": .array(schemas)] }

    private static func only(_ word: String) -> JSONValue { ["type": "string", "enum": [.string(word)]] }

    /// Messages in OpenAI's form.
    static let messages: JSONValue = {
        let url: JSONValue = ["type": "string", "description": "An http or https address, or a data: address."]
        let image = object(
            ["url": url, "detail": ["type": "string", "enum": ["auto", "low", "high"]]], required: ["url"])
        let parts = either(
            object(["type": only("text"), "text": text], required: ["type", "text"]),
            object(["type": only("image_url"), "image_url": image], required: ["type", "image_url"]),
            object(
                [
                    "type": only("file"),
                    "file": object(["file_data": url, "filename": text], required: ["file_data"]),
                ], required: ["type", "file"]))
        let message = object(
            ["role": role, "content": either(text, ["type": "array", "items": parts]), "name": text],
            required: ["role"])
        return ["type": "array", "items": message]
    }()

    /// The body of `POST /run/v1/chat/completions`.
    static let completionRequest: JSONObject = {
        var members = common
        members["model"] = [
            "type": "string", "description": "Taken and not used: the agent says which model it is.",
        ]
        members["messages"] = messages
        members["stream_options"] = object(["include_usage": ["type": "boolean"]])
        for name in ["temperature", "top_p", "n", "presence_penalty", "frequency_penalty"] { members[name] = number }
        members["user"] = text
        members["logit_bias"] = ["type": "object", "additionalProperties": number]
        members["tools"] = ["type": "array", "items": text]
        return JSONObject([("type", "object")]).adding(members, required: ["model", "messages"])
    }()

    /// The body of `POST /run/api/chat`.
    static let messageRequest: JSONObject = {
        let other: JSONValue = ["type": "string", "pattern": "^(audio|video|step-start|data-.*|tool-.*)$"]
        let approval = object(["id": text, "approved": ["type": "boolean"], "reason": text], required: ["id"])
        let parts = either(
            object(["type": only("text"), "text": text], required: ["type", "text"]),
            object(["type": only("image"), "text": text], required: ["type", "text"]),
            object(
                ["type": only("file"), "url": text, "mediaType": text, "filename": text],
                required: ["type", "url", "mediaType"]),
            object(
                [
                    "type": other, "text": text, "toolCallId": text, "state": [:], "input": [:],
                    "callProviderMetadata": [:], "approval": approval,
                ], required: ["type"]))
        let message = object(
            ["id": messageID, "role": role, "content": [:], "parts": ["type": "array", "items": parts]],
            required: ["role"])
        var members = common
        members["messages"] = ["type": "array", "items": message]
        for name in ["id", "model"] { members[name] = text }
        return JSONObject([("type", "object")]).adding(members, required: ["messages"])
    }()

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
