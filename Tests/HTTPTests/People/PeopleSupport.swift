import Access
import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

/// A password that the rules take.
let goodPassword = "Correct-Horse-9-Battery"

/// The origin of the apps of these tests, where they have one.
let testOrigin = "http://covey.test"

extension TestApp.Options {
    /// A server for people, in production: nobody gets in without a credential.
    static var forPeople: TestApp.Options {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: "manage-secret-of-people")
        options.publicURL = testOrigin
        return options
    }
}

/// Somebody who has signed in, by a bearer token and by a cookie.
struct TestPerson: Sendable {
    let token: String
    let cookie: String
    let id: String

    init(_ reply: TestReply) throws {
        token = try #require(reply.json["token"]?.string, "\(reply.status) \(reply.text)")
        id = try #require(reply.json["user"]?["id"]?.string)
        let set = try #require(reply.headers["set-cookie"])
        cookie = String(set.prefix { $0 != ";" })
    }

    var bearer: HTTPHeaders { ["authorization": "Bearer \(token)"] }
    var cookies: HTTPHeaders { ["cookie": cookie] }
    var cookiesFromPage: HTTPHeaders { ["cookie": cookie, "origin": testOrigin] }
}

extension TestApp {
    /// The headers of the operator's secret.
    static let operatorHeaders: HTTPHeaders = ["authorization": "Bearer manage-secret-of-people"]

    /// Signs in; records an issue when it cannot.
    func signIn(_ email: String, _ password: String = goodPassword) async throws -> TestPerson {
        try TestPerson(
            try await client.send(
                "POST", "/api/auth/sign-in/email", ["email": .string(email), "password": .string(password)]))
    }

    /// Makes somebody a member, and signs them in.
    func person(
        _ email: String, as role: OrganizationRole = .member, in tenant: String = "default"
    ) async throws -> TestPerson {
        _ = try await people.admit(email, name: "A Tester", password: goodPassword, to: tenant, as: role)
        return try await signIn(email)
    }

    /// What is on record of a tenant, the newest first: action, outcome and actor.
    func audited(_ tenant: String = "default") async throws -> [String] {
        try await store.audit(of: tenant, .init(), Page(query: ["limit": "100"])).entries.map { entry in
            "\(entry.record.action) \(entry.record.outcome.rawValue)"
        }
    }
}
