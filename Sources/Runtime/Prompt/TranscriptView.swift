import Catalog
import Models

/// What a sub-agent did so far, with what its model must know beside it.
enum TranscriptView {
    /// The messages with the id of its call in every outcome, so that the model can name it when it makes an artifact
    /// (run spec §13.4): a member of an object, beside anything else.
    ///
    /// - Parameter hints: whether its shape is told as well, for selectors.
    static func naming(_ messages: [Message], hints: Bool = false) -> [Message] {
        messages.map { message in
            guard case .toolResults(let results) = message else { return message }
            return .toolResults(results.map { named($0, hints: hints) })
        }
    }

    private static func named(_ result: ToolResult, hints: Bool) -> ToolResult {
        guard !result.isError else { return result }
        var result = result
        let shape = hints ? StructureHints.of(result.output) : nil
        result.output = ToolResultView(result.output).shown(as: result.callID, hints: shape)
        return result
    }

    /// What a model is told whose answer was refused.
    static func refusal(_ fault: String) -> String {
        """
        <answer_refused>
        Your last answer was not shown, because it breaks the output contract: \(fault). Answer again, so that it \
        keeps all rules of the contract. Do not mention this message.
        </answer_refused>
        """
    }
}
