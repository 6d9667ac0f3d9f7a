public import Catalog

/// A language model behind one provider's wire format. It keeps nothing between calls: the whole conversation is in
/// the request.
public protocol Model: Sendable {
    /// Asks the provider for one reply and streams it.
    ///
    /// `each` receives the events of one network read at once, in order, the last of them `.finished`; awaiting it is
    /// the back-pressure. Nothing is retried here. Cancelling the task drops the connection at once.
    ///
    /// - Throws: `ModelFailure`, whatever `each` threw, or `CancellationError`.
    func respond(
        to request: ModelRequest, each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws
}

/// Everything one call gives to a model.
public struct ModelRequest: Sendable, Hashable {
    /// The system prompt in order. Providers without prompt caching get the blocks joined by an empty line.
    public var system: [SystemBlock]
    /// The conversation, oldest first.
    public var messages: [Message]
    /// The tools that the model may call, in a stable order.
    public var tools: [ToolDefinition]
    /// Generation parameters and how to reach the provider.
    public var options: ModelOptions
    /// A JSON Schema that the reply's text must satisfy; nil for free text.
    public var responseSchema: JSONValue?

    /// A request of these parts.
    public init(
        system: [SystemBlock] = [], messages: [Message], tools: [ToolDefinition] = [],
        options: ModelOptions = ModelOptions(model: ""), responseSchema: JSONValue? = nil
    ) {
        self.system = system
        self.messages = messages
        self.tools = tools
        self.options = options
        self.responseSchema = responseSchema
    }
}

/// One piece of the system prompt.
public struct SystemBlock: Sendable, Hashable {
    /// The text as the model sees it.
    public var text: String
    /// Whether a provider with prompt caching may keep everything up to and including this block (run spec §8).
    public var cacheable: Bool

    /// A block with this text.
    public init(_ text: String, cacheable: Bool = false) {
        self.text = text
        self.cacheable = cacheable
    }
}

/// A tool as the model is told of it.
public struct ToolDefinition: Sendable, Hashable {
    /// The name that the model calls it by: letters, digits, `_` and `-`, at most 64 of them for most providers.
    public var name: String
    /// What it does and when to use it.
    public var description: String
    /// The JSON Schema of its input, an object schema.
    public var inputSchema: JSONValue

    /// A tool of this name.
    public init(name: String, description: String, inputSchema: JSONValue) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
    }
}

/// How one call is made: what `ModelResolver` reads out of a model's configuration (run spec §8).
public struct ModelOptions: Sendable, Hashable {
    /// The longest time that one call may take when the configuration names none.
    public static let timeoutDefault: Duration = .seconds(270)
    /// The longest time that a configuration may ask for.
    public static let timeoutMax: Duration = .seconds(600)

    /// The model's name without the provider, for instance `gpt-5` or, behind a router, `vendor/model`.
    public var model: String
    /// Scalar `providerOptions`: `temperature`, `topP`, `maxOutputTokens`, `seed` and the like.
    public var parameters: JSONObject
    /// The object-valued `providerOptions`, by provider name; those of the called provider are merged into the call.
    public var provider: JSONObject
    /// Where the provider is reached instead of its usual address; nil for the usual one.
    public var baseURL: String?
    /// Headers sent besides the provider's own.
    public var headers: [String: String]
    /// The Azure resource; nil for other providers.
    public var resourceName: String?
    /// The Azure API version; nil for the adapter's default.
    public var apiVersion: String?
    /// The longest time that one call may take, up to `timeoutMax`.
    public var timeout: Duration
    /// How many tokens of context the configuration says the model has; nil when it says nothing.
    public var contextWindowSize: Int?

    /// Options for `model` with nothing else set.
    public init(
        model: String, parameters: JSONObject = [:], provider: JSONObject = [:], baseURL: String? = nil,
        headers: [String: String] = [:], timeout: Duration = ModelOptions.timeoutDefault
    ) {
        self.model = model
        self.parameters = parameters
        self.provider = provider
        self.baseURL = baseURL
        self.headers = headers
        self.timeout = timeout
    }
}
