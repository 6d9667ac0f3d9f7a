public import Catalog

/// The tokens by which services call on behalf of others (run spec §1.5).
public struct ServiceTokens: Sendable {
    private let key: SigningKey
    private let now: @Sendable () -> Int64

    init(secret: String, now: @escaping @Sendable () -> Int64) {
        key = .secret(Array(secret.utf8))
        self.now = now
    }

    private static let issuer = "inkeep-agents"
    private static let lifetime: Duration = .seconds(3600)

    /// Who calls; nil for what is no such token.
    ///
    /// - Parameter target: the sub-agent that the request names; nil for none.
    /// - Throws: `Problem` 403 when the token is for another one.
    public func runner(_ bearer: String, target: String?) throws(Problem) -> Runner? {
        let checks = ClaimChecks(
            issuer: Self.issuer, required: ["sub", "iat", "exp"], lifetimeMax: Self.lifetime)
        guard let token = try? JSONWebToken(bearer, by: key.verifier), (try? token.check(checks, at: now())) != nil,
            let agent = token.subject, token.audiences.count == 1, let audience = token.audiences.first,
            let tenant = token["tenantId"], let project = token["projectId"]
        else { return nil }
        if let target, target != audience { throw Problem(.forbidden, "Token not valid for the requested agent") }
        var metadata: JSONObject = ["teamDelegation": true, "originAgentId": .string(agent)]
        var user: String?
        var subject = "service:\(agent):\(audience)"
        if let initiator = token.claims["initiatedBy"] {
            guard let type = initiator["type"]?.string, ["user", "api_key"].contains(type),
                let id = initiator["id"]?.string, !id.isEmpty
            else { return nil }
            metadata["initiatedBy"] = ["type": .string(type), "id": .string(id)]
            subject += ":\(type):\(id)"
            if type == "user" { user = id }
        }
        if let app = token["appId"] {
            metadata["appId"] = .string(app)
            subject += ":app:\(app)"
        }
        return Runner(
            means: "service", tenant: tenant, project: project, agent: agent, user: user, subject: subject,
            metadata: metadata, name: "service:\(agent)")
    }
}
