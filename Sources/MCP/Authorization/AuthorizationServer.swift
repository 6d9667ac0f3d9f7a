import Catalog
import Outbound

/// Where people sign in to a server of tools (RFC 8414), and what for (RFC 9728).
public struct AuthorizationServer: Sendable, Equatable {
    /// Its own name.
    public let issuer: String
    /// Where people are sent.
    public let authorizationEndpoint: String
    /// Where tokens are fetched.
    public let tokenEndpoint: String
    /// Where clients register (RFC 7591); nil where they cannot.
    public let registrationEndpoint: String?
    /// Whether it names itself when it sends people back (RFC 9207), so that one that does not is not believed.
    public let namesItself: Bool
    /// The ways in which clients prove who they are; nil for the one that RFC 8414 §2 has as the default.
    public let clientAuthentication: [String]?
    /// What tokens are asked for: the address of the server of tools (RFC 8707).
    public let resource: String
    /// What is asked for, joined by spaces; nil to leave that to the server.
    public let scope: String?

    /// What a document of RFC 8414 says.
    init(_ json: JSONValue, issuer: String, resource: String, scope: String?) throws(AuthorizationFailure) {
        guard let named = json["issuer"]?.string, Self.bare(named) == Self.bare(issuer) else {
            throw .malformed("the authorization server's description is of another issuer")
        }
        self.issuer = named
        func endpoint(_ name: String) throws(AuthorizationFailure) -> String {
            guard let address = json[name]?.string, HTTPRequest.isConfidential(address) else {
                throw .malformed("the authorization server has no good \(name)")
            }
            return address
        }
        authorizationEndpoint = try endpoint("authorization_endpoint")
        tokenEndpoint = try endpoint("token_endpoint")
        registrationEndpoint = json["registration_endpoint"] == nil ? nil : try endpoint("registration_endpoint")
        let challenges = json["code_challenge_methods_supported"]?.array?.compactMap(\.string)
        // Who does not say it may not know it, and then a stolen code would be as good as a token.
        guard challenges?.contains("S256") == true else {
            throw .malformed("the authorization server does not know PKCE with S256")
        }
        namesItself = json["authorization_response_iss_parameter_supported"]?.bool == true
        clientAuthentication = json["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string)
        self.resource = resource
        let known = json["scopes_supported"]?.array?.compactMap(\.string)
        if let scope, known?.contains("offline_access") == true, !scope.split(separator: " ").contains("offline_access")
        {
            self.scope = scope + " offline_access"
        } else {
            self.scope = scope
        }
    }

    /// The server that is where revision 2025-03-26 looks for it, on a server of tools that says nothing.
    init(beside server: String, root: String) {
        issuer = root
        authorizationEndpoint = root + "/authorize"
        tokenEndpoint = root + "/token"
        registrationEndpoint = root + "/register"
        namesItself = false
        clientAuthentication = nil
        resource = server
        scope = nil
    }

    private static func bare(_ issuer: String) -> Substring { issuer.hasSuffix("/") ? issuer.dropLast() : issuer[...] }
}

/// Covey as a client of an authorization server.
public struct AuthorizationClient: Sendable, Equatable {
    /// Its id there.
    public let id: String
    /// Its secret; nil for a client that has none.
    public let secret: String?
    /// Whether the secret goes into the body rather than into a header field.
    public let sendsSecretInBody: Bool

    /// A client from its parts.
    public init(id: String, secret: String?, sendsSecretInBody: Bool) {
        self.id = id
        self.secret = secret
        self.sendsSecretInBody = sendsSecretInBody
    }
}

/// What an authorization server gives for a code or a refresh token (RFC 6749 §5.1).
public struct AuthorizationTokens: Sendable, Equatable {
    /// What calls carry.
    public let access: String
    /// What gets new ones; nil for nothing.
    public let refresh: String?
    /// How long the access token is good, seconds; nil when that was not said.
    public let lifetime: Int64?
    /// What it is good for; nil for what was asked for.
    public let scope: String?

    init(_ json: JSONValue) throws(AuthorizationFailure) {
        guard let access = json["access_token"]?.string, (1...16_384).contains(access.utf8.count),
            access.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .malformed("the authorization server gave no token") }
        guard json["token_type"]?.string?.lowercased() == "bearer" else {
            throw .malformed("the authorization server's token is no bearer token")
        }
        self.access = access
        refresh = json["refresh_token"]?.string.flatMap { (1...16_384).contains($0.utf8.count) ? $0 : nil }
        lifetime = json["expires_in"]?.double.flatMap { (0..<1e9).contains($0) ? Int64($0) : nil }
        scope = json["scope"]?.string
    }
}
