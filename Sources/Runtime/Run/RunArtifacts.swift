import Catalog
import Events

/// What names an artifact within a conversation, as models do.
struct ArtifactKey: Sendable, Hashable {
    let id: String
    let toolCall: String

    init(id: String, toolCall: String) {
        self.id = id
        self.toolCall = toolCall
    }

    /// Of an artifact as clients see it; nil where it says neither.
    init?(_ body: JSONValue) {
        guard let id = body["artifactId"]?.string, let call = body["toolCallId"]?.string else { return nil }
        self.init(id: id, toolCall: call)
    }
}

/// How a run makes artifacts of what its tools gave, and cites those that exist (run spec §16.5).
extension Run {
    /// The artifact that a model asks for; nil where it cannot be made: then its tag says nothing.
    func make(_ request: ArtifactRequest, by frame: RunFrame, _ rules: AnswerRules) -> RunData? {
        guard !request.id.isEmpty, !request.type.isEmpty, !rules.artifacts.isEmpty,
            request.id.utf8.count <= Self.artifactIDBytesMax, let output = outcomes[request.toolCall]
        else { return nil }
        let form = rules.artifact(request.type)
        let extraction = ArtifactExtraction(form: form, bytesMax: rules.artifactBytesMax)
        guard let parts = extraction.parts(of: output, request) else { return nil }
        let title = ArtifactTitle(parts)
        let type = form?.name ?? request.type
        var body: JSONObject = [
            "artifactId": .string(request.id), "toolCallId": .string(request.toolCall),
            "name": .string(title.name ?? "\(type) \(request.id)"),
            "description": .string(title.description ?? ""), "type": .string(type),
            "artifactSummary": .object(parts.summary),
        ]
        body["typeSchema"] = form?.typeSchema
        var kept: JSONObject = ["full": .object(parts.full), "subAgent": .string(frame.subAgent)]
        if parts.isOversized { kept["isOversized"] = true }
        if title.name != nil, title.description != nil { kept["isNamed"] = true }
        return RunData(.artifact, body: .object(body), kept: .object(kept))
    }

    /// The longest id that a model may choose, bytes of UTF-8.
    private static let artifactIDBytesMax = 200

    /// The artifact that is cited: one that the log has, or that the answer under way has made; nil when there is none.
    func cite(_ key: ArtifactKey, in frame: RunFrame) -> RunData? {
        for case .data(let data) in frame.gathered.parts where data.kind == .artifact && ArtifactKey(data.body) == key {
            return RunData(.artifact, body: data.body)
        }
        return artifacts[key].map { RunData(.artifact, body: $0) }
    }

    /// Notes an artifact that exists.
    mutating func know(_ body: JSONValue) {
        if let key = ArtifactKey(body) { artifacts[key] = body }
    }
}

/// What an artifact can be called without asking anybody.
struct ArtifactTitle: Sendable, Hashable {
    /// Characters of the longest name.
    static let nameMax = 50
    /// Characters of the longest description.
    static let descriptionMax = 150

    /// What it is called; nil where nothing in it is obviously a title.
    let name: String?
    /// What it is; nil where nothing in it says so.
    let description: String?

    init(_ parts: ArtifactExtraction.Parts) {
        name = Self.find(["title", "name", "label", "subject", "headline", "heading"], parts, Self.nameMax)
        description = Self.find(
            ["description", "summary", "abstract", "snippet", "excerpt"], parts, Self.descriptionMax)
    }

    private static func find(_ names: [String], _ parts: ArtifactExtraction.Parts, _ max: Int) -> String? {
        for object in [parts.summary, parts.full] {
            for name in names {
                guard let text = object.first(where: { $0.key.lowercased() == name })?.value.string else { continue }
                let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                if !line.isEmpty { return cut(line, to: max) }
            }
        }
        return nil
    }

    /// The text, or its beginning with an ellipsis.
    static func cut(_ text: String, to max: Int) -> String {
        text.count <= max ? text : text.prefix(max - 1) + "…"
    }
}
