import Catalog
import HTTPTypes
import Models
import Runtime
import Store
import Wire

/// One request to the agent as a server of the Model Context Protocol, and what is answered to it.
///
/// A session is a conversation: its id is the session's, all calls in it are turns of one conversation, and it belongs
/// to who shook hands. Without sessions each call names the conversation that it goes on with.
struct MCPExchange {
    let turns: Turns
    let call: Call
    /// The version of this server.
    let version: String

    /// Messages that one request may have, in the revision that allows several.
    private static let batchMax = 16

    /// A conversation that a handshake has made.
    private struct Session {
        let key: ConversationKey
        let revision: String
    }

    /// What comes of one message.
    private enum Outcome {
        /// Nothing is answered.
        case none
        /// This is.
        case reply(JSONValue, status: Int = 200, headers: [(name: HTTPField.Name, value: String)] = [])
        /// A run answers it.
        case run(RunHandle, MCPCallStream, isStateless: Bool)
    }

    private var headers: MCPHeaders {
        MCPHeaders(
            version: call.headers[values: .mcpVersion], method: call.headers[values: .mcpMethod],
            name: call.headers[values: .mcpName], session: call.headers[values: .mcpSession])
    }

    /// Answers the body.
    func answer() async throws -> Reply {
        do {
            try checkOrigin()
            if let batch = call.body.array { return try await answer(batch) }
            switch try await outcome(of: call.body, in: nil) {
            case .none: return .empty(202)
            case .reply(let reply, let status, let headers):
                var answer = Reply.json(reply, status: status)
                answer.headers = headers
                return answer
            case .run(let handle, let stream, let isStateless):
                guard ReplyFormat(stream: nil, accept: call.headers[.accept]) == .stream else {
                    return .json(try await whole(handle, stream))
                }
                return streamed(handle, stream, isStateless)
            }
        } catch let error as JSONRPCError {
            return .json(error.reply(to: JSONRPCMessage.id(of: call.body)), status: error.status)
        }
    }

    /// A page from elsewhere must not use a developer's server, which asks for no credential.
    private func checkOrigin() throws(JSONRPCError) {
        guard call.caller.means == "development", !Credentials.isFromThisMachine(origin: call.headers[.origin]) else {
            return
        }
        throw JSONRPCError(JSONRPCError.invalidRequest, "Forbidden: pages from elsewhere may not call", status: 403)
    }

    /// Answers several messages, one after the other.
    private func answer(_ batch: [JSONValue]) async throws -> Reply {
        let session = try await session()
        guard session.revision == MCPRevision.batching, (1...Self.batchMax).contains(batch.count) else {
            throw JSONRPCError(
                JSONRPCError.invalidRequest,
                "Invalid Request: only revision \(MCPRevision.batching) has batches, of 1 to \(Self.batchMax) messages",
                status: 400)
        }
        var replies: [JSONValue] = []
        for body in batch {
            do {
                switch try await outcome(of: body, in: session) {
                case .none: continue
                case .reply(let reply, _, _): replies.append(reply)
                case .run(let handle, let stream, _): replies.append(try await whole(handle, stream))
                }
            } catch let error as JSONRPCError {
                replies.append(error.reply(to: JSONRPCMessage.id(of: body)))
            }
        }
        return replies.isEmpty ? .empty(202) : .json(.array(replies))
    }

    // MARK: Messages

    /// - Parameter known: The session, where it was looked up already.
    private func outcome(of body: JSONValue, in known: Session?) async throws -> Outcome {
        let message = try JSONRPCMessage(body)
        if known == nil, message.isStateless(headers) { return try await stateless(message) }
        if message.method == "initialize", case .request(let id) = message.kind {
            guard known == nil else {
                throw JSONRPCError(JSONRPCError.invalidRequest, "Invalid Request: initialize stands alone")
            }
            return try await initialize(message, id)
        }
        let session: Session
        if let known { session = known } else { session = try await self.session() }
        switch message.kind {
        case .response: return .none
        case .notification:
            if message.method == "notifications/cancelled" { try await cancel(message, in: session) }
            return .none
        case .request(let id):
            switch message.method {
            case "ping": return .reply(JSONRPCMessage.reply([:], to: id))
            case "tools/list":
                return .reply(JSONRPCMessage.reply(try await documents().tools(isStateless: false), to: id))
            case "tools/call": return try await callTool(message, id, session)
            default: throw Self.unknown(message.method)
            }
        }
    }

    private func stateless(_ message: JSONRPCMessage) async throws -> Outcome {
        try message.checkStateless(headers)
        switch message.kind {
        case .notification: return .none
        case .response:
            throw JSONRPCError(JSONRPCError.invalidRequest, "Invalid Request: nothing was asked", status: 400)
        case .request(let id):
            switch message.method {
            case "server/discover": return .reply(JSONRPCMessage.reply(try await documents().discovered(), to: id))
            case "tools/list":
                return .reply(JSONRPCMessage.reply(try await documents().tools(isStateless: true), to: id))
            case "tools/call": return try await callTool(message, id, nil)
            default: throw Self.unknown(message.method, status: 404)
            }
        }
    }

    private static func unknown(_ method: String, status: Int = 200) -> JSONRPCError {
        JSONRPCError(JSONRPCError.methodNotFound, "Method not found: \(method)", status: status)
    }

