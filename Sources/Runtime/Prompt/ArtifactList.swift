public import Catalog
public import Store

extension ArtifactRow {
    /// The artifact as clients see it (run spec §4.3), without the schemas of its form.
    public var body: JSONValue {
        [
            "artifactId": .string(id), "toolCallId": .string(toolCall), "name": .string(name),
            "description": .string(description), "type": .string(type), "artifactSummary": summary,
        ]
    }
}

extension HistoryView {
    /// The artifacts of earlier turns as the model reads them (run spec §9, §10); nil when it sees none.
    func text(_ artifacts: [ArtifactRow]) -> String? {
        let shown = artifacts.filter { $0.visibility != "internal" }.prefix(promptArtifacts)
        guard mode != .none, !shown.isEmpty else { return nil }
        return "<artifacts>\n" + shown.map(Self.element).joined(separator: "\n") + "\n</artifacts>"
    }

    /// Characters of a summary at most, as JSON.
    static let summaryMax = 1000

    private static func element(_ artifact: ArtifactRow) -> String {
        let summary = artifact.summary.jsonText
        let cut = summary.count > summaryMax ? summary.prefix(summaryMax) + "…" : summary
        return """
            <artifact id="\(SystemPrompt.escaped(artifact.id))" tool="\(SystemPrompt.escaped(artifact.toolCall))" \
            type="\(SystemPrompt.escaped(artifact.type))" name="\(SystemPrompt.escaped(artifact.name))">
            <description>\(SystemPrompt.escaped(artifact.description))</description>
            <summary>\(SystemPrompt.escaped(cut))</summary>
            </artifact>
            """
    }
}
