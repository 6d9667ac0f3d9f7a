import Catalog
import Outbound
import Store

/// An OpenID provider as the server speaks to it: one of a tenant, or one that the operator registered with.
struct OpenIDProvider: Sendable {
    /// The name in paths.
    let id: String
    /// The tenant whose it is; nil for the operator's.
    let tenant: String?
    /// The issuer, as the provider names itself.
    let issuer: String
    let clientID: String
    let clientSecret: String
    let scopes: [String]
    /// The domain for whose addresses it vouches; nil for all.
    let domain: String?
    /// Whether who comes from it becomes a member without an invitation.
    let provisions: Bool

    /// Where the provider sends people back to.
    func redirect(_ publicURL: String) -> String {
        "\(publicURL)/api/auth/\(tenant == nil ? "callback" : "sso/callback")/\(id)"
    }

    static let scopesDefault = ["openid", "email", "profile"]
}

/// What a provider publishes of itself (OpenID Connect Discovery 1.0 §3).
struct OpenIDMetadata: Sendable {
    let issuer: String
    let authorizationEndpoint: String
    let tokenEndpoint: String
    let userinfoEndpoint: String?
    let keysEndpoint: String
    /// Whether it takes the client's secret in the body alone.
    let takesSecretInBody: Bool

    init?(_ json: JSONValue) {
        guard let issuer = json["issuer"]?.string, let authorization = json["authorization_endpoint"]?.string,
            let token = json["token_endpoint"]?.string, let keys = json["jwks_uri"]?.string,
            [authorization, token, keys].allSatisfy(HTTPRequest.isConfidential)
        else { return nil }
        self.issuer = issuer
        authorizationEndpoint = authorization
        tokenEndpoint = token
        keysEndpoint = keys
        userinfoEndpoint = json["userinfo_endpoint"]?.string.flatMap { HTTPRequest.isConfidential($0) ? $0 : nil }
        let methods = json["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string)
        takesSecretInBody =
            methods.map { !$0.contains("client_secret_basic") && $0.contains("client_secret_post") } ?? false
    }

    /// Whether it is the one of `issuer`. Some write a slash at the end and some do not.
    func isOf(_ issuer: String) -> Bool { Self.bare(self.issuer) == Self.bare(issuer) || isTemplate }

    /// Whether the issuer differs by the tenant of who comes, as Microsoft's does.
    var isTemplate: Bool {
        issuer == "https://login.microsoftonline.com/{tenantid}/v2.0"
    }

    /// What `iss` of a token must be. Throws `TokenRefusal` for a token without a tenant where there must be one.
    func issuer(of token: JSONWebToken) throws(TokenRefusal) -> String {
        guard isTemplate else { return issuer }
        guard let tenant = token["tid"], tenant.utf8.allSatisfy({ $0 == 0x2D || Self.isHexadecimal($0) }) else {
            throw .claim("tid")
        }
        return issuer.replacing("{tenantid}", with: tenant)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }

    private static func bare(_ issuer: String) -> Substring {
        issuer.hasSuffix("/") ? issuer.dropLast() : issuer[...]
    }
}
