import Catalog
import Outbound
import Synchronization

/// What providers publish, asked for when it is needed and kept for an hour. Keys are asked for again when a token
/// names one that is not among them, at most once a minute.
final class ProviderDocuments: Sendable {
    private struct Kept<Value: Sendable>: Sendable {
        let value: Value
        let at: Int64
    }

    private struct State {
        var metadata: [String: Kept<OpenIDMetadata>] = [:]
        var keys: [String: Kept<JSONWebKeySet>] = [:]
    }

    private let state = Mutex(State())
    private let http: HTTPClient?
    private let now: @Sendable () -> Int64

    /// How long what was published is taken as it was, milliseconds.
    static let keptMs: Int64 = 60 * 60_000
    /// How long no new keys are asked for, milliseconds.
    static let keysMs: Int64 = 60_000
    /// Providers that are kept at most; with one more all are asked again.
    static let countMax = 1000
    /// Bytes of a document or an answer of a provider.
    static let bytesMax = 256 * 1024

    init(_ http: HTTPClient?, now: @escaping @Sendable () -> Int64) {
        self.http = http
        self.now = now
    }

    /// What a provider publishes of itself. Throws 502 when it does not, or says that it is another.
    func metadata(of issuer: String) async throws -> OpenIDMetadata {
        let now = self.now()
        if let kept = state.withLock({ $0.metadata[issuer] }), now - kept.at < Self.keptMs { return kept.value }
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let json = try await json(
            HTTPRequest(method: "GET", url: "\(base)/.well-known/openid-configuration"), "its description")
        guard let metadata = OpenIDMetadata(json), metadata.isOf(issuer) else {
            throw Self.failure("The identity provider's description is none, or of another issuer")
        }
        state.withLock { state in
            if state.metadata.count >= Self.countMax { state.metadata = [:] }
            state.metadata[issuer] = Kept(value: metadata, at: now)
        }
        return metadata
    }

    /// The key of a provider that checks a token. Throws 502 when there are no keys, and `TokenRefusal` when none of
    /// them is the token's.
    func key(for token: UnverifiedToken, at address: String) async throws -> TokenKey {
        let now = self.now()
        let kept = state.withLock { $0.keys[address] }
        if let kept, now - kept.at < Self.keptMs {
            if let key = kept.value.verifier(for: token) { return key }
            guard now - kept.at >= Self.keysMs else { throw TokenRefusal.signature }
        }
        let json = try await json(HTTPRequest(method: "GET", url: address), "its keys")
        guard let keys = JSONWebKeySet(json) else { throw Self.failure("The identity provider's keys are none") }
        state.withLock { state in
            if state.keys.count >= Self.countMax { state.keys = [:] }
            state.keys[address] = Kept(value: keys, at: now)
        }
        guard let key = keys.verifier(for: token) else { throw TokenRefusal.signature }
        return key
    }

    /// Sends a request to a provider and reads its answer. Throws 502 unless it is JSON and a success.
    func json(_ request: HTTPRequest, _ what: String) async throws -> JSONValue {
        guard let http else { throw Self.failure("This server asks no identity providers") }
        var request = request
        request.timeouts = HTTPTimeouts(connect: .seconds(5), idle: .seconds(10), total: .seconds(15))
        request.bodyBytesMax = Self.bytesMax
        request.headers["accept"] = "application/json"
        do {
            let response = try await http.send(request)
            let bytes = try await response.body.collect()
            guard (200..<300).contains(response.status), let json = try? JSONValue(parsing: bytes) else {
                throw Self.failure("The identity provider did not give \(what)")
            }
            return json
        } catch is OutboundError {
            throw Self.failure("The identity provider cannot be reached")
        }
    }

    static func failure(_ detail: String) -> Problem { .refused(.badGateway, "PROVIDER_FAILED", detail) }
}
