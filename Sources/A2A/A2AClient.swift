import Catalog
public import Outbound

/// Speaks the Agent2Agent protocol, version 0.3, with agents on other servers: JSON-RPC over HTTP.
public struct A2AClient: Sendable {
    private let http: HTTPClient
    private let clock: A2AClock
    private let jitter: @Sendable () -> Double
    /// The bounds of what is done with an agent.
    public let limits: A2ALimits

    /// A client.
    ///
    /// - Parameters:
    ///   - http: what connections are made with; its policy says where to.
    ///   - limits: the bounds.
    ///   - clock: the time.
    ///   - jitter: gives a random number in 0…1 for the waits between tries.
    public init(
        http: HTTPClient, limits: A2ALimits = A2ALimits(), clock: A2AClock, jitter: @escaping @Sendable () -> Double
    ) {
        self.http = http
        self.limits = limits
        self.clock = clock
        self.jitter = jitter
    }

    /// Has an agent do a task and waits for its answer, however long that takes: the caller bounds the time by
    /// cancelling.
    ///
    /// - Parameter taken: Is told of a task that the agent has taken and that goes on.
    public func send(
        _ message: A2AMessage, to address: A2AAddress, taken: @Sendable (A2ATask) -> Void = { _ in }
    ) async throws(A2AFailure) -> A2AReply {
        let endpoint = try await card(of: address).endpoint
        var result = try await begin(message, at: endpoint, address)
        var wait = limits.pollInitial
        while true {
            switch result {
            case .reply(let reply): return reply
            case .goesOn(let id):
                taken(A2ATask(id: id, endpoint: endpoint))
                try await pause(wait)
                wait = min(wait * 3 / 2, limits.pollMax)
                result = try A2AResult(try await call("tasks/get", ["id": .string(id)], at: endpoint, address))
            }
        }
    }

    /// Sends a message; where it is for a task that the agent does not go on with any more, as one for a new task.
    private func begin(
        _ message: A2AMessage, at endpoint: String, _ address: A2AAddress
    ) async throws(A2AFailure) -> A2AResult {
        do throws(A2AFailure) {
            return try A2AResult(try await call("message/send", message.parameters, at: endpoint, address))
        } catch .agent(let code, _) where message.task != nil && Self.closedTask.contains(code) {
            var anew = message
            anew.task = nil
            return try A2AResult(try await call("message/send", anew.parameters, at: endpoint, address))
        }
    }

    /// With what agents refuse a message for a task that is over or that they do not know: TaskNotFoundError,
    /// UnsupportedOperationError (A2A 0.3, section 8), and what the official package says, Invalid params.
    private static let closedTask: Set = [-32001, -32004, -32602]

    /// Tells an agent that nobody waits for a task any more. Whether it hears that is its business.
    public func cancel(_ task: A2ATask, of address: A2AAddress) async {
        _ = try? await post("tasks/cancel", ["id": .string(task.id)], at: task.endpoint, address, time: limits.card)
    }

    private func pause(_ wait: Duration) async throws(A2AFailure) {
        do { try await clock.pause(wait) } catch { throw .cancelled }
    }

    // MARK: Cards

    private func card(of address: A2AAddress) async throws(A2AFailure) -> AgentCard {
        var base = address.baseURL[...]
        while base.last == "/" { base.removeLast() }
        for path in AgentCard.paths {
            var request = HTTPRequest(
                url: base + path, headers: address.headers,
                timeouts: HTTPTimeouts(idle: limits.card, total: limits.card), followsRedirects: true,
                bodyBytesMax: limits.cardBytesMax)
            request.headers["Accept"] = "application/json"
            request.scope = address.scope
            do throws(A2AFailure) {
                return try AgentCard(try await retrying { () async throws(Failed) in try await json(request) })
            } catch .refused(404) where path != AgentCard.paths.last {
                continue
            }
        }
        throw .refused(status: 404)
    }

    // MARK: Calls

    private func call(
        _ method: String, _ parameters: JSONObject, at endpoint: String, _ address: A2AAddress
    ) async throws(A2AFailure) -> JSONValue {
        let answer = try await retrying { () async throws(Failed) in
            try await post(method, parameters, at: endpoint, address, time: limits.request)
        }
        if let error = answer["error"], error != .null {
            throw .agent(
                code: error["code"]?.integer ?? 0, message: A2AResult.short(error["message"]?.string ?? "no reason"))
        }
        guard answer["jsonrpc"] == "2.0", answer["id"] == Self.id, let result = answer["result"] else {
            throw .malformed("its reply does not answer the request")
        }
        return result
    }

    /// Each request has a connection, or a turn on one, of its own.
    private static let id: JSONValue = 1

    private func post(
        _ method: String, _ parameters: JSONObject, at endpoint: String, _ address: A2AAddress, time: Duration
    ) async throws(Failed) -> JSONValue {
        let body: JSONValue = [
            "jsonrpc": "2.0", "id": Self.id, "method": .string(method), "params": .object(parameters),
        ]
        var request = HTTPRequest(
            method: "POST", url: endpoint, headers: address.headers(for: endpoint), body: body.jsonBytes,
            timeouts: HTTPTimeouts(idle: time, total: time), bodyBytesMax: limits.replyBytesMax)
        request.headers["Content-Type"] = "application/json"
        request.headers["Accept"] = "application/json"
        request.scope = address.scope
        return try await json(request)
    }

    /// A try that failed.
    private struct Failed: Error {
        let failure: A2AFailure
        /// What the agent asked to wait; nil for nothing.
        var retryAfter: Duration?
    }

    /// Tries until it goes well, fails for good, or the time for that is over.
    private func retrying(
        _ attempt: () async throws(Failed) -> JSONValue
    ) async throws(A2AFailure) -> JSONValue {
        let began = clock.elapsed()
        var attempts = 0
        while true {
            let failed: Failed
            do throws(Failed) {
                return try await attempt()
            } catch {
                failed = error
            }
            guard failed.failure.isWorthAnotherTry else { throw failed.failure }
            let wait = A2ARetry.wait(after: attempts, jitter: jitter(), asked: failed.retryAfter)
            guard clock.elapsed() - began + wait <= limits.retry else { throw failed.failure }
            try await pause(wait)
            attempts += 1
        }
    }

    private func json(_ request: HTTPRequest) async throws(Failed) -> JSONValue {
        let response: HTTPResponse
        let bytes: [UInt8]
        do throws(OutboundError) {
            response = try await http.send(request)
            let isFine = (200..<300).contains(response.status)
            bytes = isFine ? try await response.body.collect(bytesMax: request.bodyBytesMax) : []
        } catch {
            throw Failed(failure: A2AFailure(error))
        }
        guard (200..<300).contains(response.status) else {
            throw Failed(
                failure: .refused(status: response.status), retryAfter: response.headers.retryAfter(now: clock.now()))
        }
        guard let json = try? JSONValue(parsing: bytes) else {
            throw Failed(failure: .malformed("what came with status \(response.status) is not JSON"))
        }
        return json
    }
}
