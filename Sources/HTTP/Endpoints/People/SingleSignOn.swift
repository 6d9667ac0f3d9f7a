import Access
import Catalog
import HTTPTypes
import Store

/// Signing in at OpenID providers, over the wire (manage spec §3.3).
extension PeopleEndpoints {
    var singleSignOn: [Endpoint] {
        [
            make(.post, "/sign-in/sso", takesBody: true) { [people, origins] call in
                var members = try call.members()
                let choice = try Self.choice(&members)
                let (callback, failure) = Self.pages(&members, people, origins)
                try members.finish()
                return Self.leave(
                    try await people.departToProvider(choice, callback: callback, failure: failure))
            },
            make(.post, "/sign-in/social", takesBody: true) { [people, origins] call in
                var members = try call.members()
                let name = members.text("provider", 1...100)
                let (callback, failure) = Self.pages(&members, people, origins)
                try members.finish()
                return Self.leave(try await people.departToSocial(name, callback: callback, failure: failure))
            },
            make(.get, "/sso/callback/{providerId}") { [people] call in
                try await Self.arrive(call, people, isSocial: false)
            },
            make(.get, "/callback/{providerId}") { [people] call in
                try await Self.arrive(call, people, isSocial: true)
            },
        ] + providers
    }

    private static func choice(_ members: inout BodyMembers) throws(Problem) -> People.ProviderChoice {
        if let id = members.optionalText("providerId", 1...255) { return .id(id) }
        if let tenant = members.optionalText("organizationSlug", 1...256) { return .organization(tenant) }
        if let domain = members.optionalText("domain", 1...255) { return .domain(domain) }
        return .email(members.text("email", 1...320))
    }

    /// Where somebody comes back to: pages that are trusted, else nobody is sent there with what lets them in.
    private static func pages(
        _ members: inout BodyMembers, _ people: People, _ origins: TrustedOrigins
    ) -> (callback: String, failure: String) {
        func page(_ name: String, _ members: inout BodyMembers) -> String? {
            guard let text = members.optionalText(name, 1...2000) else { return nil }
            guard let page = origins.page(text, at: people.linkURL) else {
                members.fail("must be a path, or a page of a trusted origin", at: name)
                return nil
            }
            return page
        }
        let callback = page("callbackURL", &members) ?? people.linkURL + "/"
        return (callback, page("errorCallbackURL", &members) ?? callback)
    }

    private static func leave(_ departure: People.Departure) -> Reply {
        var reply = Reply.json(["url": .string(departure.address), "redirect": true])
        reply.headers.append((.setCookie, departure.cookie))
        return reply
    }

    private static func arrive(_ call: Call, _ people: People, isSocial: Bool) async throws -> Reply {
        let arrival = try await people.arrive(
            from: call.path["providerId"] ?? "", isSocial: isSocial, query: call.query,
            cookies: call.headers[values: .cookie], call.visitor)
        var reply = Reply.empty(302)
        reply.headers = [(.location, arrival.address)] + arrival.cookies.map { (.setCookie, $0) }
        return reply
    }

    // MARK: Providers

    private var providers: [Endpoint] {
        [
            make(.post, "/sso/register", .admin, tenant: Self.tenantName, takesBody: true) { [people] call in
                let wish = try Self.wish(call)
                let provider = try await people.registerProvider(
                    wish, of: call.tenant, by: call.administrator, call.visitor)
                return .json(Self.shown(provider, people))
            },
            make(.get, "/sso/providers", .admin, tenant: Self.tenantName) { [people] call in
                let providers = try await people.providers(of: call.tenant)
                return .json(["providers": .array(providers.map { Self.shown($0, people) })])
            },
            make(.post, "/sso/update-provider", .admin, tenant: Self.tenantName, takesBody: true) { [people] call in
                var members = try call.members()
                let id = members.text("providerId", 1...255)
                var change = try Self.change(&members)
                change.domain = members.optionalText("domain", 1...255)
                change.issuer = members.optionalText("issuer", 1...2000)
                try members.finish()
                let provider = try await people.updateProvider(
                    id, change, of: call.tenant, by: call.administrator, call.visitor)
                return .json(Self.shown(provider, people))
            },
            make(.post, "/sso/delete-provider", .admin, tenant: Self.tenantName, takesBody: true) { [people] call in
                var members = try call.members()
                let id = members.text("providerId", 1...255)
                try members.finish()
                try await people.removeProvider(id, of: call.tenant, by: call.administrator, call.visitor)
                return .json(PeopleShapes.success)
            },
        ]
    }

    private static func wish(_ call: Call) throws(Problem) -> People.ProviderWish {
        var members = try call.members()
        let id = members.text("providerId", 1...255)
        if !id.utf8.allSatisfy({ byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x5F].contains(byte)
        }) {
            members.fail("must contain only letters, numbers, hyphens, underscores, and dots", at: "providerId")
        }
        let (domain, issuer) = (members.text("domain", 1...255), members.text("issuer", 1...2000))
        let change = try change(&members)
        if change.clientID == nil { members.fail("Required", at: "clientId") }
        if change.clientSecret == nil { members.fail("Required", at: "clientSecret") }
        try members.finish()
        return People.ProviderWish(
            id: id, domain: domain, issuer: issuer, clientID: change.clientID ?? "",
            clientSecret: change.clientSecret ?? "", scopes: change.scopes, provisions: change.provisions ?? false)
    }

    /// What is said of the client: beside the rest, or in `oidcConfig`.
    private static func change(_ members: inout BodyMembers) throws(Problem) -> People.ProviderChange {
        var change = People.ProviderChange()
        change.provisions = members.flag("autoProvision")
        var inner = try BodyMembers(members.present("oidcConfig") ?? .object(JSONObject()))
        change.clientID = members.optionalText("clientId", 1...500) ?? inner.optionalText("clientId", 1...500)
        change.clientSecret =
            members.optionalText("clientSecret", 1...2000) ?? inner.optionalText("clientSecret", 1...2000)
        if let scopes = members.present("scopes") ?? inner.present("scopes") {
            let texts = scopes.array?.compactMap(\.string)
            if texts?.count != scopes.array?.count || texts?.contains("openid") != true || texts?.count ?? 0 > 50 {
                members.fail("must be at most 50 texts, openid among them", at: "scopes")
            }
            change.scopes = texts
        }
        try inner.finish()
        return change
    }

    /// A provider without its secret.
    private static func shown(_ provider: IdentityProvider, _ people: People) -> JSONValue {
        let document = provider.document
        return [
            "providerId": .string(provider.id), "organizationId": .string(provider.tenant),
            "domain": .string(provider.domain), "issuer": document["issuer"] ?? .null,
            "redirectURI": .string("\(people.publicURL)/api/auth/sso/callback/\(provider.id)"),
            "autoProvision": document["autoProvision"] ?? false,
            "oidcConfig": [
                "clientId": document["clientId"] ?? .null, "scopes": document["scopes"] ?? .null, "pkce": true,
            ],
        ]
    }
}
