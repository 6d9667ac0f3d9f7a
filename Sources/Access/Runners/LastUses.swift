public import Store
import Synchronization

/// Notes when keys and apps are used, and writes it once in a while: a use costs no write.
public final class LastUses: Sendable {
    /// How often the use of one thing is written at most, milliseconds.
    public static let stepMs: Int64 = 60_000
    /// Things whose last written use is remembered; beyond that all are forgotten, and written once more.
    public static let rememberedMax = 50_000

    private struct State {
        var written: [Store.Use: Int64] = [:]
        var waiting: [Store.Use: Int64] = [:]
    }

    private let store: Store
    private let state = Mutex(State())

    /// The uses of a store.
    public init(_ store: Store) { self.store = store }

    /// Notes a use, milliseconds since 1970.
    func note(_ kind: String, _ id: String, at now: Int64) {
        let use = Store.Use(kind: kind, id: id)
        state.withLock { state in
            if let last = state.written[use], now - last < Self.stepMs { return }
            if state.written.count >= Self.rememberedMax { state.written = [:] }
            state.written[use] = now
            state.waiting[use] = now
        }
    }

    /// Writes what waits. When that fails it waits on, and the error is thrown.
    public func flush() async throws {
        let taken = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting
        }
        do {
            try await store.keep(taken)
        } catch {
            state.withLock { state in state.waiting.merge(taken) { max($0, $1) } }
            throw error
        }
    }
}
