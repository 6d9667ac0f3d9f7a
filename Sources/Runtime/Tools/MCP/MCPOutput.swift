import Catalog
import Cryptography
import Files
import MCP

/// What a model is given of the result of an MCP tool.
enum MCPOutput {
    /// The data where the server has it so, else a text, else the pieces one by one. A server that gives the same both
    /// ways is read once.
    static func json(_ result: MCPCallResult) -> JSONValue {
        let others = result.content.filter { piece in
            if case .text = piece { return false }
            return true
        }
        if let structured = result.structured {
            guard !others.isEmpty else { return structured }
            return ["data": structured, "content": .array(others.map(piece))]
        }
        guard others.isEmpty else { return ["content": .array(result.content.map(piece))] }
        return .string(result.text)
    }

    /// A piece as JSON. Of bytes it is only said that they are there: in a text they would help nobody, and models get
    /// those that they can look at as `files`.
    private static func piece(_ content: MCPContent) -> JSONValue {
        switch content {
        case .text(let text): ["type": "text", "text": .string(text)]
        case .image(let data, let mediaType): bytes("image", data, mediaType)
        case .audio(let data, let mediaType): bytes("audio", data, mediaType)
        case .resource(let uri, let mediaType, .text(let text)):
            ["type": "resource", "uri": .string(uri), "mimeType": optional(mediaType), "text": .string(text)]
        case .resource(let uri, let mediaType, .base64(let data)):
            .object((bytes("resource", data, mediaType).object ?? [:]).merging(["uri": .string(uri)]))
        case .link(let link): .object(link)
        case .other(let object): .object(object)
        }
    }

    private static func bytes(_ type: String, _ data: String, _ mediaType: String?) -> JSONValue {
        [
            "type": .string(type), "mimeType": optional(mediaType), "bytes": .integer(Int64(data.utf8.count / 4 * 3)),
        ]
    }

    /// The pictures and PDFs among the pieces. What is of another type, too large, or not what it is said to be is left
    /// out: `json` says that it is there.
    static func files(_ result: MCPCallResult) -> [FileContent] {
        result.content.compactMap { piece in
            switch piece {
            case .image(let data, let mediaType), .resource(_, .some(let mediaType), .base64(let data)):
                guard let type = FileType(mediaType), type.kind == .image || type.kind == .pdf,
                    let bytes = Base64.standard.bytes(data)
                else { return nil }
                return try? FileContent(bytes, as: type)
            default: return nil
            }
        }
    }

    private static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}
