import Access
import Catalog
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Runtime
import Store

/// The one way of a request through the server: find its route, authenticate, read the body, authorise, do it, encode.
struct Dispatcher: Sendable {
    /// What a route leads to.
    enum Target: Sendable {
        case operation(Operation)
        case endpoint(Endpoint)

        var operation: Operation {
            switch self {
            case .operation(let operation): operation
            case .endpoint(let endpoint): endpoint.operation
            }
        }
    }

    let routes: Routes<Target>
    let authenticator: Authenticator
    let store: Store
    /// The time, milliseconds since 1970.
    let now: @Sendable () -> Int64
    let limits: ServerLimits
    let logger: Logger
    /// The name of the kind that the tenant's list of projects shows.
    let projectKind: String
    /// What operations know of the server, beside who calls.
    let surroundings: Surroundings
    let slowWorker = SlowWorker()
    /// What goes on beside operations.
    let watch: Watch
    /// Seals the secrets in what is stored.
    let sealing: Sealing
    let keyed = KeyedRequests()
    /// Decides who may call what.
    let gate: Gate
    /// Where refusals and what endpoints did are put on record.
    let audit: AuditTrail
    /// How many requests there may be.
    let quotas: Quotas
    /// Which pages may read answers.
    let crossOrigin: CrossOrigin
    /// What is counted.
    let metrics: Metrics

    /// Answers a request that came from `address`. Throws only when the client has gone before it said what it wants.
    func answer(_ request: Request, id: String, from address: String) async throws -> Reply {
        let (path, query) = Self.split(request.head.path ?? "/")
        let began = ContinuousClock.now
        // What leads nowhere is counted together, whatever it is called.
        var operation = "none"
        let reply = try await answer(request, path, query, id: id, address, &operation)
        metrics.requests(operation, String(reply.status)).add()
        metrics.requestTimes(operation).note(ContinuousClock.now - began)
        return reply
    }

    private func answer(
        _ request: Request, _ path: Substring, _ query: Substring, id: String, _ address: String,
        _ operation: inout String
    ) async throws -> Reply {
        do {
            return try await route(request, path, query, id: id, address, &operation)
        } catch {
            let problem = self.problem(for: error, id: id, path: path)
            var reply = Reply.problem(problem, instance: String(path), requestID: id)
            if let own = refusal(problem, request, path) { (reply.status, reply.body) = (own.status, own.body) }
            // A run that failed is in its conversation; official clients would by themselves begin it anew.
            if problem.extras["conversationId"] != nil, problem.retryAfter == nil {
                reply.headers.append((.shouldRetry, "false"))
            }
            if problem.code == .methodNotAllowed, let allowed = problem.extras["allowed"]?.string {
                reply.headers.append((.allow, allowed))
            }
            return reply
        }
    }

    /// The refusal in the form that what was called has for it; nil for a problem document.
    private func refusal(_ problem: Problem, _ request: Request, _ path: Substring) -> Reply? {
        guard let method = request.method == .head ? .get : Operation.Method(rawValue: request.method.rawValue),
            case .found(.endpoint(let endpoint), _) = routes.match(method, path)
        else { return nil }
        return endpoint.refuse?(problem)
    }

