import Catalog
import Cryptography
import Outbound

extension AuthorizationProtocol {
    /// Registers Covey with an authorization server (RFC 7591).
    ///
    /// - Parameters:
    ///   - name: what people are told who asks.
    ///   - homepage: where they find out more.
    ///   - redirect: where they are sent back to.
    /// - Throws: `noRegistration`, or why the server refuses.
    public func register(
        with server: AuthorizationServer, name: String, homepage: String, redirect: String
    ) async throws(AuthorizationFailure) -> AuthorizationClient {
        guard let endpoint = server.registrationEndpoint else { throw .noRegistration }
        // The default of RFC 8414 §2 where the server does not say; a client without secret where that is possible.
        let known = server.clientAuthentication ?? ["client_secret_basic"]
        let method = ["none", "client_secret_basic", "client_secret_post"].first { known.contains($0) }
        guard let method else { throw .malformed("the authorization server knows no way for clients that is known") }
        var members: JSONObject = [
            "client_name": .string(name), "client_uri": .string(homepage), "redirect_uris": [.string(redirect)],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": .string(method),
        ]
        members["scope"] = server.scope.map(JSONValue.string)
        let response = try await send(
            HTTPRequest(
                method: "POST", url: endpoint,
                headers: ["Content-Type": "application/json", "Accept": "application/json"],
                body: JSONValue.object(members).jsonBytes))
        let json = try await Self.answer(response)
        guard let id = json["client_id"]?.string, (1...2048).contains(id.utf8.count) else {
            throw .malformed("the authorization server gave no client id")
        }
        let agreed = json["token_endpoint_auth_method"]?.string ?? method
        return AuthorizationClient(
            id: id, secret: agreed == "none" ? nil : json["client_secret"]?.string,
            sendsSecretInBody: agreed == "client_secret_post")
    }

    /// The page that people are sent to (RFC 6749 §4.1.1, RFC 7636, RFC 8707).
    ///
    /// - Parameter verifier: 43 to 128 unreserved characters that nobody can guess; fetching tokens needs them.
    public static func page(
        of server: AuthorizationServer, for client: AuthorizationClient, redirect: String, state: String,
        verifier: String
    ) -> String {
        var members = [
            ("response_type", "code"), ("client_id", client.id), ("redirect_uri", redirect), ("state", state),
            ("code_challenge", Base64.url.text(SHA256.digest(Array(verifier.utf8)))),
            ("code_challenge_method", "S256"), ("resource", server.resource),
        ]
        if let scope = server.scope { members.append(("scope", scope)) }
        let mark = server.authorizationEndpoint.contains("?") ? "&" : "?"
        return server.authorizationEndpoint + mark + PercentCoding.form(members)
    }

    /// Fetches tokens for the code with which somebody came back.
    public func tokens(
        for code: String, verifier: String, redirect: String, at tokenEndpoint: String, resource: String,
        as client: AuthorizationClient
    ) async throws(AuthorizationFailure) -> AuthorizationTokens {
        try await tokens(
            [
                ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
                ("code_verifier", verifier), ("resource", resource),
            ], at: tokenEndpoint, as: client)
    }

    /// Fetches new tokens for those that are running out (RFC 6749 §6).
    public func tokens(
        refreshing token: String, at tokenEndpoint: String, resource: String, as client: AuthorizationClient
    ) async throws(AuthorizationFailure) -> AuthorizationTokens {
        try await tokens(
            [("grant_type", "refresh_token"), ("refresh_token", token), ("resource", resource)], at: tokenEndpoint,
            as: client)
    }

    private func tokens(
        _ members: [(String, String)], at endpoint: String, as client: AuthorizationClient
    ) async throws(AuthorizationFailure) -> AuthorizationTokens {
        guard HTTPRequest.isConfidential(endpoint) else { throw .malformed("the address for tokens is not encrypted") }
        var members = members + [("client_id", client.id)]
        var headers: HTTPHeaders = [
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
        ]
        if let secret = client.secret {
            if client.sendsSecretInBody {
                members.append(("client_secret", secret))
            } else {
                // Both are form-encoded before they are put together (RFC 6749 §2.3.1).
                let pair = PercentCoding.component(client.id) + ":" + PercentCoding.component(secret)
                headers["Authorization"] = "Basic " + Base64.standard.text(Array(pair.utf8))
            }
        }
        let response = try await send(
            HTTPRequest(
                method: "POST", url: endpoint, headers: headers, body: Array(PercentCoding.form(members).utf8)))
        return try AuthorizationTokens(try await Self.answer(response))
    }

    /// What an authorization server answers. Throws its refusal.
    private static func answer(_ response: HTTPResponse) async throws(AuthorizationFailure) -> JSONValue {
        let bytes = try await body(of: response)
        let json = (try? JSONValue(parsing: bytes)) ?? .null
        if (200..<300).contains(response.status), json.object != nil { return json }
        guard let code = json["error"]?.string, code.utf8.count <= 100 else {
            throw .malformed("the authorization server answered with status \(response.status)")
        }
        throw .refused(
            code: Message.clean(code), description: json["error_description"]?.string.map(Message.clean))
    }
}
