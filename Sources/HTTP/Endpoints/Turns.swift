import Access
import Catalog
import Events
import HTTPTypes
import NIOCore
import Runtime
import Store
import Wire

/// What the endpoints that run agents have in common.
struct Turns: Sendable {
    let runs: Runs
    let store: Store

    /// Starts a turn of the caller's agent.
    func start(_ turn: Turn) async throws -> RunHandle {
        do {
            return try await runs.start(turn)
        } catch let problem as Problem where problem.code == .notFound {
            // Looked at only now, so that a turn that goes well costs nothing for it.
            guard try await store.head(of: turn.branch) == nil else { throw problem }
            let main = BranchKey(tenant: turn.branch.tenant, project: turn.branch.project)
            guard turn.branch != main, try await store.head(of: main) != nil else { throw Problem.notFound("Project") }
            throw Problem(.notFound, "Unknown ref: \(turn.branch.branch)")
        }
    }

    /// The request as a turn of the caller's agent.
    func turn(
        _ asked: RequestedTurn, _ call: Call, surface: Turn.Surface, format: ReplyFormat, idPrefix: String
    ) -> Turn {
        var turn = Turn(
            branch: Self.branch(call), agent: call.caller.agent ?? "", conversation: asked.conversationID,
            owner: call.caller.owner, subject: call.caller.subject, metadata: call.caller.metadata,
            messageID: asked.messageID, parts: asked.parts, appPrompt: call.caller.appPrompt,
            surface: surface,
            isStreamed: format == .stream, emitsOperations: call.headers[.emitOperations] == "true",
            isDurable: asked.isDurable,
            clientTime: Runtime.ClientTime(
                timeZone: call.headers[.clientTimezone], timestamp: call.headers[.clientTimestamp]),
            userProperties: asked.userProperties.map(JSONValue.object),
            properties: asked.properties.map(JSONValue.object), requestIDPrefix: idPrefix, httpRequest: call.id,
            traceparent: call.headers[.traceparent])
        turn.headers = Self.headers(call)
        // What a browser sends by itself is for this server; what a page's server forwards is for tools as well, but
        // for the session here (run spec §3.2).
        if let cookie = call.headers[.forwardedCookie].flatMap(SessionCookie.removed) {
            turn.forwardedHeaders = [HTTPField.Name.forwardedCookie.canonicalName: cookie]
        }
        return turn
    }

    /// The headers of the request by their names in lower case; those of one name as RFC 9110 §5.3 has them.
    static func headers(_ call: Call) -> [String: String] {
        var headers: [String: String] = [:]
        for field in call.headers {
            headers[field.name.canonicalName, default: ""] +=
                (headers[field.name.canonicalName] == nil ? "" : ", ") + field.value
        }
        return headers
    }

    /// Where the caller's agents are configured.
    static func branch(_ call: Call) -> BranchKey {
        call.ref.branch(tenant: call.caller.tenant ?? "", project: call.caller.project ?? "")
    }

    /// The two headers that stand in for members of the body.
    static func properties(_ call: Call) -> PropertyHeaders {
        PropertyHeaders(userProperties: call.headers[.userProperties], properties: call.headers[.properties])
    }

    /// The reply when the run is over.
    func whole(_ handle: RunHandle) async throws -> Reply {
        var fold = ChatCompletionFold()
        var sequence: Int64 = 0
        while !fold.isFinished {
            let events = try await handle.next(after: sequence)
            guard let last = events.last else { break }
            sequence = last.sequence
            fold.add(events)
        }
        do throws(Problem) {
            let body = try fold.reply()
            return Reply(
                status: 200, headers: Self.headers(handle),
                body: .bytes(ByteBuffer(bytes: body), mediaType: "application/json"))
        } catch {
            // The conversation has the turn, so a client must learn its id also from a failure.
            throw error.adding("conversationId", .string(handle.conversation))
        }
    }

    /// The reply while the run goes on.
    func streamed(
        _ handle: RunHandle, _ encoder: RunStream.Encoder, _ headers: [(name: HTTPField.Name, value: String)] = []
    ) -> Reply {
        Reply(
            status: 200, headers: Self.headers(handle) + Self.streamHeaders + headers,
            body: .events(RunStream(encoder: encoder) { try await handle.next(after: $0) }))
    }

    private static func headers(_ handle: RunHandle) -> [(name: HTTPField.Name, value: String)] {
        [(.conversationID, PercentCoding.headerValue(handle.conversation))]
    }

    private static let streamHeaders: [(name: HTTPField.Name, value: String)] = [
        (.cacheControl, "no-cache"), (.connection, "keep-alive"), (.accelBuffering, "no"),
    ]

    /// What the document says of the headers of every stream.
    static let streamHeaderHelp: [(name: String, help: String)] = [
        ("Cache-Control", "Of a stream: `no-cache`."), ("Connection", "Of a stream: `keep-alive`."),
    ]

    /// The headers of a UI message stream; the second is what older clients look for (run spec §4.2).
    static let messageStreamHeaders: [(name: HTTPField.Name, value: String)] = [
        (.uiMessageStream, "v1"), (.dataStream, "v2"),
    ]
}

extension Problem {
    /// The same refusal with one more member in its body.
    fileprivate func adding(_ name: String, _ value: JSONValue) -> Problem {
        var extras = extras
        extras[name] = value
        return Problem(code, detail, broken: broken, extras: extras, retryAfter: retryAfter)
    }
}
