public import Catalog
public import Models

/// That something which is too long for a model was replaced by a summary of it (run spec §11).
public struct RunCompression: Sendable, Hashable {
    /// What was replaced.
    public enum Kind: String, Sendable, Hashable {
        /// The messages of the conversation before this turn.
        case conversation = "conversation_level"
        /// What a sub-agent said and did in this turn.
        case run = "mid_generation"
    }

    /// Why.
    public enum Reason: String, Sendable, Hashable {
        /// It had grown too long.
        case automatic
        /// The model asked for it.
        case manual
    }

    /// Who counted its tokens.
    public enum Count: String, Sendable, Hashable {
        /// The provider, as far as it has seen it.
        case provider
        /// Nobody: they are estimated from its length.
        case estimate
    }

    /// What was replaced.
    public var kind: Kind
    /// Why.
    public var reason: Reason
    /// What stands in its place, an object; nil where nobody could summarize it and the oldest of it was dropped.
    public var summary: JSONValue?
    /// How many of the newest messages stay. Of a conversation none.
    public var kept: Int
    /// How many messages were replaced or dropped.
    public var messages: Int
    /// How many outcomes of tools were among them.
    public var outcomes: Int
    /// Tokens before.
    public var before: Int
    /// Tokens after, estimated.
    public var after: Int
    /// Who counted those before.
    public var count: Count
    /// The position in the conversation of the last message replaced; nil for what was done in this turn.
    public var upTo: Int64?
    /// Tokens that summarizing took.
    public var usage: Usage

    /// A compression from its parts.
    public init(
        _ kind: Kind, reason: Reason = .automatic, summary: JSONValue? = nil, kept: Int = 0, messages: Int,
        outcomes: Int = 0, before: Int, after: Int = 0, count: Count = .estimate, upTo: Int64? = nil,
        usage: Usage = Usage()
    ) {
        self.kind = kind
        self.reason = reason
        self.summary = summary
        self.kept = kept
        self.messages = messages
        self.outcomes = outcomes
        self.before = before
        self.after = after
        self.count = count
        self.upTo = upTo
        self.usage = usage
    }
}

extension RunCompression {
    var json: JSONObject {
        var json: JSONObject = [
            "kind": .string(kind.rawValue), "reason": .string(reason.rawValue), "kept": .integer(Int64(kept)),
            "messages": .integer(Int64(messages)), "outcomes": .integer(Int64(outcomes)),
            "before": .integer(Int64(before)), "after": .integer(Int64(after)), "count": .string(count.rawValue),
            "inputTokens": .integer(Int64(usage.inputTokens)), "outputTokens": .integer(Int64(usage.outputTokens)),
        ]
        json["summary"] = summary
        json["upTo"] = upTo.map { .integer($0) }
        return json
    }
}

extension Members {
    func compression() throws(RunEventCodingError) -> RunCompression {
        RunCompression(
            try word("kind"), reason: try word("reason"), summary: object["summary"], kept: try number("kept"),
            messages: try number("messages"), outcomes: try number("outcomes"), before: try number("before"),
            after: try number("after"), count: try word("count"),
            upTo: object["upTo"] == nil ? nil : Int64(try number("upTo")),
            usage: Usage(inputTokens: try number("inputTokens"), outputTokens: try number("outputTokens")))
    }
}
