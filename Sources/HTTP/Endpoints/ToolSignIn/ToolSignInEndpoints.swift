import Access
import Catalog
import HTTPTypes
import NIOCore
import Store

/// Signing in to servers of tools, over the wire. People see both operations in their browsers, which are refused with
/// a page; everybody else with a problem document.
extension ToolSignIn {
    /// The operations.
    var endpoints: [Endpoint] {
        let login = Operation(
            "initiate-tool-oauth-login", .get, Scope.project.path + "/tools/{id}/oauth/login", tag: "Tools",
            summary: "Initiate OAuth login for MCP tool", permission: .view,
            responses: [Operation.Response(302, "To the server's page.")], errors: [400, 401, 403, 404, 500],
            effect: .endpoint)
        let callback = Operation(
            "mcp-oauth-callback", .get, Self.callbackPath, tag: "OAuth", summary: "MCP OAuth authorization callback",
            permission: .none,
            parameters: [
                Operation.Parameter(
                    "state", in: .query, "What the way to the server had.",
                    schema: ["type": "string", "minLength": 1], required: true)
            ]
                + ["code", "iss", "error", "error_description"].map {
                    Operation.Parameter(
                        $0, in: .query, "As the server sends it (RFC 6749 §4.1.2, RFC 9207).",
                        schema: $0 == "code" ? ["type": "string", "minLength": 1] : ["type": "string"])
                }, responses: [Operation.Response(302, "To a page that tells who opened it, and closes.")],
            errors: [400, 500], effect: .endpoint)
        return [
            Endpoint(operation: login) { call in
                try await Self.forPeople(call) {
                    let departure = try await depart(call)
                    return Self.leave(for: departure.address, departure.cookie)
                }
            },
            Endpoint(operation: callback, recordsItself: true) { call in
                try await Self.forPeople(call) {
                    let record = AuditRecord(
                        tenant: "", at: now(), actor: "", means: "oauth", action: "tool-sign-in", target: "",
                        outcome: .done, address: call.address, request: call.id)
                    let tool = try await arrive(
                        query: call.query, cookies: call.headers[values: .cookie], record: record)
                    return Self.leave(
                        for: "\(ToolSignInPage.path)?\(PercentCoding.form([("tool", tool)]))", clearing)
                }
            },
        ]
    }

    private static func leave(for address: String, _ cookie: String) -> Reply {
        var reply = Reply.empty(302)
        reply.headers = [(.location, address), (.setCookie, cookie), (.cacheControl, "no-store")]
        return reply
    }

    /// The answer, or where it is refused to a browser a page that says so.
    private static func forPeople(_ call: Call, _ answer: () async throws -> Reply) async throws -> Reply {
        do {
            return try await answer()
        } catch let problem as Problem where call.headers[.accept]?.contains("text/html") == true {
            return ToolSignInPage.refusal(problem)
        }
    }
}

/// The pages.
enum ToolSignInPage {
    static let path = "/manage/oauth/done"

    /// The page that tells the one that opened it, if that is one of those that may know, and goes away.
    ///
    /// - Parameter openers: the origins of pages that may know.
    static func endpoint(openers: [String]) -> Endpoint {
        let operation = Operation(
            "page-oauth-done", .get, path, tag: "OAuth", summary: "Signed in", permission: .none,
            responses: [
                Operation.Response(200, "The page.", schema: ["type": "string"], mediaType: "text/html")
            ], errors: [], effect: .endpoint)
        let page = FormPage(
            title: "Signed in",
            body: """
                <p>You may close this window.</p>\
                <span id="openers" data-all="\(escaped(openers.joined(separator: " ")))"></span>
                """,
            script: """
                for (const origin of at('openers').dataset.all.split(' ').filter(Boolean)) {
                  window.opener?.postMessage({ type: 'oauth-success', toolId: given.get('tool') }, origin);
                }
                window.close();

                """)
        return Endpoint(operation: operation) { _ in reply(page, status: 200) }
    }

    /// A refusal, as a page.
    static func refusal(_ problem: Problem) -> Reply {
        let page = FormPage(title: "Not signed in", body: "<p>\(escaped(problem.detail))</p>", script: "")
        return reply(page, status: problem.status)
    }

    private static func reply(_ page: FormPage, status: Int) -> Reply {
        var reply = Reply(
            status: status, body: .bytes(ByteBuffer(string: page.html), mediaType: "text/html; charset=utf-8"))
        reply.headers = [
            (.contentSecurityPolicy, page.policy), (.referrerPolicy, "no-referrer"), (.cacheControl, "no-store"),
        ]
        return reply
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
