import Catalog
import HTTPTypes
import Runtime
import Store

/// What the tokens of models cost, as administrators say it. Nothing is known of prices beforehand: a model without one
/// has no cost.
struct PriceEndpoints: Sendable {
    let store: Store
    let terms: TermsCache
    /// The time, milliseconds since 1970.
    let now: @Sendable () -> Int64

    /// The endpoints.
    var endpoints: [Endpoint] { [get, put] }

    private static let path = Scope.tenant.path + "/prices"

    private var get: Endpoint {
        let operation = Operation(
            "get-prices", .get, Self.path, tag: "Usage", summary: "Get the prices of models", permission: .admin,
            isVersioned: false,
            responses: [
                Operation.Response(200, "The prices.", schema: OpenAPI.envelope(PriceTable.schema(for: .view)))
            ],
            effect: .endpoint)
        return Endpoint(operation: operation) { call in
            .json(["data": PriceTable(try await store.prices(of: call.tenant)).view])
        }
    }

    private var put: Endpoint {
        let operation = Operation(
            "put-prices", .put, Self.path, tag: "Usage", summary: "Set the prices of models", permission: .admin,
            isVersioned: false, request: PriceTable.schema,
            responses: [
                Operation.Response(200, "As they are now.", schema: OpenAPI.envelope(PriceTable.schema(for: .view)))
            ], errors: Operation.commonErrors + [413, 415], effect: .endpoint
        ).doneOnceForKey()
        return Endpoint(operation: operation) { call in
            let table = try PriceTable(body: call.body)
            let reply = try await call.once {
                OperationOutput(200, ["data": PriceTable($0).view])
            } writing: {
                try await store.setPrices(table.stored, of: call.tenant, at: now(), once: $0)
            }
            try await terms.changed(call.tenant)
            return reply
        }
    }
}
