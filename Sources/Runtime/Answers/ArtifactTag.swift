import Catalog

/// A tag in an answer's text by which a model makes an artifact of what a tool gave, or cites one (run spec §16.4).
struct ArtifactTag: Sendable, Hashable {
    enum Kind: String, Sendable, CaseIterable {
        case create
        case reference = "ref"
    }

    let kind: Kind
    /// By name; of two with the same name the first counts.
    let attributes: [String: String]

    /// The artifact's id, chosen by the model; nil when it is missing or empty.
    var id: String? { text("id") }
    /// The id of the call whose outcome it is made of; nil when it is missing or empty.
    var toolCall: String? { text("tool") }
    /// The artifact component; nil when it is missing or empty.
    var type: String? { text("type") }
    /// The selector of the item in the outcome; nil when it is missing or empty.
    var base: String? { text("base") }

    /// The selectors of single fields, by the field; empty when there are none or they are not an object of texts.
    var details: [String: String] {
        guard let text = text("details"), let members = (try? JSONValue(parsing: text))?.object else { return [:] }
        return members.reduce(into: [:]) { details, member in details[member.key] = member.value.string }
    }

    private func text(_ name: String) -> String? { attributes[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The tag by which an artifact is cited, as models read it in what was said before.
    static func reference(id: String, toolCall: String) -> String {
        "<artifact:ref id=\"\(escaped(id))\" tool=\"\(escaped(toolCall))\" />"
    }

    private static func escaped(_ text: String) -> String {
        guard text.contains(where: { "&<>\"".contains($0) }) else { return text }
        return text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
