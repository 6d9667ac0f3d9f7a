public import Catalog
import Events
public import Models
import Store

/// A user's turn: everything that `Runs.start` needs to know of a request.
public struct Turn: Sendable {
    /// Which endpoint it came by; decides only how a missing default sub-agent is told (run spec §3.3, §4.1).
    public enum Surface: String, Sendable {
        /// `POST /run/v1/chat/completions`.
        case chatCompletions = "completions"
        /// `POST /run/api/chat`.
        case uiMessages = "ui"
    }

    /// The branch whose configuration runs.
    public var branch: BranchKey
    /// The agent's id.
    public var agent: String
    /// The conversation that goes on, or the id that a new one gets; nil or empty for a new one with a fresh id.
    public var conversation: String?
    /// The end user who calls, as people see them; nil for none in particular.
    public var owner: String?
    /// The whole name of who calls: two keys, the users of two apps and the persons of a tenant never share one. A
    /// conversation goes on only for the one who started it. Nil for nobody in particular.
    public var subject: String?
    /// What is kept of the caller with a conversation that begins: `initiatedBy`, verified claims (run spec §1.9). Nil
    /// for nothing.
    public var metadata: JSONObject?
    /// The id that the user message gets; nil for a fresh one.
    public var messageID: String?
    /// What the user said, at least one piece.
    public var parts: [Part]
    /// What the app through which the user came tells agents (run spec §9); nil for nothing.
    public var appPrompt: String?
    /// The endpoint.
    public var surface: Surface
    /// Whether the answer is read while it is written; else its text is logged once per model call.
    public var isStreamed: Bool
    /// Whether the client asked for all operations (`x-emit-operations`).
    public var emitsOperations: Bool
    /// Whether its stream ends when the run waits for a person; nil for what the agent says.
    public var isDurable: Bool?
    /// The user's time zone and time (`x-inkeep-client-timezone`, `x-inkeep-client-timestamp`); nil when not known.
    public var clientTime: ClientTime?
    /// The headers of the request by their names in lower case; nil where there was none. An agent keeps what its
    /// configuration names and nothing else.
    public var headers: [String: String]?
    /// Headers that servers of tools get with every call of the run, by their names in lower case; empty for none. They
    /// are kept sealed, as they may be credentials.
    public var forwardedHeaders: [String: String] = [:]
    /// What the request told of its user; kept with the conversation and the message. Nil for nothing.
    public var userProperties: JSONValue?
    /// What the request told of the conversation; kept with it. Nil for nothing.
    public var properties: JSONValue?
    /// What the request's id begins with: `chatcmpl` or `chat`. The rest is random.
    public var requestIDPrefix: String
    /// The client's own id of its request, by which it may take it back; nil where clients have none.
    public var clientRequest: String?
    /// The id of the HTTP request that it came with; nil for none.
    public var httpRequest: String?
    /// Which run it works for, and how; nil for a person's turn.
    var delegated: RunDelegated?
    /// The caller's header `traceparent`; what is no such header counts as none. Nil for none.
    public var traceparent: String?

    /// A turn from its parts.
    public init(
        branch: BranchKey, agent: String, conversation: String? = nil, owner: String? = nil,
        subject: String? = nil, metadata: JSONObject? = nil, messageID: String? = nil, parts: [Part],
        appPrompt: String? = nil, surface: Surface = .chatCompletions, isStreamed: Bool,
        emitsOperations: Bool = false, isDurable: Bool? = nil,
        clientTime: ClientTime? = nil, userProperties: JSONValue? = nil,
        properties: JSONValue? = nil, requestIDPrefix: String = "chatcmpl",
        clientRequest: String? = nil, httpRequest: String? = nil, traceparent: String? = nil
    ) {
        self.branch = branch
        self.agent = agent
        self.conversation = conversation
        self.owner = owner
        self.subject = subject
        self.metadata = metadata
        self.messageID = messageID
        self.parts = parts
        self.appPrompt = appPrompt
        self.surface = surface
        self.isStreamed = isStreamed
        self.emitsOperations = emitsOperations
        self.isDurable = isDurable
        self.clientTime = clientTime
        self.userProperties = userProperties
        self.properties = properties
        self.requestIDPrefix = requestIDPrefix
        self.clientRequest = clientRequest
        self.httpRequest = httpRequest
        self.traceparent = traceparent
    }

    /// Where its run comes from.
    var origin: RunOrigin {
        RunOrigin(
            request: httpRequest, traceparent: traceparent.flatMap { TraceParent($0)?.header }, user: owner)
    }

    /// The texts of the message, joined by a space (run spec §9).
    var text: String { Self.text(of: parts) }

    /// The texts of the pieces of a message, joined by a space.
    static func text(of parts: [Part]) -> String { parts.compactMap(\.text).joined(separator: " ") }

    /// Characters of a title that is made of a message (run spec §25.1).
    static let titleMax = 100

    /// What a conversation that begins with this message is called; nil when there is no text in it.
    var title: String? {
        let text = text.trimmingPrefix(while: \.isWhitespace)
        if text.isEmpty { return nil }
        guard let end = text.index(text.startIndex, offsetBy: Self.titleMax, limitedBy: text.endIndex),
            end < text.endIndex
        else { return String(text) }
        return text[..<end] + "..."
    }

    /// Whether `id` may be a message's id (run spec §0.5).
    static func isMessageID(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension Turn {
    /// The key of its conversation `id`.
    func conversationKey(_ id: String) -> ConversationKey {
        ConversationKey(tenant: branch.tenant, project: branch.project, id: id)
    }
}
