public import Catalog

/// The body of `POST /run/api/executions` (run spec §27): a turn in OpenAI's form, without what only chats have.
public struct ExecutionRequest: Sendable, Hashable {
    /// What is asked.
    public var turn: RequestedTurn
    /// Headers that servers of tools get with every call of the execution, by their names in lower case.
    public let forwardedHeaders: [String: String]

    /// Reads a body.
    ///
    /// - Throws: 400 with every member that is not as declared.
    public init(json: JSONValue) throws(Problem) {
        let body = try BodyReader(json)
        var decoding = Decoding()
        let parts = ChatCompletionRequest.parts(body, &decoding)
        forwardedHeaders = Self.forwarded(body, &decoding)
        turn = try RequestedTurn(body: body, messageID: nil, parts: parts, headers: PropertyHeaders(), &decoding)
    }

    /// The longest value, bytes of UTF-8.
    private static let headerBytesMax = 8192
    private static let headersMax = 50

    private static func forwarded(_ body: BodyReader, _ decoding: inout Decoding) -> [String: String] {
        let given = body.object("forwardedHeaders", &decoding) ?? [:]
        guard given.count <= headersMax else {
            decoding.fail("must have at most \(headersMax) members", at: "forwardedHeaders")
            return [:]
        }
        var headers: [String: String] = [:]
        decoding.within("forwardedHeaders") { decoding in
            for (name, value) in given {
                guard let text = value.string else {
                    decoding.fail("must be a string, not \(value.typeName)", at: name)
                    continue
                }
                if let problem = headerNameProblem(name) { decoding.fail(problem, at: name) }
                if text.utf8.count > headerBytesMax || text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 }) {
                    decoding.fail("must be one line of at most \(headerBytesMax) bytes", at: name)
                }
                headers[name.lowercased()] = text
            }
        }
        return headers
    }
}

/// A person's answer to a tool call that waits for it (run spec §27).
public struct ApprovalAnswer: Sendable, Hashable {
    /// Whether the call may be made.
    public let approved: Bool
    /// Why, or why not; nil when that was not said.
    public let reason: String?
    /// With an approval: the arguments to use instead of the model's; nil for those.
    public let input: JSONValue?

    /// Reads a body.
    ///
    /// - Throws: 400 with every member that is not as declared.
    public init(json: JSONValue) throws(Problem) {
        let body = try BodyReader(json)
        var decoding = Decoding()
        body.require("approved", &decoding)
        let approved = body.flag("approved", &decoding)
        reason = body.text("reason", &decoding)
        input = body.object("input", &decoding).map(JSONValue.object)
        if input != nil, approved == false { decoding.fail("goes with an approval only", at: "input") }
        try decoding.finish()
        self.approved = approved ?? false
    }
}
