public import Catalog

/// How much of a conversation a sub-agent is shown (manage spec §2.1). Unknown members are kept.
public struct ConversationHistoryConfig: Structure, Equatable {
    /// What is shown.
    public enum Mode: String, CaseIterable, Sendable {
        /// The whole conversation.
        case full
        /// What the sub-agent took part in.
        case scoped
        /// Nothing.
        case none
    }

    /// A kind of message.
    public enum MessageType: String, CaseIterable, Sendable {
        case chat
        case agentRequest = "a2a-request"
        case agentResponse = "a2a-response"
        case taskUpdate = "task-update"
        case toolCall = "tool-call"
        case toolResult = "tool-result"
    }

    /// What is shown; nil means full.
    public var mode: Mode?
    /// Messages at most, the newest; nil means 50.
    public var limit: Int?
    /// Tokens at most; nil means 4,000.
    public var maxOutputTokens: Int?
    /// Whether messages between agents are shown; nil means no.
    public var includeInternal: Bool?
    /// The kinds of message shown; nil means chat and tool results.
    public var messageTypes: [MessageType]?
    /// Members that are not declared.
    public var others = JSONObject()

    /// One with every default in place.
    public init() {}

    /// What a sub-agent has unless it says otherwise.
    public static let standard: Self = {
        var config = Self()
        config.mode = .full
        config.limit = 50
        config.maxOutputTokens = 4000
        config.includeInternal = false
        config.messageTypes = [.chat, .toolResult]
        return config
    }()

    /// The members.
    public static let fields: [Field<Self>] = [
        field("mode", \.mode, .choice, "What of the conversation is shown."),
        field("limit", \.limit, .integer(0...10_000), "Messages shown at most, the newest."),
        field("maxOutputTokens", \.maxOutputTokens, .integer(0...10_000_000), "Tokens shown at most."),
        field("includeInternal", \.includeInternal, .flag, "Whether messages between agents are shown."),
        field("messageTypes", \.messageTypes, .list(of: .choice), "The kinds of message shown."),
    ]
    /// What becomes of members that are not declared.
    public static let unknownMembers = UnknownMembers<Self>.keep(\.others)
}
