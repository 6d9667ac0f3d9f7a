import Catalog

/// The model behind `mock/<name>`: it needs no key and answers with five fixed lines about the request (run spec §8).
public struct MockModel: Model {
    /// How much of the last user message is repeated, in characters.
    private static let quoteLengthMax = 200

    private let name: String
    private let clock: ModelClock

    /// The model `mock/<name>`.
    public init(name: String, clock: ModelClock) {
        self.name = name
        self.clock = clock
    }

    /// Answers line by line; see `Model`.
    public func respond(
        to request: ModelRequest, each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws {
        let count = request.messages.count + (request.system.isEmpty ? 0 : 1)
        let lines = [
            "Mock response.",
            "\nModel: mock/\(name)",
            "\nInput messages: \(count)",
            "\nLast user message: \"\(request.lastUserText.prefix(Self.quoteLengthMax))\"",
            "\nTimestamp: \(clock.timestamp())",
        ]
        for line in lines {
            try Task.checkCancellation()
            try await each([.text(line)])
        }
        try await each([.usage(.estimated(for: request, reply: lines.joined())), .finished(.endTurn)])
    }
}

extension ModelRequest {
    /// A rough count of the tokens of the prompt, tools included: one for four bytes. Attachments do not count.
    public var estimatedInputTokens: Int {
        var bytes = system.reduce(0) { $0 + $1.text.utf8.count }
        for message in messages { bytes += message.text.utf8.count }
        for tool in tools { bytes += tool.description.utf8.count + tool.inputSchema.jsonBytes.count }
        return (bytes + 3) / 4
    }

    /// The text of the last user message; empty where there is none.
    var lastUserText: String {
        for message in messages.reversed() {
            if case .user = message { return message.text }
        }
        return ""
    }
}

extension Usage {
    /// A rough count for models that count nothing: a token for four characters.
    static func estimated(for request: ModelRequest, reply: String) -> Usage {
        let system = request.system.reduce(0) { $0 + $1.text.utf8.count }
        let input = request.messages.reduce(system) { $0 + $1.text.utf8.count }
        return Usage(inputTokens: (input + 3) / 4, outputTokens: (reply.utf8.count + 3) / 4)
    }
}
