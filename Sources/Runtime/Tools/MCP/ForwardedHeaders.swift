import Catalog
import Cryptography
import Store

/// Headers of a request that go on to the servers of its run's tools (run spec §13.2, §27). They are kept sealed beside
/// the conversation, those of its last run, so that a restart has them and the log does not.
struct ForwardedHeaders {
    /// In the store; no variable of a template can have this name.
    private static let name = "$forwarded"

    private let scope: RunScope
    private let keyring: Keyring

    /// Those of a run.
    init(_ scope: RunScope, _ keyring: Keyring) {
        self.scope = scope
        self.keyring = keyring
    }

    private var place: [String] {
        ContextValueRow.sealingContext(scope.conversation.tenant, scope.conversation.id, Self.name)
    }

    /// What is kept of those of a turn; nil where it has none.
    func row(_ turn: Turn, at time: Int64) -> ContextValueRow? {
        guard scope.forwardsHeaders else { return nil }
        let headers = turn.forwardedHeaders.sorted { $0.key < $1.key }
        let value = JSONValue.object(JSONObject(headers.map { (key: $0.key, value: .string($0.value)) }))
        return ContextValueRow(
            name: Self.name, hash: scope.key.id, value: keyring.seal(value.jsonText, in: place), fetchedAt: time)
    }

    /// Those of the run, by name; none where they cannot be read any more.
    func fields(in store: Store) async throws(StoreError) -> [(name: String, value: String)] {
        guard scope.forwardsHeaders,
            let row = try await store.contextValues(scope.conversation)[Self.name], row.hash == scope.key.id,
            let text = try? keyring.open(row.value, in: place), let headers = (try? JSONValue(parsing: text))?.object
        else { return [] }
        return headers.compactMap { name, value in value.string.map { (name, $0) } }
    }
}

extension ActiveRun {
    /// The headers of the run's request that go on to servers of tools, after a restart too.
    func forwardedHeaders() async throws -> [(name: String, value: String)] {
        guard scope.forwardsHeaders, let outside = agent.outside else { return [] }
        // They are kept with the run's first event.
        _ = try await next(after: 0)
        return try await ForwardedHeaders(scope, outside.keyring).fields(in: world.store)
    }
}
