import Access
import Catalog
import HTTPTypes
import NIOCore
import Store

/// One request as endpoints see it: authenticated, routed, its body read.
struct Call: Sendable {
    /// The request's id.
    let id: String
    /// What is called.
    let operation: Operation
    /// The parameters of the path, percent-decoded.
    let path: [String: String]
    /// The parameters of the query, percent-decoded; of doubled names the last holds.
    let query: [String: String]
    /// The header fields.
    let headers: HTTPFields
    /// The host and port that the client addressed; nil when it did not say.
    let authority: String?
    /// Who calls.
    let caller: Caller
    /// The client's address; empty when there is none.
    let address: String
    /// What the caller may do where the call goes, once the gate has admitted it.
    var rights = Rights.nobody
    /// The body, once it is read; an empty object when the operation takes none.
    var body: JSONValue
    /// The state of the configuration that it names.
    let ref: Ref
    /// The key by which an endpoint does it once; nil where it has none, or what is called is no such endpoint.
    var keyed: KeyedCall?

    /// The caller as operations see it.
    var requester: Requester {
        Requester(name: caller.actor, rights: rights, account: caller.account)
    }

    /// The tenant that the call goes to: of the path, or where the operation has its name, or of the caller, or of the
    /// header, or the one in which a person works, or the default one.
    var tenant: String {
        path["tenantId"] ?? operation.tenantName.flatMap { body[$0]?.string ?? query[$0] } ?? caller.tenant
            ?? headers[.tenantID].flatMap { $0.isEmpty ? nil : $0 } ?? caller.person?.session.organization
            ?? Identity.tenantDefault
    }
}

/// An operation that is not one transaction on configuration: streams, runs, health.
struct Endpoint: Sendable {
    /// What it is, for routes, permissions and the OpenAPI document.
    let operation: Operation
    /// How it tells a refusal, where that is not a problem document; nil for the document.
    var refuse: (@Sendable (Problem) -> Reply?)?
    /// Whether it puts on record itself what it does, with it or not at all; else the dispatcher does.
    let recordsItself: Bool
    /// What it does.
    let answer: @Sendable (Call) async throws -> Reply

    init(
        operation: Operation, refuse: (@Sendable (Problem) -> Reply?)? = nil, recordsItself: Bool = false,
        answer: @escaping @Sendable (Call) async throws -> Reply
    ) {
        self.operation = operation
        self.refuse = refuse
        self.recordsItself = recordsItself
        self.answer = answer
    }
}

/// What is answered to a request.
struct Reply: Sendable {
    /// What follows the header fields.
    enum Body: Sendable {
        /// Nothing.
        case none
        /// A document, whole.
        case bytes(ByteBuffer, mediaType: String)
        /// The events of a run, as they come.
        case events(RunStream)
    }

    /// The HTTP status.
    var status: Int
    /// Header fields beside those that every reply has.
    var headers: [(name: HTTPField.Name, value: String)] = []
    /// What follows them.
    var body: Body

    /// Whether it was given before, to the same request with the same key.
    var isReplayed: Bool { headers.contains { $0.name == .idempotentReplayed } }

    /// A reply without a body.
    static func empty(_ status: Int) -> Reply { Reply(status: status, body: .none) }

    /// A JSON document.
    static func json(_ value: JSONValue, status: Int = 200) -> Reply { .json(value.jsonBytes, status: status) }

    /// A JSON document that is written already.
    static func json(_ bytes: [UInt8], status: Int = 200) -> Reply {
        Reply(status: status, body: .bytes(ByteBuffer(bytes: bytes), mediaType: "application/json"))
    }

    /// A refusal, with the request's path and id in it.
    static func problem(_ problem: Problem, instance: String?, requestID: String?) -> Reply {
        let body = problem.body(instance: instance, requestID: requestID).jsonBytes
        var reply = Reply(
            status: problem.status, body: .bytes(ByteBuffer(bytes: body), mediaType: "application/problem+json"))
        if let retryAfter = problem.retryAfter {
            reply.headers.append((.retryAfter, String(max(1, retryAfter.components.seconds))))
        }
        if problem.code == .unauthorized { reply.headers.append((.wwwAuthenticate, "Bearer")) }
        return reply
    }
}

extension Reply {
    /// What an operation answers.
    init(_ output: OperationOutput, _ tag: EntityTag? = nil) {
        self = output.body.map { .json($0, status: output.status) } ?? .empty(output.status)
        if let tag { headers.append((.eTag, tag.text)) }
    }
}
