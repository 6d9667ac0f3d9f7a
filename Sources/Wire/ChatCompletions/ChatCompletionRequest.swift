public import Catalog
import Models

/// The body of `POST /run/v1/chat/completions` (run spec §3.1). Only the last message whose role is `user` is read: the
/// conversation's earlier turns are stored here. Sampling parameters and `tools` are accepted and have no effect,
/// because the agent's configuration decides.
public struct ChatCompletionRequest: Sendable, Hashable {
    /// What is asked.
    public var turn: RequestedTurn
    /// The model's name, which has no effect.
    public var model: String
    /// Whether to stream; nil when the client did not say.
    public var stream: Bool?
    /// Whether a stream is to end with a chunk of usage (`stream_options.include_usage`).
    public var includesUsage: Bool

    /// Reads a body.
    ///
    /// - Throws: 400 with every member that is not as declared.
    public init(json: JSONValue, headers: PropertyHeaders = PropertyHeaders()) throws(Problem) {
        let body = try BodyReader(json)
        var decoding = Decoding()
        body.require("model", &decoding)
        let model = body.text("model", &decoding)
        let stream = body.flag("stream", &decoding)
        let includesUsage = Self.includesUsage(body, &decoding)
        let parts = Self.parts(body, &decoding)
        let messageID = body.text("messageId", &decoding)
        for name in ["temperature", "top_p", "n", "max_tokens", "presence_penalty", "frequency_penalty"] {
            body.number(name, &decoding)
        }
        _ = body.text("user", &decoding)
        _ = body.object("logit_bias", &decoding)
        turn = try RequestedTurn(body: body, messageID: messageID, parts: parts, headers: headers, &decoding)
        self.model = model ?? ""
        self.stream = stream
        self.includesUsage = includesUsage
    }

    private static func includesUsage(_ body: BodyReader, _ decoding: inout Decoding) -> Bool {
        guard let options = body.object("stream_options", &decoding),
            let value = options.present("include_usage")
        else { return false }
        guard let flag = value.bool else {
            decoding.within("stream_options") {
                $0.fail("must be true or false, not \(value.typeName)", at: "include_usage")
            }
            return false
        }
        return flag
    }

    /// What the last message of the user says.
    static func parts(_ body: BodyReader, _ decoding: inout Decoding) -> [Part] {
        guard let last = LastUserMessage(in: body, &decoding) else { return [] }
        return last.content(&decoding) { content, decoding in
            switch last.message["content"] {
            case .string(let text)?: content.add(text: text)
            case .array(let items)?:
                decoding.within("content") { decoding in
                    for (index, item) in items.enumerated() {
                        decoding.within("\(index)") { add(item, to: &content, &$0) }
                    }
                }
            case nil, .null?: decoding.fail("is required", at: "content")
            case let other?: decoding.fail("must be a string or an array, not \(other.typeName)", at: "content")
            }
        }
    }

    private static func add(_ item: JSONValue, to content: inout ContentBuilder, _ decoding: inout Decoding) {
        switch item["type"]?.string {
        case "text":
            guard let text = item["text"]?.string else { return decoding.fail("must be a string", at: "text") }
            content.add(text: text)
        case "image_url": addImage(item["image_url"], to: &content, &decoding)
        case "file": addFile(item["file"], to: &content, &decoding)
        default: decoding.fail("must be one of text, image_url, file", at: "type")
        }
    }

    private static func addImage(_ value: JSONValue?, to content: inout ContentBuilder, _ decoding: inout Decoding) {
        decoding.within("image_url") { decoding in
            guard let url = value?["url"]?.string else { return decoding.fail("must be a string", at: "url") }
            let detail = value?.object?.present("detail")
            if let detail, !["auto", "low", "high"].contains(detail.string) {
                decoding.fail("must be one of auto, low, high", at: "detail")
            }
            let image = decoding.within("url") { FileAddress.image(url, detail: detail?.string, &$0) }
            if let image { content.add(file: image) }
        }
    }

    private static func addFile(_ value: JSONValue?, to content: inout ContentBuilder, _ decoding: inout Decoding) {
        decoding.within("file") { decoding in
            guard let data = value?["file_data"]?.string else {
                return decoding.fail("must be a string", at: "file_data")
            }
            let file = decoding.within("file_data") {
                FileAddress.file(data, mediaType: nil, filename: value?["filename"]?.string, &$0)
            }
            if let file { content.add(file: file) }
        }
    }
}
