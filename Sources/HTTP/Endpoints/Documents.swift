import Catalog
import HTTPTypes
import NIOCore

/// The description of the API, for programs and for people. Both are made once.
enum Documents {
    /// What the API is called.
    static let title = "Covey Agents API"

    /// The endpoints, which describe `operations` and themselves.
    static func endpoints(
        operations: [Operation], schemas: [(name: String, schema: JSONObject)], version: String, publicURL: String
    ) -> [Endpoint] {
        let document = OpenAPI.document(
            operations: operations + [openAPI, docs], schemas: schemas, title: title, version: version,
            server: publicURL)
        let bytes = ByteBuffer(bytes: document.jsonBytes)
        let page = ByteBuffer(string: DocumentationPage.html)
        return [
            Endpoint(operation: openAPI) { _ in
                Reply(status: 200, body: .bytes(bytes, mediaType: "application/json"))
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
