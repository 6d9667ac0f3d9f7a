import Catalog
import Events
import Models
import Store

/// The `content` of a stored message: `{text, parts:[…]}` (run spec §6.3), and how a model message is made of it again.
enum StoredContent {
    static func json(_ text: String) -> JSONValue {
        ["text": .string(text), "parts": [["kind": "text", "text": .string(text)]]]
    }

    static func json(_ turn: Turn) -> JSONValue { json(turn.parts) }

    static func json(_ parts: [Part]) -> JSONValue {
        ["text": .string(Turn.text(of: parts)), "parts": .array(parts.map(json))]
    }

    private static func json(_ part: Part) -> JSONValue {
        switch part {
        case .text(let text): ["kind": "text", "text": .string(text)]
        case .image(let attachment, let detail): file(attachment, detail: detail)
        case .file(let attachment): file(attachment, detail: nil)
        }
    }

    private static func file(_ attachment: Attachment, detail: String?) -> JSONValue {
        var file: JSONObject = ["mimeType": .string(attachment.mediaType)]
        switch attachment.content {
        case .url(let url): file["uri"] = .string(url)
        case .base64(let bytes): file["bytes"] = .string(bytes)
        }
        if let filename = attachment.filename { file["name"] = .string(filename) }
        var part: JSONObject = ["kind": "file", "file": .object(file)]
        if let detail { part["metadata"] = ["detail": .string(detail)] }
        return .object(part)
    }

    /// The parts that were stored. What is neither text nor a file is passed over.
    static func parts(_ content: JSONValue) -> [Part] {
        (content["parts"]?.array ?? []).compactMap { part in
            if let text = part["text"]?.string { return .text(text) }
            guard let file = part["file"], let mediaType = file["mimeType"]?.string else { return nil }
            let source: Attachment.Content? =
                file["uri"]?.string.map { .url($0) } ?? file["bytes"]?.string.map { .base64($0) }
            guard let source else { return nil }
            let attachment = Attachment(source, mediaType: mediaType, filename: file["name"]?.string)
            guard mediaType.hasPrefix("image/") else { return .file(attachment) }
            return .image(attachment, detail: part["metadata"]?["detail"]?.string)
        }
    }

    /// What was said: the text, with what stands in it where it stands.
    private static func said(in content: JSONValue) -> String {
        let text = content["text"]?.string ?? ""
        guard let parts = content["parts"]?.array, parts.contains(where: { $0["kind"] == "data" }) else { return text }
        return parts.map { part in
            if let text = part["text"]?.string { return text }
            guard part["kind"] == "data", let data = part["data"] else { return "" }
            guard let id = data["artifactId"]?.string else { return data.jsonText }
            return ArtifactTag.reference(id: id, toolCall: data["toolCallId"]?.string ?? "")
        }.joined()
    }

    /// A message's text for the history: what was said, a mark for each attachment, and why an answer broke off.
    static func text(of message: MessageRow) -> String {
        var pieces: [String] = []
        let text = said(in: message.content)
        if !text.isEmpty { pieces.append(text) }
        for part in parts(message.content) {
            switch part {
            case .text: continue
            case .image(let attachment, _), .file(let attachment):
                let name = attachment.filename.map { ", \($0)" } ?? ""
                pieces.append("[attached file: \(attachment.mediaType)\(name)]")
            }
        }
        if let error = message.metadata?["error"] {
            let reason = error["message"]?.string ?? "It failed."
            pieces.append("[The answer broke off: \(reason)]")
        }
        return pieces.joined(separator: " ")
    }
}
