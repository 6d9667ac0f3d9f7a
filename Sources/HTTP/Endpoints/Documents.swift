import Catalog
import HTTPTypes
import NIOCore
import Synchronization

/// The description of the API, for programs and for people. It is made once, when it is first asked for, so that a
/// server starts without it.
enum Documents {
    /// What the API is called.
    static let title = "Covey Agents API"

    /// What holds for all operations.
    static let description = """
        A path answers methods that it does not have with 405 and `Allow`. `PUT` and `PATCH` do the same wherever \
        either is: the other one stands in the operation's `x-aliases`.

        Answers to `GET` on configuration carry an `ETag`. A reader that sends it back as `If-None-Match` gets 304 \
        while nothing has changed. `PUT`, `PATCH` and `DELETE` take it as `If-Match` and answer 412 when another has \
        changed the thing meanwhile; `If-None-Match: *` makes a `PUT` create and never replace.

        Operations on a project's configuration take `?ref=`, or the header `x-inkeep-ref`: a branch, with or without \
        the prefix `TENANT_PROJECT_`, or for reading the hash of a commit. Without it they work on the main branch. \
        `?at=` with the number of a change, as histories tell it, reads what was there right after that change.

        Every operation that changes configuration, budgets or prices, or forks a run, takes an `Idempotency-Key`. The \
        same request with the same key is done once: for 24 hours it gets the first answer again, with \
        `Idempotent-Replayed: true`. Another request with the key gets 422, one that comes while the first is being \
        done 409. What failed may be tried again with its key.

        Every operation that changes configuration takes `?dryRun=true`: it answers with what would be changed, and \
        changes nothing.
        """

    /// The endpoints, which describe `operations` and themselves.
    static func endpoints(
        operations: [Operation], schemas: [(name: String, schema: JSONObject)], version: String, publicURL: String
    ) -> [Endpoint] {
        let document = Once {
            let additions = DispatcherAdditions(operations)
            let document = OpenAPI.document(
                operations: operations + [openAPI, docs], schemas: schemas + DispatcherAdditions.schemas, title: title,
                description: description, version: version, server: publicURL, additions: { additions($0) })
            return ByteBuffer(bytes: document.jsonBytes)
        }
        let page = ByteBuffer(string: DocumentationPage.html)
        return [
            Endpoint(operation: openAPI) { _ in
                Reply(status: 200, body: .bytes(document.value, mediaType: "application/json"))
            },
            Endpoint(operation: docs) { _ in
                var reply = Reply(status: 200, body: .bytes(page, mediaType: "text/html; charset=utf-8"))
                reply.headers = [(.contentSecurityPolicy, DocumentationPage.policy)]
                return reply
            },
        ]
    }

    private static let openAPI = Operation(
        "openapi", .get, "/openapi.json", tag: "Documentation", summary: "This document", permission: .none,
        responses: [Operation.Response(200, "The OpenAPI 3.1 document.", schema: ["type": "object"])], errors: [],
        effect: .endpoint)

    private static let docs = Operation(
        "docs", .get, "/docs", tag: "Documentation", summary: "This document as a page for people", permission: .none,
        responses: [Operation.Response(200, "The page.", schema: ["type": "string"], mediaType: "text/html")],
        errors: [], effect: .endpoint)
}

/// A value that is made when it is first asked for.
private final class Once<Value: Sendable>: Sendable {
    private let make: @Sendable () -> Value
    private let made = Mutex<Value?>(nil)

    init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    var value: Value {
        made.withLock { made in
            if let made { return made }
            let value = make()
            made = value
            return value
        }
    }
}
