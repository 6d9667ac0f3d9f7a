import Catalog
import Events
import Files
import Models
import Store

/// A piece of a stored message.
enum StoredPiece: Sendable, Hashable {
    case text(String)
    /// The text of a file that the user attached, as models read it.
    case fileText(String)
    case file(StoredFile)
}

/// The `content` of a stored message: `{text, parts:[…]}` (run spec §6.3, §20), and how it is read again.
enum StoredContent {
    /// - Parameter files: the parts of what comes with the text.
    static func json(_ text: String, files: [JSONValue] = []) -> JSONValue {
        ["text": .string(text), "parts": .array([Self.text(text)] + files)]
    }

    /// The message with all that is in it, so that it can be read again without a store of files.
    static func json(_ parts: [Part]) -> JSONValue {
        let stored = parts.map { part in StoredFile(part)?.json ?? text(part.text ?? "") }
        return ["text": .string(Turn.text(of: parts)), "parts": .array(stored)]
    }

    static func text(_ text: String) -> JSONValue { ["kind": "text", "text": .string(text)] }

    /// The text of a file, which people see as the file that it belongs to.
    static func fileText(_ text: String) -> JSONValue {
        ["kind": "text", "text": .string(text), "metadata": ["isFile": true]]
    }

    /// The parts of a message that was stored with all that is in it. A file that is elsewhere is passed over.
    static func parts(_ content: JSONValue) -> [Part] {
        pieces(content).compactMap { piece in
            switch piece {
            case .text(let text), .fileText(let text): .text(text)
            case .file(let file): file.part
            }
        }
    }

    /// The parts that were stored. What is neither text nor a file is passed over.
    static func pieces(_ content: JSONValue) -> [StoredPiece] {
        (content["parts"]?.array ?? []).compactMap { part in
            if let text = part["text"]?.string {
                return part["metadata"]?["isFile"] == true ? .fileText(text) : .text(text)
            }
            return StoredFile(part).map(StoredPiece.file)
        }
    }

    /// What was said: the text, with what stands in it where it stands.
    private static func said(in content: JSONValue) -> String {
        let text = content["text"]?.string ?? ""
        guard let parts = content["parts"]?.array, parts.contains(where: { $0["kind"] == "data" }) else { return text }
        return parts.map { part in
            if let text = part["text"]?.string { return part["metadata"]?["isFile"] == true ? "" : text }
            guard part["kind"] == "data", let data = part["data"] else { return "" }
            guard let id = data["artifactId"]?.string else { return data.jsonText }
            return ArtifactTag.reference(id: id, toolCall: data["toolCallId"]?.string ?? "")
        }.joined()
    }

    /// A message's text for the history: what was said, a mark for each file and the text of those that are text, and
    /// why an answer broke off.
    static func text(of message: MessageRow) -> String {
        var pieces: [String] = []
        let text = said(in: message.content)
        if !text.isEmpty { pieces.append(text) }
        for piece in Self.pieces(message.content) {
            switch piece {
            case .text: continue
            case .fileText(let text): pieces.append(text)
            case .file(let file): if file.kind != .text { pieces.append("[\(file.label)]") }
            }
        }
        if let error = message.metadata?["error"] {
            let reason = error["message"]?.string ?? "It failed."
            pieces.append("[The answer broke off: \(reason)]")
        }
        return pieces.joined(separator: " ")
    }
}
