import Catalog
import Testing

@testable import Store

/// Budgets' accounts: what calls hold, and what they used.
@Suite struct BudgetStoreTests {
    private static func withBudget(_ engine: Engine, _ body: (Store) async throws -> Void) async throws {
        try await withStore(engine) { store in
            for id in ["a", "b"] {
                let row = BudgetRow(id: id, document: [:], createdAt: 1, updatedAt: 1)
                #expect(try await store.putBudget(row, of: "t") == .made(true))
            }
            try await body(store)
        }
    }

    private static func account(_ budget: String) -> BudgetAccount {
        BudgetAccount(tenant: "t", budget: budget, since: 0, subject: "s")
    }

    private static func demand(_ budget: String, _ wanted: Int64, least: Int64? = nil, of limit: Int64 = 10)
        -> BudgetDemand
    {
        BudgetDemand(account: account(budget), limit: limit, wanted: wanted, least: least ?? wanted)
    }

    private static func hold(
        _ store: Store, _ demands: [BudgetDemand], _ call: String, now: Int64 = 0, until: Int64 = 100
    ) async throws -> BudgetAnswer {
        try await store.hold(demands, run: "r", call: call, now: now, until: until)
    }

    @Test(arguments: Engine.available)
    func `what is held is not there for others until it is settled or its time is over`(
        _ engine: Engine
    ) async throws {
        try await Self.withBudget(engine) { store in
            #expect(try await Self.hold(store, [Self.demand("a", 6)], "1") == .held([6]))
            #expect(try await Self.hold(store, [Self.demand("a", 6, least: 2)], "2") == .held([4]), "what is left")
            #expect(try await Self.hold(store, [Self.demand("a", 1)], "3") == .refused(0))
            let charge = BudgetCharge(account: Self.account("a"), call: "1", used: 3)
            try await store.commit(
                [.charges([charge], RunKey(tenant: "t", project: "p", id: "r"))], durability: .process)
            #expect(try await store.used(of: [Self.account("a")]) == [3])
            #expect(try await Self.hold(store, [Self.demand("a", 3)], "4") == .held([3]))
            #expect(try await Self.hold(store, [Self.demand("a", 1)], "5") == .refused(0))
            #expect(
                try await Self.hold(store, [Self.demand("a", 7)], "6", now: 100) == .held([7]), "the holders are gone")
        }
    }

    @Test(arguments: Engine.available) func `a call holds of all its budgets or of none, and the same call once`(
        _ engine: Engine
    ) async throws {
        try await Self.withBudget(engine) { store in
            #expect(
                try await Self.hold(store, [Self.demand("b", 5), Self.demand("a", 11)], "1") == .refused(1))
            #expect(try await Self.hold(store, [Self.demand("b", 10)], "2") == .held([10]))
            #expect(try await Self.hold(store, [Self.demand("a", 4)], "3") == .held([4]))
            #expect(try await Self.hold(store, [Self.demand("a", 6)], "4") == .held([6]))
            #expect(try await store.deleteBudget("a", of: "t") == .made(true))
            #expect(try await Self.hold(store, [Self.demand("a", 1)], "5") == .held([1]), "it bounds nothing any more")
            let late = BudgetCharge(account: Self.account("a"), call: "4", used: 6)
            try await store.commit(
                [.charges([late], RunKey(tenant: "t", project: "p", id: "r"))], durability: .process)
            #expect(try await store.used(of: [Self.account("a"), Self.account("b")]) == [0, 0])
        }
    }

    @Test(arguments: Engine.available) func `a call that is made again takes the place of itself`(_ engine: Engine)
        async throws
    {
        try await Self.withBudget(engine) { store in
            let first = try await Self.hold(store, [Self.demand("a", 6)], "1")
            let again = try await Self.hold(store, [Self.demand("a", 9, least: 5)], "1")
            #expect(first == .held([6]) && again == .held([9]))
        }
    }
}
