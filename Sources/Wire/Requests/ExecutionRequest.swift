public import Catalog

/// The body of `POST /run/api/executions` (run spec §27): a turn in OpenAI's form, without what only chats have.
/// `forwardedHeaders` is checked; no tool takes headers yet.
public struct ExecutionRequest: Sendable, Hashable {
    /// What is asked.
    public var turn: RequestedTurn

    /// Reads a body.
    ///
    /// - Throws: 400 with every member that is not as declared.
    public init(json: JSONValue) throws(Problem) {
        let body = try BodyReader(json)
        var decoding = Decoding()
        let parts = ChatCompletionRequest.parts(body, &decoding)
        for (name, value) in body.object("forwardedHeaders", &decoding) ?? [:] where value.string == nil {
            decoding.within("forwardedHeaders") { $0.fail("must be a string, not \(value.typeName)", at: name) }
        }
        turn = try RequestedTurn(body: body, messageID: nil, parts: parts, headers: PropertyHeaders(), &decoding)
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
