import Catalog
public import Events

/// A component or an artifact at its place in a text.
public struct PlacedData: Sendable, Hashable {
    /// How many bytes of UTF-8 of the text come before it.
    public var offset: Int
    /// What it is.
    public var data: RunData

    /// What stands behind so many bytes of the text.
    public init(offset: Int, data: RunData) {
        self.offset = offset
        self.data = data
    }
}

/// A piece of an answer, in the order in which the user sees them.
public enum AnswerPart: Sendable, Hashable {
    /// Never empty.
    case text(String)
    /// A component or an artifact.
    case data(RunData)

    /// The pieces of a text with what stands in it.
    static func parts(_ text: String, _ placed: [PlacedData]) -> [AnswerPart] {
        var parts: [AnswerPart] = []
        let bytes = text.utf8
        var start = bytes.startIndex
        func add(upTo end: String.Index) {
            if start < end { parts.append(.text(String(text[start..<end]))) }
            start = max(start, end)
        }
        for one in placed {
            add(upTo: bytes.index(bytes.startIndex, offsetBy: one.offset, limitedBy: bytes.endIndex) ?? bytes.endIndex)
            parts.append(.data(one.data))
        }
        add(upTo: bytes.endIndex)
        return parts
    }

    /// The pieces as models read them: artifacts as the tags that cite them, components as their JSON.
    static func transcript(_ parts: [AnswerPart]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .data(let data): data.reference ?? data.body.jsonText
            }
        }.joined()
    }

    /// The pieces as a sub-agent that answers in components has written them.
    static func document(_ parts: [AnswerPart]) -> String {
        let elements = parts.enumerated().map { position, part -> JSONValue in
            let id = JSONValue.string(String(position + 1))
            switch part {
            case .text(let text):
                return ["id": id, "name": .string(ComponentReader.textName), "props": ["text": .string(text)]]
            case .data(let data):
                guard data.kind == .artifact else { return data.body }
                let props: JSONValue = [
                    "artifact_id": data.body["artifactId"] ?? "", "tool_call_id": data.body["toolCallId"] ?? "",
                ]
                return ["id": id, "name": .string(AnswerReader.citingName), "props": props]
            }
        }
        return JSONValue.object(JSONObject([(key: "dataComponents", value: .array(elements))])).jsonText
    }
}

extension RunData {
    /// The tag that cites it; nil when it is no artifact.
    var reference: String? {
        guard kind == .artifact else { return nil }
        return ArtifactTag.reference(
            id: body["artifactId"]?.string ?? "", toolCall: body["toolCallId"]?.string ?? "")
    }
}

/// What of a frame's answers is not text, and how the answer under way is read.
struct FrameAnswer: Sendable {
    /// Logged in the model call under way, at places in the frame's `text`.
    var open: [PlacedData] = []
    /// In the frame's answers so far, at places in its `spoken`.
    var spoken: [PlacedData] = []
    /// In the last answer alone, at places in its `lastText`.
    var last: [PlacedData] = []
    /// What this stay's answers consist of, as far as its contract looks at it.
    var given = ContractRules.Given()
    /// How many answers of this stay were refused.
    var violations = 0
    /// Why the last answer was refused, for the model that is asked again; nil when none was.
    var correction: String?
    /// Reads the model call under way; nil before its first word.
    var reader: AnswerReader?
    /// Bytes that the model call under way has given as text.
    var givenBytes = 0

    mutating func beginCallAnew() {
        open = []
        reader = nil
        givenBytes = 0
    }

    /// Notes that the answer of which `text` is the text is complete, behind `spoken` bytes of earlier ones.
    mutating func settle(_ text: String, behind spoken: Int) {
        given.add(text)
        for one in open { given.add(one.data) }
        self.spoken += open.map { PlacedData(offset: $0.offset + spoken, data: $0.data) }
        last = open
        correction = nil
    }

    /// Another sub-agent goes on.
    mutating func beginStay() {
        given = ContractRules.Given()
        violations = 0
        correction = nil
        last = []
    }
}

extension ContractRules.Given {
    mutating func add(_ text: String) {
        if text.utf8.contains(where: { $0 > 0x20 }) { hasText = true }
    }

    mutating func add(_ data: RunData) {
        switch data.kind {
        case .component: if let name = data.body["name"]?.string { components.insert(name) }
        case .artifact: if let type = data.body["type"]?.string { artifacts.insert(type) }
        case .summary: break
        }
    }
}

extension RunFrame {
    /// The pieces of all answers of the frame, what the call under way has given and the log holds included.
    public var parts: [AnswerPart] {
        let open = answer.open.map { PlacedData(offset: $0.offset + spoken.utf8.count, data: $0.data) }
        return AnswerPart.parts(allText, answer.spoken + open)
    }

    /// The last answer as the model of a sub-agent reads it.
    func said(isStructured: Bool) -> String {
        let text = RunFrame.trimmingLineBreaks(lastText)
        let cut = lastText.utf8.count - text.utf8.count
        let parts = AnswerPart.parts(
            text, answer.last.map { PlacedData(offset: max(0, $0.offset - cut), data: $0.data) })
        if parts.isEmpty { return "" }
        return isStructured ? AnswerPart.document(parts) : AnswerPart.transcript(parts)
    }

    /// Whether the frame has given neither text nor anything else.
    var saidNothing: Bool { spoken.isEmpty && answer.spoken.isEmpty }
}
