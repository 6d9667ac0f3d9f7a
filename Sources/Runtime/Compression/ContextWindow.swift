import Catalog
import Models

/// How many tokens a model reads at once, and when a conversation is too long for it (run spec §11).
enum ContextWindow {
    /// Tokens; nil where neither the configuration nor the table says.
    static func size(_ options: ModelOptions) -> Int? {
        if let size = options.contextWindowSize, size > 0 { return size }
        let name = options.model.split(separator: "/").last.map { $0.lowercased() } ?? ""
        return sizes.first { name.hasPrefix($0.prefix) }?.tokens
    }

    /// Families of models by how their names begin, the longer beginning first. Tokens as their makers publish them.
    private static let sizes: [(prefix: String, tokens: Int)] = [
        ("gpt-3.5-turbo", 16_385), ("gpt-4-turbo", 128_000), ("gpt-4.1", 1_047_576), ("gpt-4.5", 128_000),
        ("gpt-4o", 128_000), ("chatgpt-4o", 128_000), ("gpt-4-32k", 32_768), ("gpt-4", 8192), ("gpt-5", 400_000),
        ("gpt-oss", 131_072), ("o1-mini", 128_000), ("o1-preview", 128_000), ("o1", 200_000), ("o3", 200_000),
        ("o4-mini", 200_000), ("claude-2.0", 100_000), ("claude-instant", 100_000), ("claude", 200_000),
        ("gemini-1.5-pro", 2_097_152), ("gemini-1.0", 32_768), ("gemini-pro", 32_768), ("gemini", 1_048_576),
        ("gemma-3", 128_000), ("gemma", 8192), ("llama-4", 1_048_576), ("llama-3.1", 131_072), ("llama-3.2", 131_072),
        ("llama-3.3", 131_072), ("llama-3", 8192), ("meta-llama-3", 8192), ("mistral-large", 131_072),
        ("mistral-small", 131_072), ("mistral", 32_768), ("mixtral", 32_768), ("codestral", 262_144),
        ("deepseek", 131_072), ("qwen3", 131_072), ("qwen2.5", 131_072), ("qwen", 32_768), ("kimi-k2", 131_072),
        ("grok-4", 262_144), ("grok-3", 131_072), ("grok-2", 131_072), ("command-r", 128_000), ("command-a", 262_144),
    ]
}

/// When something is compressed.
struct CompressionThreshold: Sendable, Hashable {
    /// The most tokens that there may be.
    let limit: Int
    /// The tokens that are kept free below it.
    let buffer: Int

    /// The tokens from which on it is time.
    var trigger: Int { max(0, limit - buffer) }

    /// For what a sub-agent did in a turn, by the window of its model; nil for an unknown window.
    init(duringRun window: Int?, _ limits: RuntimeLimits) {
        guard let window else {
            limit = limits.compressionLimitTokens
            buffer = limits.compressionBufferTokens
            return
        }
        let (limitPercent, bufferPercent) =
            switch window {
            case ..<100_000: (85, 10)
            case ..<500_000: (90, 7)
            default: (95, 4)
            }
        limit = window * limitPercent / 100
        buffer = window * bufferPercent / 100
    }

    /// For the history of a conversation, by the window of the model that summarizes it.
    init(history window: Int?, _ limits: RuntimeLimits) {
        let window = window ?? limits.compressionLimitTokens
        limit = window / 2
        buffer = window / 20
    }
}

/// Tokens as they are counted where no provider has: one for each four bytes of UTF-8, rounded up. Pictures and files
/// do not count, because nobody knows what they cost.
enum TokenEstimate {
    static func tokens(_ text: String) -> Int { (text.utf8.count + 3) / 4 }

    static func tokens(_ messages: some Sequence<Message>) -> Int { messages.reduce(0) { $0 + tokens($1) } }

    static func tokens(_ message: Message) -> Int {
        switch message {
        case .user(let parts): tokens(bytes: parts.reduce(0) { $0 + ($1.text?.utf8.count ?? 0) })
        case .assistant(let text, let calls):
            tokens(
                bytes: calls.reduce(text.utf8.count) {
                    $0 + $1.name.utf8.count + ($1.rawInput?.utf8.count ?? $1.input.jsonBytes.count)
                })
        case .toolResults(let results):
            tokens(bytes: results.reduce(0) { $0 + ($1.output.string?.utf8.count ?? $1.output.jsonBytes.count) })
        }
    }

    /// All that a request gives to the model.
    static func tokens(_ request: ModelRequest) -> Int {
        let system = request.system.reduce(0) { $0 + tokens($1.text) }
        let tools = request.tools.reduce(0) {
            $0 + tokens($1.description) + tokens(bytes: $1.inputSchema.jsonBytes.count)
        }
        return system + tools + tokens(request.messages)
    }

    private static func tokens(bytes: Int) -> Int { (bytes + 3) / 4 }
}
