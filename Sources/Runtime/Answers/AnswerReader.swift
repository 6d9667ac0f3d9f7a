import Catalog

/// Reads what a model answers while it comes: text, artifacts that are to be made or are cited, components.
struct AnswerReader: Sendable {
    /// What an answer consists of.
    enum Piece: Sendable, Hashable {
        /// Never empty.
        case text(String)
        /// An artifact is to be made of what a tool gave.
        case create(ArtifactRequest)
        /// An artifact that exists is cited.
        case cite(id: String, toolCall: String)
        /// Any component that is neither text nor artifact.
        case component(ComponentReader.Component)
    }

    private var components: ComponentReader?
    private var tags: ArtifactTagReader?

    /// A reader.
    ///
    /// - Parameters:
    ///   - components: whether the answer is a list of components.
    ///   - artifacts: whether tags in texts make and cite artifacts.
    init(components: Bool, artifacts: Bool) {
        if components { self.components = ComponentReader() }
        if artifacts { tags = ArtifactTagReader() }
    }

    /// The pieces that are complete with this text.
    mutating func add(_ text: String) -> [Piece] {
        guard components != nil || tags != nil else { return text.isEmpty ? [] : [.text(text)] }
        guard let given = components?.add(text) else { return tagged(text) }
        return pieces(given)
    }

    /// The rest, now that the answer is over.
    mutating func finish() -> [Piece] {
        let given = components?.finish() ?? []
        return pieces(given) + (tags?.finish() ?? []).compactMap(Self.piece)
    }

    private mutating func pieces(_ given: [ComponentReader.Piece]) -> [Piece] {
        given.flatMap { piece -> [Piece] in
            switch piece {
            case .text(let text): tagged(text)
            case .component(let component): Self.piece(component).map { [$0] } ?? []
            }
        }
    }

    private mutating func tagged(_ text: String) -> [Piece] {
        guard let given = tags?.add(text.utf8) else { return [.text(text)] }
        return given.compactMap(Self.piece)
    }

    private static func piece(_ piece: ArtifactTagReader.Piece) -> Piece? {
        switch piece {
        case .text(let text): .text(text)
        case .tag(let tag):
            switch tag.kind {
            case .create: .create(ArtifactRequest(tag))
            case .reference:
                if let id = tag.id, let call = tag.toolCall { .cite(id: id, toolCall: call) } else { nil }
            }
        }
    }

    /// The name of the component that cites an artifact.
    static let citingName = "Artifact"
    /// What the name of the component that makes an artifact begins with; the artifact component's name follows.
    static let makingPrefix = "ArtifactCreate_"

    private static func piece(_ component: ComponentReader.Component) -> Piece? {
        if component.name == citingName {
            guard let id = component.props["artifact_id"]?.string, let call = component.props["tool_call_id"]?.string
            else { return nil }
            return .cite(id: id, toolCall: call)
        }
        guard component.name.hasPrefix(makingPrefix) else { return .component(component) }
        return .create(ArtifactRequest(component))
    }
}

/// What a model asks for when it makes an artifact. What is missing is empty.
struct ArtifactRequest: Sendable, Hashable {
    /// The id that the artifact gets.
    let id: String
    /// The call whose outcome it is made of.
    let toolCall: String
    /// The artifact component, as the model names it.
    let type: String
    /// The selector of the item in the outcome.
    let base: String
    /// The selectors of single fields within the item, by the field.
    let details: [String: String]

    init(id: String, toolCall: String, type: String, base: String, details: [String: String] = [:]) {
        self.id = id
        self.toolCall = toolCall
        self.type = type
        self.base = base
        self.details = details
    }

    init(_ tag: ArtifactTag) {
        self.init(
            id: tag.id ?? "", toolCall: tag.toolCall ?? "", type: tag.type ?? "", base: tag.base ?? "",
            details: tag.details)
    }

    init(_ component: ComponentReader.Component) {
        let props = component.props
        let details: [String: String]
        switch props["details_selector"] {
        case .object(let selectors): details = selectors.reduce(into: [:]) { $0[$1.key] = $1.value.string }
        case .string(let text): details = ArtifactTag(kind: .create, attributes: ["details": text]).details
        default: details = [:]
        }
        self.init(
            id: props["artifact_id"]?.string ?? "", toolCall: props["tool_call_id"]?.string ?? "",
            type: String(component.name.dropFirst(AnswerReader.makingPrefix.count)),
            base: props["base_selector"]?.string ?? "", details: details)
    }
}
