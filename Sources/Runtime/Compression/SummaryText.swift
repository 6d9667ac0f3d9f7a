import Catalog
import Store

/// Summaries as models read them.
enum SummaryText {
    /// What stands for the conversation before.
    static func history(_ summary: JSONValue) -> String {
        "[Summary of the conversation so far]\n" + lines(summary, indent: "").joined(separator: "\n")
    }

    /// What stands for what a sub-agent did in this turn, and how it is to go on (run spec §11).
    static func transcript(_ summary: JSONValue, isRepeated: Bool) -> String {
        let goOn =
            isRepeated
            ? "Stop calling tools. Answer now with what is here."
            : "If this is enough, answer now. Otherwise do only the next steps that are listed; repeat nothing."
        return """
            <work_so_far>
            What you did in this turn was too long and was summarized:
            \(lines(summary, indent: "").joined(separator: "\n"))
            </work_so_far>
            \(goOn)
            """
    }

    /// A value as indented lines: members by their names, elements as items. What is empty is left out.
    private static func lines(_ value: JSONValue, indent: String) -> [String] {
        switch value {
        case .object(let object):
            return object.flatMap { name, member -> [String] in
                if let text = text(member) { return ["\(indent)\(name): \(text)"] }
                let inner = lines(member, indent: indent + "  ")
                return inner.isEmpty ? [] : ["\(indent)\(name):"] + inner
            }
        case .array(let elements):
            return elements.flatMap { element -> [String] in
                if let text = text(element) { return ["\(indent)- \(text)"] }
                let inner = lines(element, indent: indent + "  ")
                return inner.isEmpty ? [] : ["\(indent)-"] + inner
            }
        default: return text(value).map { ["\(indent)\($0)"] } ?? []
        }
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .object, .array, .null: nil
        case .string(let text): text.isEmpty ? nil : text
        default: value.jsonText
        }
    }
}

extension HistorySummary {
    /// The type of the messages by which summaries are kept (run spec §10).
    static let messageType = "compression_summary"

    /// The newest summary among the messages; nil when there is none.
    static func latest(in messages: [MessageRow]) -> HistorySummary? {
        for message in messages.reversed() where message.type == messageType {
            guard let upTo = message.metadata?["compression"]?["upTo"]?.integer,
                let text = message.content["text"]?.string
            else { continue }
            return HistorySummary(text: text, upTo: Int64(upTo))
        }
        return nil
    }
}
