public import Store
import Synchronization

/// What a tenant's administrators said of money and bounds.
struct TenantTerms: Sendable {
    var prices = PriceList()
    var budgets: [Budget] = []

    /// Nobody said anything.
    var areEmpty: Bool { prices.isEmpty && budgets.isEmpty }
}

/// The terms of the tenants in use, in memory: a turn of a tenant without any costs a look-up. Whoever changes them
/// says so to all processes on the database.
public final class TermsCache: Sendable {
    /// Tenants kept; the others are read again when they are needed.
    static let tenantsMax = 1024
    /// The channel on which changes are told; the message is the tenant's id.
    public static let channel = "covey_terms"

    private struct State {
        var terms: [String: TenantTerms] = [:]
        /// Counts forgettings, so that what was read before one is not kept after it.
        var generation = 0
    }

    private let store: Store
    private let state = Mutex(State())

    /// A cache over a store.
    public init(_ store: Store) { self.store = store }

    /// The terms of a tenant.
    func terms(of tenant: String) async throws(StoreError) -> TenantTerms {
        let (known, generation) = state.withLock { ($0.terms[tenant], $0.generation) }
        if let known { return known }
        let budgets = try await store.budgets(of: tenant).compactMap { Budget($0) }
        let terms = TenantTerms(prices: PriceList(try await store.prices(of: tenant)), budgets: budgets)
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.terms.count >= Self.tenantsMax { state.terms = [:] }
            state.terms[tenant] = terms
        }
        return terms
    }

    /// Says that a tenant's terms were changed, here and elsewhere.
    public func changed(_ tenant: String) async throws(StoreError) {
        forget(tenant)
        try await store.notify(Self.channel, tenant)
    }

    /// Hears what others change, until the task is cancelled.
    func listen() async {
        for await signal in store.listen(Self.channel) {
            switch signal {
            case .message(let tenant): forget(tenant)
            case .catchUp: forget(nil)
            }
        }
    }

    private func forget(_ tenant: String?) {
        state.withLock { state in
            state.generation += 1
            if let tenant { state.terms[tenant] = nil } else { state.terms = [:] }
        }
    }
}
