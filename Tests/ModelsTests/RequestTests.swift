import Catalog
import Models
import Outbound
import Synchronization
import Testing

/// What goes out to the providers: the address, the headers and the body, for one conversation with everything in it.
struct RequestTests {
    private static let schema: JSONValue = [
        "type": "object", "properties": ["city": ["type": "string"]], "required": ["city"],
        "additionalProperties": false,
    ]

    private static let request = ModelRequest(
        system: [SystemBlock("You help.", cacheable: true), SystemBlock("Today is Monday.")],
        messages: [
            .user([.text("Look"), .image(Models.Attachment(.base64("AAAA"), mediaType: "image/png"), detail: "low")]),
            .assistant(
                text: "I look.",
                calls: [
                    ToolCall(id: "c.1", name: "get_weather", input: ["city": "Brno"], signature: "google:SIG"),
                    ToolCall(id: "c2", name: "now", input: nil, rawInput: "oops"),
                ]),
            .toolResults([
                ToolResult(callID: "c.1", name: "get_weather", output: ["sky": "blue"]),
                ToolResult(callID: "c2", name: "now", output: "no clock", isError: true),
            ]),
            .user("And?"),
        ],
        tools: [ToolDefinition(name: "get_weather", description: "Weather.", inputSchema: schema)],
        options: ModelOptions(
            model: "m-1",
            providerOptions: [
                "temperature": 0, "topP": 1, "maxOutputTokens": 99, "stopSequences": ["END"],
                "openai": ["reasoningEffort": "low", "parallelToolCalls": false],
                "anthropic": ["thinking": ["type": "disabled"]], "google": ["thinkingConfig": ["thinkingBudget": 0]],
            ]))

    private func sent(_ adapter: Adapter, _ request: ModelRequest) async throws -> (HTTPRequest, JSONValue) {
        let seen = Mutex<HTTPRequest?>(nil)
        let stub = client(pieces: [], status: 500) { request in seen.withLock { $0 = request } }
        _ = try await outcome(of: adapter.model(stub, "https://p.example/v1"), request)
        let sent = try #require(seen.withLock { $0 })
        return (sent, try JSONValue(parsing: sent.body ?? []))
    }

    private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

