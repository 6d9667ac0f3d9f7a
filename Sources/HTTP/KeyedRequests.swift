import Catalog
import Cryptography
import HTTPTypes
import Store
import Synchronization

extension KeyedRequest {
    /// The request of a call that has a key (`Idempotency-Key`, draft-ietf-httpapi-idempotency-key-header); nil when it
    /// has none. Throws a 400 when the key is none.
    ///
    /// The same request is one with the same method, path, query, branch, conditions and body; white space in the body
    /// does not count.
    init?(_ call: Call, _ method: Operation.Method, _ path: Substring) throws(Problem) {
        guard let key = call.headers[.idempotencyKey] else { return nil }
        guard Self.isKey(key) else {
            let reason = "must have 1 to \(OpenAPI.idempotencyKeyCharactersMax) visible characters"
            throw Problem.invalid([.init([OpenAPI.idempotencyKey], reason)])
        }
        let query = call.query.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        let conditions = [call.headers[.ifMatch] ?? "", call.headers[.ifNoneMatch] ?? ""]
        let parts = [method.rawValue, String(path), call.ref.name ?? ""] + conditions + query + [call.body.jsonText]
        self.init(
            Name(
                tenant: call.path["tenantId"] ?? "", caller: call.caller.actor, operation: call.operation.id, key: key),
            fingerprint: SHA256.hexadecimal(parts.map { "\($0.utf8.count):\($0)" }.joined()))
    }

    private static func isKey(_ text: String) -> Bool {
        (1...OpenAPI.idempotencyKeyCharactersMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}

extension KeyedRequestError {
    /// What the client is told.
    var problem: Problem {
        switch self {
        case .underWay:
            Problem(
                .conflict, "A request with this \(OpenAPI.idempotencyKey) is still being done", retryAfter: .seconds(1))
        case .otherRequest:
            Problem(
                .unprocessableEntity, "The \(OpenAPI.idempotencyKey) belongs to another request; take a new one")
        }
    }
}

/// The requests with a key that this process is at work on. What other processes do the database knows.
final class KeyedRequests: Sendable {
    private let underWay = Mutex<Set<KeyedRequest.Name>>([])

    /// Does the work of a request, of which there is one at a time; throws `KeyedRequestError.underWay` for a second
    /// one.
    func alone<T>(_ name: KeyedRequest.Name?, _ work: () async throws -> T) async throws -> T {
        guard let name else { return try await work() }
        guard underWay.withLock({ $0.insert(name).inserted }) else { throw KeyedRequestError.underWay }
        defer { _ = underWay.withLock { $0.remove(name) } }
        return try await work()
    }
}

/// How answers are kept: sealed, because a body may hold a secret that is shown once.
struct AnswerSeal: Sendable {
    private let keyring: Keyring

    /// Seals with these keys.
    init(_ keyring: Keyring) { self.keyring = keyring }

    /// What a sealed answer is bound to, so that nothing else that is sealed passes for one.
    private static let context = ["idempotency"]

    /// What is kept of an answer.
    func keep(_ output: OperationOutput, _ tag: EntityTag?) -> KeptAnswer {
        KeptAnswer(
            status: output.status, body: output.body.map { keyring.seal($0.jsonText, in: Self.context) },
            entityTag: tag?.text)
    }

    /// The answer as it was first given, and that it is so.
    func reply(_ kept: KeptAnswer) throws -> Reply {
        var reply = Reply.empty(kept.status)
        if let body = kept.body {
            reply = .json(Array(try keyring.open(body, in: Self.context).utf8), status: kept.status)
        }
        if let tag = kept.entityTag { reply.headers.append((.eTag, tag)) }
        reply.headers.append((.idempotentReplayed, "true"))
        return reply
    }
}

/// The key by which an endpoint does a call once, and how its answer is kept.
struct KeyedCall: Sendable {
    let request: KeyedRequest
    /// The time, milliseconds since 1970.
    let at: Int64
    let seal: AnswerSeal
}

extension Call {
    /// Does what an endpoint writes outside branches, once where the call has a key.
    ///
    /// - Parameters:
    ///   - output: the answer to what was made; what it throws is answered, and not kept.
    ///   - work: makes it, with what is to be kept in the transaction.
    func once<Made: Sendable>(
        _ output: @escaping @Sendable (Made) throws -> OperationOutput,
        writing work: (KeyedWrite<Made>?) async throws -> Store.Once<Made>
    ) async throws -> Reply {
        let write = keyed.map { keyed in
            KeyedWrite<Made>(keyed.request, at: keyed.at) { made in
                (try? output(made)).map { keyed.seal.keep($0, nil) }
            }
        }
        switch try await work(write) {
        case .made(let made): return Reply(try output(made))
        case .kept(let answer):
            guard let keyed else { preconditionFailure("an answer was kept of a call without a key") }
            return try keyed.seal.reply(answer)
        }
    }
}
