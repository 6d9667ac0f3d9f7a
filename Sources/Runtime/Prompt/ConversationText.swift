public import Store

/// A conversation in the form in which models read it, for people who look at it from outside.
public enum ConversationText {
    /// The messages, oldest first, as the history in a prompt has them; empty when there is nothing to read in them.
    public static func history(_ messages: [MessageRow]) -> String {
        view.text(messages) ?? ""
    }

    private static let view = HistoryView(
        subAgent: "",
        settings: HistorySettings(
            limit: .max, messageTypes: ["chat", "tool-result", "a2a-request", "a2a-response"], maxTokens: .max),
        limits: RuntimeLimits())
}
