import Catalog
import HTTPTypes
import Runtime
import Store

/// How much a tenant's runs may use, as administrators say it.
struct BudgetEndpoints: Sendable {
    let store: Store
    let terms: TermsCache
    /// The time, milliseconds since 1970.
    let now: @Sendable () -> Int64

    /// The endpoints.
    var endpoints: [Endpoint] { [list, put, delete] }

    private static let path = Scope.tenant.path + "/budgets"

    /// Budgets of one tenant at most: each call of a run asks those that bound it.
    private static let budgetsMax = 200

    private var list: Endpoint {
        let operation = Operation(
            "list-budgets", .get, Self.path, tag: "Usage", summary: "List budgets", permission: .admin,
            isVersioned: false,
            responses: [
                Operation.Response(
                    200, "All budgets, by id.",
                    schema: OpenAPI.envelope([
                        "type": "object",
                        "properties": ["budgets": ["type": "array", "items": .object(Self.view)]],
                        "required": ["budgets"],
                    ]))
            ], effect: .endpoint)
        return Endpoint(operation: operation) { call in
            let rows = try await store.budgets(of: call.tenant)
            return .json(["data": ["budgets": .array(rows.map { .object($0.view) })]])
        }
    }

    private var put: Endpoint {
        let operation = Operation(
            "put-budget", .put, Self.path + "/{id}", tag: "Usage", summary: "Make or change a budget",
            permission: .admin, isVersioned: false, request: Budget.schema,
            responses: [
                Operation.Response(200, "It was changed.", schema: OpenAPI.envelope(Self.view)),
                Operation.Response(201, "It was made.", schema: OpenAPI.envelope(Self.view)),
            ], errors: Operation.commonErrors + [409, 413, 415], effect: .endpoint
        ).doneOnceForKey()
        return Endpoint(operation: operation) { call in
            let budget = try Budget(body: call.body)
            let id = call.path["id"] ?? ""
            let rows = try await store.budgets(of: call.tenant)
            let old = rows.first { $0.id == id }
            guard old != nil || rows.count < Self.budgetsMax else {
                throw Problem.conflict("A tenant has at most \(Self.budgetsMax) budgets")
            }
            let row = BudgetRow(
                id: id, document: budget.document, createdAt: old?.createdAt ?? now(), updatedAt: now())
            let reply = try await call.once { isNew in
                OperationOutput(isNew ? 201 : 200, ["data": .object(row.view)])
            } writing: {
                try await store.putBudget(row, of: call.tenant, once: $0)
            }
            try await terms.changed(call.tenant)
            return reply
        }
    }

    private var delete: Endpoint {
        let operation = Operation(
            "delete-budget", .delete, Self.path + "/{id}", tag: "Usage", summary: "Delete a budget",
            permission: .admin, isVersioned: false, responses: [Operation.Response(204, "It is gone.")],
            effect: .endpoint
        ).doneOnceForKey()
        return Endpoint(operation: operation) { call in
            let reply = try await call.once { isGone in
                guard isGone else { throw Problem.notFound("Budget") }
                return OperationOutput(204)
            } writing: {
                try await store.deleteBudget(call.path["id"] ?? "", of: call.tenant, once: $0)
            }
            try await terms.changed(call.tenant)
            return reply
        }
    }

    private static let view: JSONObject = {
        let shown = Budget.schema(for: .view, withNulls: true)
        let times: JSONObject = [
            "id": ["type": "string"], "createdAt": ["type": "string", "format": "date-time"],
            "updatedAt": ["type": "string", "format": "date-time"],
        ]
        return shown.adding(times, required: times.keys)
    }()
}

extension BudgetRow {
    fileprivate var view: JSONObject {
        var view: JSONObject = ["id": .string(id)]
        for (name, value) in Budget(stored: document).members(withNulls: true) { view[name] = value }
        view["createdAt"] = .string(Timestamp.text(createdAt))
        view["updatedAt"] = .string(Timestamp.text(updatedAt))
        return view
    }
}