    private func agent() async throws -> AgentSummary {
        let branch = Turns.branch(call)
        guard let agent = try await turns.runs.summary(of: call.caller.agent ?? "", in: branch) else {
            throw JSONRPCError(-32001, "Agent not found", status: 404)
        }
        return agent
    }

    private func documents() async throws -> MCPDocuments { documents(of: try await agent()) }

    private func documents(of agent: AgentSummary) -> MCPDocuments {
        MCPDocuments(agentName: agent.name, agentDescription: agent.description, version: version)
    }

    // MARK: Sessions

    private func initialize(_ message: JSONRPCMessage, _ id: JSONValue) async throws -> Outcome {
        let agent = try await agent()
        guard agent.entry != nil else {
            throw JSONRPCError(-32001, "Agent does not have a default agent configured", status: 400)
        }
        let revision = MCPRevision.agreed(on: message.params["protocolVersion"]?.string)
        var metadata = call.caller.metadata ?? [:]
        metadata["sessionData"] = [
            "agentId": .string(agent.id), "sessionType": "mcp", "mcpProtocolVersion": .string(revision),
        ]
        let session = try await turns.runs.openConversation(
            in: Turns.branch(call), agent: agent.id, owner: call.caller.owner, subject: call.caller.subject,
            metadata: .object(metadata))
        return .reply(
            JSONRPCMessage.reply(documents(of: agent).initialized(revision), to: id),
            headers: [(.mcpSession, session)])
    }

    /// The session that the request names.
    private func session() async throws -> Session {
        let (headers, branch) = (self.headers, Turns.branch(call))
        guard let id = headers.session.first, !id.isEmpty else {
            throw JSONRPCError(
                JSONRPCError.invalidParams, "Bad Request: Mcp-Session-Id header is required", status: 400)
        }
        guard headers.session.count == 1 else {
            throw JSONRPCError(-32000, "Bad Request: Mcp-Session-Id header must be a single value", status: 400)
        }
        if let version = headers.version.first, !MCPRevision.handshake.contains(version) {
            throw MCPRevision.unsupported(version)
        }
        let key = ConversationKey(tenant: branch.tenant, project: branch.project, id: id)
        let row = try await turns.store.conversation(key)
        guard let row, row.parentRun == nil, row.subject == call.caller.subject, row.agent == call.caller.agent,
            row.ref == branch.branch,
            let data = row.metadata?["sessionData"], data["sessionType"] == "mcp"
        else { throw JSONRPCError(-32001, "Session not found", status: 404) }
        return Session(key: key, revision: data["mcpProtocolVersion"]?.string ?? MCPRevision.handshake[0])
    }

    /// Stops the call that the client takes back, if it is still under way.
    private func cancel(_ message: JSONRPCMessage, in session: Session) async throws {
        guard let id = message.params["requestId"] else { return }
        _ = try await turns.runs.cancel(
            session.key, subject: call.caller.subject, agent: call.caller.agent, clientRequest: id.jsonText)
    }

    // MARK: Calls

    private func callTool(_ message: JSONRPCMessage, _ id: JSONValue, _ session: Session?) async throws -> Outcome {
        let asked: MCPToolCall
        do {
            asked = try MCPToolCall(message.params, isStateless: session == nil)
        } catch {
            throw JSONRPCError(error.code, error.message, status: session == nil ? 400 : 200)
        }
        let conversation = session?.key.id ?? asked.conversationID
        var turn = Turn(
            branch: Turns.branch(call), agent: call.caller.agent ?? "", conversation: conversation,
            owner: call.caller.owner, subject: call.caller.subject, metadata: call.caller.metadata,
            parts: [.text(asked.query)], appPrompt: call.caller.appPrompt, surface: .uiMessages, isStreamed: false,
            requestIDPrefix: "mcp",
            clientRequest: id.jsonText, httpRequest: call.id, traceparent: call.headers[.traceparent])
        turn.headers = Turns.headers(call)
        do {
            let handle = try await turns.start(turn)
            let stream = MCPCallStream(
                id: id, isStateless: session == nil, progressToken: message.progressToken,
                conversation: handle.conversation)
            return .run(handle, stream, isStateless: session == nil)
        } catch let problem as Problem where problem.broken.first?.path.first == "headers" {
            throw JSONRPCError(JSONRPCError.invalidParams, problem.detail, status: 400)
        } catch let problem as Problem where problem.status < 500 {
            let refusal = MCPCallStream.refusal(
                problem.detail, id: id, isStateless: session == nil, conversation: conversation)
            return .reply(refusal)
        }
    }

    /// The answer when the run is over.
    private func whole(_ handle: RunHandle, _ stream: MCPCallStream) async throws -> JSONValue {
        var stream = stream
        var writer = JSONWriter(capacity: 0)
        stream.encode(try await handle.all(), into: &writer)
        guard let response = stream.response else {
            throw Problem(.serviceUnavailable, "The run has not ended yet", retryAfter: .seconds(1))
        }
        return response
    }

    /// The answer while the run goes on. Without sessions a client takes a call back by going (2026-07-28, Streamable
    /// HTTP, Cancellation); in a session it says so.
    private func streamed(_ handle: RunHandle, _ stream: MCPCallStream, _ isStateless: Bool) -> Reply {
        var reply = turns.streamed(handle, .tool(stream))
        if isStateless, case .events(var events) = reply.body {
            events.onLeave = { [runs = turns.runs] in _ = try? await runs.cancel(handle) }
            reply.body = .events(events)
        }
        return reply
    }
}
