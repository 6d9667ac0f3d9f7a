/// A text with placeholders, `{{ path }}` (run spec §12.4), read once and rendered as often as needed. Reading never
/// fails: what is no placeholder is text, and a placeholder that means nothing is one that is always missing.
///
/// A path is a JMESPath expression over what the renderer gives; pieces of it with dashes need no quotes
/// (`headers.x-user-id`). `$env.NAME` is a variable of the server's environment, `$conversation.id` the id of the
/// conversation, and any other name after `$` means nothing.
public struct Template: Sendable {
    /// The text as it was written.
    public let source: String
    let pieces: [Piece]

    /// Reads a text.
    public init(_ source: String) {
        self.source = source
        pieces = TemplateParser.pieces(of: source)
    }

    /// Whether there is anything to render.
    public var hasPlaceholders: Bool { !placeholders.isEmpty }

    /// The placeholders as they were written, without the braces, in order.
    public var placeholderSources: [String] { placeholders.map(\.source) }

    /// What is wrong with placeholders, each as a sentence; for checks at the time of writing.
    public var problems: [String] {
        placeholders.compactMap { placeholder in
            guard case .nothing(let reason) = placeholder.meaning else { return nil }
            return "The placeholder {{\(placeholder.source)}} \(reason)."
        }
    }

    /// The names of the variables of the server's environment that are asked for.
    public var environmentNames: [String] {
        placeholders.compactMap { if case .environment(let name) = $0.meaning { name } else { nil } }
    }

    private var placeholders: [Placeholder] {
        pieces.compactMap { if case .placeholder(let placeholder) = $0 { placeholder } else { nil } }
    }

    /// A part of the text.
    enum Piece: Sendable {
        case text(String)
        case placeholder(Placeholder)
    }

    /// What stands in braces.
    struct Placeholder: Sendable {
        /// Trimmed, without the braces.
        let source: String
        /// With the braces, as it was.
        let written: String
        let meaning: Meaning
    }

    /// What a placeholder stands for.
    enum Meaning: Sendable {
        case path(JMESPath)
        case environment(String)
        case conversation
        /// Nothing, for the reason given.
        case nothing(String)
    }
}