    private static func split(_ target: String) -> (path: Substring, query: Substring) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target[...], "") }
        return (target[..<mark], target[target.index(after: mark)...].prefix { $0 != "#" })
    }

    private func problem(for error: any Error, id: String, path: Substring) -> Problem {
        if let problem = error as? Problem, problem.status < 500 { return problem }
        if let error = error as? KeyedRequestError { return error.problem }
        let problem = error as? Problem ?? (error as? StoreError)?.problem ?? Self.internalProblem
        if problem.status >= 500 {
            logger.error(
                "request \(id) for \(path) failed with \(problem.status): \(error)", metadata: ["request": "\(id)"])
        }
        return problem
    }

    private static let internalProblem = Problem(.internalServerError, Problem.internalDetail)

    // MARK: The steps

    private func route(
        _ request: Request, _ path: Substring, _ query: Substring, id: String, _ address: String,
        _ matched: inout String
    ) async throws -> Reply {
        let isHead = request.method == .head
        guard let method = isHead ? .get : Operation.Method(rawValue: request.method.rawValue) else {
            if request.method == .options { return try preflight(request, path) }
            throw Self.wrongMethod(allowed(path))
        }
        switch routes.match(method, path) {
        case .none: throw Problem.notFound("Route")
        case .wrongMethod(let allowed): throw Self.wrongMethod(allowed)
        case .found(let target, let parameters):
            let operation = target.operation
            matched = operation.id
            if let verdict = quotas.take(operation, from: address), !verdict.isAdmitted {
                return refusal(verdict, path, id)
            }
            let caller = try await authenticate(operation, path, request, id: id, address)
            let verdict = quotas.take(caller)
            if let verdict, !verdict.isAdmitted { return refusal(verdict, path, id) }
            guard let query = PercentCoding.query(query) else {
                throw Problem.badRequest("The query of the address is not well-formed")
            }
            try operation.check(query, and: DispatcherAdditions.queryRules)
            let values = try Self.decode(parameters)
            let ref = operation.permission == .none ? Ref() : Self.ref(query, request.headers)
            var call = Call(
                id: id, operation: operation, path: values, query: query, headers: request.headers,
                authority: request.head.authority, caller: caller, address: address, body: .null, ref: ref)
            // What somebody sends who may not send it is not read, unless it says itself where it is to go.
            if !operation.isPlacedByBody { call.rights = try await admit(call, path) }
            call.body = try await body(of: request, for: operation)
            if operation.isPlacedByBody { call.rights = try await admit(call, path) }
            if caller.isKey(for: operation.permission) { audit.note(record(call, "")) }
            var reply = try await self.reply(to: call, target, method, path)
            if let verdict { reply.headers += verdict.headers }
            return reply
        }
    }

    private func reply(
        to call: Call, _ target: Target, _ method: Operation.Method, _ path: Substring
    ) async throws -> Reply {
        guard case .endpoint(let endpoint) = target else { return try await perform(call, method, path) }
        try await requireProject(call)
        var call = call
        if call.operation.isDoneOnceForKey, let request = try KeyedRequest(call, method, path) {
            call.keyed = KeyedCall(request: request, at: now(), seal: AnswerSeal(sealing.keyring))
        }
        let reply = try await keyed.alone(call.keyed?.request.name) { [call] in try await endpoint.answer(call) }
        if call.operation.isAudited, !endpoint.recordsItself, !reply.isReplayed { audit.note(record(call, path)) }
        return reply
    }

    /// What is said to a request that comes too soon.
    private func refusal(_ verdict: RateLimiter.Verdict, _ path: Substring, _ id: String) -> Reply {
        var reply = Reply.problem(verdict.problem, instance: String(path), requestID: id)
        reply.headers += verdict.headers
        return reply
    }

    private static func wrongMethod(_ allowed: [Operation.Method]) -> Problem {
        let names = names(allowed)
        return Problem(.methodNotAllowed, "Method not allowed; use \(names)", extras: ["allowed": .string(names)])
    }

    /// The methods of a path as `Allow` has them, with those that every path has.
    private static func names(_ allowed: [Operation.Method]) -> String {
        (allowed.map(\.rawValue) + (allowed.contains(.get) ? ["HEAD"] : []) + ["OPTIONS"]).joined(separator: ", ")
    }

    private func allowed(_ path: Substring) -> [Operation.Method] {
        Operation.Method.allCases.filter { if case .found = routes.match($0, path) { true } else { false } }
    }

    private func preflight(_ request: Request, _ path: Substring) throws(Problem) -> Reply {
        let allowed = self.allowed(path)
        guard !allowed.isEmpty else { throw Problem.notFound("Route") }
        var reply = Reply.empty(204)
        reply.headers.append((.allow, Self.names(allowed)))
        reply.headers += crossOrigin.preflight(request.headers, path)
        return reply
    }

    private func authenticate(
        _ operation: Operation, _ path: Substring, _ request: Request, id: String, _ address: String
    ) async throws -> Caller {
        do {
            switch operation.permission {
            case .none: return .anonymous
            case .run: return try await authenticator.run(Credentials(request.head, address: address))
            case .person, .member, .own, .admin, .operator, .view, .use, .edit:
                return try await authenticator.manage(Credentials(request.head, address: address))
            }
        } catch let problem as Problem where problem.isRefusal {
            quotas.refuse(address)
            audit.note(
                stranger: AuditRecord(
                    tenant: "", at: now(), actor: "unknown", means: "unknown", action: operation.id,
                    target: String(path.prefix(Self.auditedPathMax)), outcome: .refused, address: address, request: id))
            throw problem
        }
    }

    /// Characters of a path that are put on record.
    private static let auditedPathMax = 500

    /// What is put on record of a call.
    func record(
        _ call: Call, _ path: Substring, _ outcome: AuditRecord.Outcome = .done
    ) -> AuditRecord {
        AuditRecord(
            tenant: call.tenant, at: now(), actor: call.caller.actor, means: call.caller.means,
            action: call.operation.id, target: String(path.prefix(Self.auditedPathMax)), outcome: outcome,
            address: call.address, request: call.id)
    }

    static func decode(
        _ parameters: [(name: String, value: Substring)]
    ) throws(Problem) -> [String: String] {
        var values: [String: String] = [:]
        var decoding = Decoding()
        for (name, raw) in parameters {
            guard let value = PercentCoding.decode(raw) else {
                decoding.fail("is not well-formed percent-encoded UTF-8", at: name)
                continue
            }
            // No database keeps it, so nothing has such a name.
            if value.utf8.contains(0) { decoding.fail("must not contain the character U+0000", at: name) }
            values[name] = value
        }
        try decoding.finish()
        return values
    }

    /// The state that the request names, in the query or a header; the query counts more (manage spec §0.10).
    private static func ref(_ query: [String: String], _ headers: HTTPFields) -> Ref {
        var ref = Ref(at: query["at"].flatMap { Int64($0) })
        if let name = query["ref"] ?? headers[.ref], !name.isEmpty { ref.name = name }
        return ref
    }

    // MARK: Body

    private func body(of request: Request, for operation: Operation) async throws -> JSONValue {
        guard operation.request != nil else { return .object(JSONObject()) }
        let length = request.headers[.contentLength].flatMap { Int($0) }
        let bytesMax = operation.takesFiles ? limits.turnBytesMax : limits.bodyBytesMax
        let tooLarge = Problem(.payloadTooLarge, "The body is larger than \(bytesMax) bytes")
        if let length, length > bytesMax { throw tooLarge }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: bytesMax)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
        guard buffer.readableBytes > 0 else { throw Problem.badRequest("The request needs a JSON body") }
        guard Self.isJSON(request.headers[.contentType]) else {
            throw Problem(.unsupportedMediaType, "The body must be sent as Content-Type: application/json")
        }
        do throws(JSONParseError) {
            return try JSONValue(parsing: buffer.readableBytesView)
        } catch {
            throw Problem.badRequest("The body is not valid JSON: \(error)")
        }
    }

    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        if contentType == "application/json" { return true }
        let type = contentType.prefix { $0 != ";" }.lowercased().trimmed
        return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
    }

    // MARK: The gate

    /// What the caller may do where the call goes; throws when its ids are none, or the caller may not make it.
    private func admit(_ call: Call, _ path: Substring) async throws -> Rights {
        if call.operation.permission.isManagement { try Self.checkIDs(call.path) }
        do {
            return try await gate.admit(call, project: Self.guardedProject(call))
        } catch let refusal as Gate.Refusal {
            let record = record(call, path, .refused)
            if refusal.isOfMember { audit.note(record) } else { audit.note(stranger: record) }
            throw refusal.problem
        }
    }

    /// The project in which the caller must have a role; nil where there is none yet, or none at all.
    private static func guardedProject(_ call: Call) -> String? {
        switch call.operation.project {
        case .nowhere: nil
        case .path(let name): call.path[name]
        case .body(let name): call.operation.permission == .admin ? nil : call.body[name]?.string?.trimmed
        }
    }

    /// Refuses a call of an endpoint of management whose project does not exist.
    private func requireProject(_ call: Call) async throws {
        guard call.operation.permission.isManagement, case .path(let name) = call.operation.project else { return }
        let project = BranchKey(tenant: call.path["tenantId"] ?? "", project: call.path[name] ?? "")
        guard try await store.head(of: project) != nil else { throw Problem.notFound("Project") }
    }

    /// Parameters of paths that name what was named elsewhere: tenants, users, the keys of an app's issuer, files.
    private static let foreignNames: Set = ["tenantId", "userId", "kid", "mediaKey"]

    /// Any name (manage spec §0.3) that databases and logs can hold.
    private static let foreignName = FieldType<String>.text(1...256).checked { name in
        name.unicodeScalars.contains { $0.properties.generalCategory == .control }
            ? "must not have control characters" : nil
    }

    /// Every parameter of a managed path is an id of a resource, but for those named elsewhere. Projects made elsewhere
    /// may have ids that a new one may not (manage spec §1.21, 3).
    private static func checkIDs(_ path: [String: String]) throws(Problem) {
        var decoding = Decoding()
        for (name, value) in path {
            let type =
                name == "branchName"
                ? FieldType.branchName : foreignNames.contains(name) ? foreignName : FieldType.resourceID
            decoding.within(name) { decoding in _ = type.decode(.string(value), &decoding) }
        }
        try decoding.finish()
    }
}