    @Test func `OpenAI gets a chat completion`() async throws {
        let (request, body) = try await sent(.openai, Self.request)
        #expect(request.url == "https://p.example/v1/chat/completions")
        #expect(request.headers["Authorization"] == "Bearer sk-secret")
        #expect(request.timeouts.total == .seconds(270))
        #expect(
            try body
                == json(
                    #"""
                    {"model":"m-1","stream":true,"stream_options":{"include_usage":true},"temperature":0,"top_p":1,
                    "max_completion_tokens":99,"stop":["END"],"reasoning_effort":"low","parallel_tool_calls":false,
                    "tools":[{"type":"function","function":{"name":"get_weather","description":"Weather.","parameters":
                    {"type":"object","properties":{"city":{"type":"string"}},"required":["city"],
                    "additionalProperties":false}}}],
                    "messages":[{"role":"system","content":"You help.\n\nToday is Monday."},
                    {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url",
                    "image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]},
                    {"role":"assistant","content":"I look.","tool_calls":[
                    {"id":"c.1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Brno\"}"}},
                    {"id":"c2","type":"function","function":{"name":"now",
                    "arguments":"{\"invalid_input\":\"oops\"}"}}]},
                    {"role":"tool","tool_call_id":"c.1","content":"{\"sky\":\"blue\"}"},
                    {"role":"tool","tool_call_id":"c2","content":"no clock"},{"role":"user","content":"And?"}]}
                    """#))
    }

    @Test func `Anthropic gets a message with cache marks`() async throws {
        let (request, body) = try await sent(.anthropic, Self.request)
        #expect(request.url == "https://p.example/v1/messages")
        #expect(
            try body
                == json(
                    #"""
                    {"model":"m-1","stream":true,"max_tokens":99,"temperature":0,"top_p":1,"stop_sequences":["END"],
                    "thinking":{"type":"disabled"},
                    "tools":[{"name":"get_weather","description":"Weather.","input_schema":
                    {"type":"object","properties":{"city":{"type":"string"}},"required":["city"],
                    "additionalProperties":false}}],
                    "system":[{"type":"text","text":"You help.","cache_control":{"type":"ephemeral"}},
                    {"type":"text","text":"Today is Monday."}],
                    "messages":[{"role":"user","content":[{"type":"text","text":"Look"},
                    {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
                    {"role":"assistant","content":[{"type":"text","text":"I look."},
                    {"type":"tool_use","id":"c_1","name":"get_weather","input":{"city":"Brno"}},
                    {"type":"tool_use","id":"c2","name":"now","input":{"invalid_input":"oops"}}]},
                    {"role":"user","content":[{"type":"tool_result","tool_use_id":"c_1","content":"{\"sky\":\"blue\"}"},
                    {"type":"tool_result","tool_use_id":"c2","content":"no clock","is_error":true},
                    {"type":"text","text":"And?","cache_control":{"type":"ephemeral"}}]}]}
                    """#))
    }

    @Test func `Google gets contents with a schema that it takes`() async throws {
        let (request, body) = try await sent(.google, Self.request)
        #expect(request.url == "https://p.example/v1/models/m-1:streamGenerateContent?alt=sse")
        #expect(
            try body
                == json(
                    #"""
                    {"systemInstruction":{"parts":[{"text":"You help.\n\nToday is Monday."}]},
                    "contents":[{"role":"user","parts":[{"text":"Look"},{"inlineData":{"mimeType":"image/png",
                    "data":"AAAA"}}]},
                    {"role":"model","parts":[{"text":"I look."},
                    {"functionCall":{"name":"get_weather","args":{"city":"Brno"}},"thoughtSignature":"SIG"},
                    {"functionCall":{"name":"now","args":{"invalid_input":"oops"}}}]},
                    {"role":"user","parts":[{"functionResponse":{"name":"get_weather","response":{"sky":"blue"}}},
                    {"functionResponse":{"name":"now","response":{"error":"no clock"}}},{"text":"And?"}]}],
                    "tools":[{"functionDeclarations":[{"name":"get_weather","description":"Weather.","parameters":
                    {"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}]}],
                    "generationConfig":{"temperature":0,"topP":1,"maxOutputTokens":99,"stopSequences":["END"],
                    "thinkingConfig":{"thinkingBudget":0}}}
                    """#))
    }

    @Test func `a response schema goes out in each provider's way`() async throws {
        var request = ModelRequest(messages: [.user("x")], options: ModelOptions(model: "m"))
        request.responseSchema = Self.schema
        let (_, openAI) = try await sent(.openai, request)
        #expect(openAI["response_format"]?["json_schema"]?["schema"] == Self.schema)
        #expect(openAI["response_format"]?["json_schema"]?["strict"] == true)
        let (_, anthropic) = try await sent(.anthropic, request)
        #expect(anthropic["tools"]?[0]?["input_schema"] == Self.schema && anthropic["tool_choice"] == ["type": "any"])
        let (_, google) = try await sent(.google, request)
        #expect(google["generationConfig"]?["responseMimeType"] == "application/json")
        #expect(google["generationConfig"]?["responseSchema"]?["properties"] == ["city": ["type": "string"]])
        request.tools = Self.request.tools
        let (_, both) = try await sent(.google, request)
        #expect(both["generationConfig"] == nil && both["tools"]?[0]?["functionDeclarations"]?.array?.count == 2)
        #expect(both["toolConfig"]?["functionCallingConfig"]?["mode"] == "ANY")
    }

    @Test func `thoughts go back to Anthropic before the calls they led to, and to nobody else`() async throws {
        var request = Self.request
        let signature = "anthropic:[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"}]"
        request.messages = [
            .user("x"), .assistant(text: "", calls: [ToolCall(id: "1", name: "f", input: [:], signature: signature)]),
            .toolResults([ToolResult(callID: "1", name: "f", output: 1)]),
        ]
        request.options = ModelOptions(
            model: "claude-x",
            providerOptions: [
                "maxOutputTokens": 10, "temperature": 1,
                "anthropic": ["thinking": ["type": "enabled", "budgetTokens": 2000]],
            ])
        let (_, body) = try await sent(.anthropic, request)
        #expect(body["messages"]?[1]?["content"]?[0] == ["type": "thinking", "thinking": "t", "signature": "s"])
        #expect(body["thinking"] == ["type": "enabled", "budget_tokens": 2000])
        #expect(body["max_tokens"] == 2010 && body["temperature"] == nil)
        let (_, google) = try await sent(.google, request)
        #expect(google["contents"]?[1]?["parts"]?[0]?["thoughtSignature"] == nil)
    }

    @Test func `what a tool returned beside text goes where each provider takes it`() async throws {
        let image = Part.image(Models.Attachment(.base64("AAAA"), mediaType: "image/png"), detail: nil)
        let request = ModelRequest(
            messages: [
                .user("x"),
                .assistant(
                    text: "",
                    calls: [ToolCall(id: "1", name: "f", input: [:]), ToolCall(id: "2", name: "g", input: [:])]),
                .toolResults([
                    ToolResult(callID: "1", name: "f", output: "seen", files: [image]),
                    ToolResult(callID: "2", name: "g", output: 2),
                ]),
            ], options: ModelOptions(model: "m"))
        let (_, openAI) = try await sent(.openai, request)
        #expect(
            openAI["messages"]?.array?.suffix(3) == [
                ["role": "tool", "tool_call_id": "1", "content": "seen"],
                ["role": "tool", "tool_call_id": "2", "content": "2"],
                [
                    "role": "user",
                    "content": [
                        ["type": "text", "text": "Returned by f (1):"],
                        ["type": "image_url", "image_url": ["url": "data:image/png;base64,AAAA"]],
                    ],
                ],
            ])
        let (_, anthropic) = try await sent(.anthropic, request)
        #expect(
            anthropic["messages"]?.array?.last?["content"]?[0]?["content"] == [
                ["type": "text", "text": "seen"],
                ["type": "image", "source": ["type": "base64", "media_type": "image/png", "data": "AAAA"]],
            ])
        let (_, google) = try await sent(.google, request)
        let parts = google["contents"]?.array?.last?["parts"]?.array ?? []
        #expect(parts.count == 3 && parts.last == ["inlineData": ["mimeType": "image/png", "data": "AAAA"]])
    }

    @Test func `a conversation that starts with the model gets a user before it where one is wanted`() async throws {
        let request = ModelRequest(
            messages: [.assistant(text: "Hi", calls: []), .user("x")], options: ModelOptions(model: "m"))
        let (_, anthropic) = try await sent(.anthropic, request)
        #expect(anthropic["messages"]?.array?.map { $0["role"]?.string } == ["user", "assistant", "user"])
        let (_, google) = try await sent(.google, request)
        #expect(google["contents"]?.array?.map { $0["role"]?.string } == ["user", "model", "user"])
        let (_, openAI) = try await sent(.openai, request)
        #expect(openAI["messages"]?.array?.map { $0["role"]?.string } == ["assistant", "user"])
    }

    @Test func `OpenAI's models that reason get no sampling parameters`() async throws {
        for (model, has) in [("gpt-4.1", true), ("gpt-5-chat-latest", true), ("gpt-5-mini", false), ("o3", false)] {
            var request = Self.request
            request.options.model = model
            let (_, body) = try await sent(.openai, request)
            #expect((body["temperature"] != nil) == has && (body["top_p"] != nil) == has, "\(model)")
        }
    }

    @Test func `a file that a provider does not take is an error that says so`() async throws {
        let files: [(Adapter, Models.Attachment, Bool)] = [
            (.openai, Models.Attachment(.base64("AA"), mediaType: "application/pdf", filename: "a.pdf"), true),
            (.openai, Models.Attachment(.url("https://x.example/a.pdf"), mediaType: "application/pdf"), false),
            (.anthropic, Models.Attachment(.url("https://x.example/a.pdf"), mediaType: "application/pdf"), true),
            (.anthropic, Models.Attachment(.base64("AA"), mediaType: "application/zip"), false),
            (.google, Models.Attachment(.base64("AA"), mediaType: "application/pdf"), true),
        ]
        for (adapter, file, isTaken) in files {
            let request = ModelRequest(messages: [.user([.file(file)])], options: ModelOptions(model: "m"))
            let failure = try await outcome(of: adapter.model(client(pieces: [], status: 500)), request).failure
            if case .unsupported? = failure?.kind {
                #expect(!isTaken, "\(adapter)")
            } else {
                #expect(isTaken, "\(adapter)")
            }
        }
    }

    @Test(arguments: [
        (#"{"type":["string","null"],"format":"email","default":"x"}"#, #"{"type":"string","nullable":true}"#),
        (#"{"const":"a"}"#, #"{"type":"string","enum":["a"]}"#),
        (#"{"type":"integer","enum":[1,2],"exclusiveMinimum":0}"#, #"{"type":"integer"}"#),
        (
            #"{"oneOf":[{"type":"string"},{"type":"integer","minimum":1}]}"#,
            #"{"anyOf":[{"type":"string"},{"type":"integer","minimum":1}]}"#
        ),
        (
            #"{"anyOf":[{"type":"string"},{"type":"null"}],"description":"d"}"#,
            #"{"type":"string","nullable":true,"description":"d"}"#
        ),
        (#"{"type":"array"}"#, #"{"type":"array","items":{"type":"string"}}"#),
        (
            #"{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},"#
                + #"{"properties":{"b":{"type":"number"}},"required":["b"]}]}"#,
            #"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"number"}},"required":["a","b"]}"#
        ),
        (
            ##"{"$defs":{"P":{"type":"object","properties":{"x":{"type":"number"}}}},"type":"object","##
                + ##""properties":{"p":{"$ref":"#/$defs/P"}},"required":["p","gone"]}"##,
            #"{"type":"object","properties":{"p":{"type":"object","properties":{"x":{"type":"number"}}}},"#
                + #""required":["p"]}"#
        ),
    ]) func `schemas are cut down to what Google takes`(_ schema: String, _ expected: String) async throws {
        let tool = ToolDefinition(
            name: "f", description: "", inputSchema: ["type": "object", "properties": ["v": try json(schema)]])
        // References are resolved from the root, so a schema that has them is the root.
        let isRoot = schema.contains("$ref")
        let tools = isRoot ? [ToolDefinition(name: "f", description: "", inputSchema: try json(schema))] : [tool]
        let request = ModelRequest(messages: [.user("x")], tools: tools, options: ModelOptions(model: "m"))
        let (_, body) = try await sent(.google, request)
        let parameters = body["tools"]?[0]?["functionDeclarations"]?[0]?["parameters"]
        #expect(try (isRoot ? parameters : parameters?["properties"]?["v"]) == json(expected))
    }

    @Test func `a schema that refers to itself ends`() async throws {
        let schema = try json(##"{"type":"object","properties":{"next":{"$ref":"#"}}}"##)
        let request = ModelRequest(
            messages: [.user("x")], tools: [ToolDefinition(name: "f", description: "", inputSchema: schema)],
            options: ModelOptions(model: "m"))
        let (_, body) = try await sent(.google, request)
        #expect(
            body["tools"]?[0]?["functionDeclarations"]?[0]?["parameters"]?["properties"]?["next"]?["type"] == "object")
    }
}
