import Catalog
import Cryptography
import Files
import Models

/// A file as a stored message names it: `{kind: "file", data: "blob://…", metadata: {mimeType, filename, …}}`
/// (run spec §20). Messages of older servers have `{kind: "file", file: {mimeType, uri | bytes, name}}`.
struct StoredFile: Sendable, Hashable {
    /// Where the bytes are.
    enum Source: Sendable, Hashable {
        case blob(BlobKey)
        /// Somewhere else, where the provider fetches them.
        case address(String)
        /// In the message itself, in base64.
        case bytes(String)
        /// Nowhere: they could not be kept.
        case missing
    }

    let source: Source
    let mediaType: String
    /// What the user called it; nil when it has no name.
    let filename: String?
    /// OpenAI's `low`, `high` or `auto`; nil for none.
    let detail: String?
    /// Where it was fetched; nil when it came along.
    let sourceURL: String?

    init(_ source: Source, type: FileType, filename: String?, detail: String?, sourceURL: String?) {
        self.source = source
        mediaType = type.mediaType
        self.filename = filename
        self.detail = detail
        self.sourceURL = sourceURL
    }

    /// Reads a part of a stored message; nil when it is no file.
    init?(_ part: JSONValue) {
        if let file = part["file"] {
            guard let mediaType = file["mimeType"]?.string else { return nil }
            guard let source = file["uri"]?.string.map(Source.address) ?? file["bytes"]?.string.map(Source.bytes) else {
                return nil
            }
            self.source = source
            self.mediaType = mediaType
            filename = file["name"]?.string
        } else {
            guard part["kind"] == "file", let mediaType = part["metadata"]?["mimeType"]?.string else { return nil }
            source = part["data"]?.string.flatMap { BlobKey(address: $0) }.map(Source.blob) ?? .missing
            self.mediaType = mediaType
            filename = part["metadata"]?["filename"]?.string
        }
        detail = part["metadata"]?["detail"]?.string
        sourceURL = part["metadata"]?["sourceUrl"]?.string
    }

    /// A file with what it is in; nil for text.
    init?(_ part: Part) {
        let attachment: Attachment
        switch part {
        case .text: return nil
        case .image(let image, let detail): (attachment, self.detail) = (image, detail)
        case .file(let file): (attachment, detail) = (file, nil)
        }
        switch attachment.content {
        case .url(let address): source = .address(address)
        case .base64(let text): source = .bytes(text)
        }
        mediaType = attachment.mediaType
        filename = attachment.filename
        sourceURL = nil
    }

    var json: JSONValue {
        var part: JSONObject = ["kind": "file"]
        var file: JSONObject = ["mimeType": .string(mediaType)]
        var metadata: JSONObject = [:]
        switch source {
        case .blob(let key): part["data"] = .string(key.address)
        case .address(let address): file["uri"] = .string(address)
        case .bytes(let text): file["bytes"] = .string(text)
        case .missing: metadata["error"] = "not kept"
        }
        if file.count > 1 {
            file["name"] = filename.map(JSONValue.string)
            part["file"] = .object(file)
        } else {
            metadata["mimeType"] = .string(mediaType)
            metadata["filename"] = filename.map(JSONValue.string)
        }
        metadata["detail"] = detail.map(JSONValue.string)
        metadata["sourceUrl"] = sourceURL.map(JSONValue.string)
        if !metadata.isEmpty { part["metadata"] = .object(metadata) }
        return .object(part)
    }

    /// What sort of file it is; nil for one that an older server took.
    var kind: FileKind? { FileType(mediaType)?.kind }

    /// How it is named in what models read.
    var label: String { "attached file: \(mediaType)" + (filename.map { ", \($0)" } ?? "") }

    /// As models get it; nil where its bytes are not in the message.
    var part: Part? {
        switch source {
        case .blob, .missing: nil
        case .address(let address): part(.url(address))
        case .bytes(let base64): part(.base64(base64))
        }
    }

    /// As a part that says where its bytes are; nil where they are nowhere.
    var named: Part? {
        guard case .blob(let key) = source else { return part }
        return part(Attachment.Content.url(key.address))
    }

    /// As models get it, with its bytes in base64.
    func part(_ base64: String) -> Part { part(Attachment.Content.base64(base64)) }

    /// As models get it.
    func part(_ content: Attachment.Content) -> Part {
        let attachment = Attachment(content, mediaType: mediaType, filename: filename)
        return mediaType.hasPrefix("image/") ? .image(attachment, detail: detail) : .file(attachment)
    }

    /// The text of a text file as models read it; nil for a file of another sort.
    func textBlock(_ content: FileContent) -> String? {
        guard content.type.kind == .text else { return nil }
        let name = filename.map { " filename=\"\(Self.escaped($0))\"" } ?? ""
        let text = String(decoding: content.bytes, as: UTF8.self)
            .replacing("</attached_file", with: "<\\/attached_file")
        return "<attached_file\(name) media_type=\"\(mediaType)\">\n\(text)\n</attached_file>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("\"", with: "&quot;").replacing("<", with: "&lt;")
    }
}
