import Catalog
import CoveyTesting
import Foundation
import Outbound
import Testing

/// People by the command line, with the built binary as operators use it.
struct UserCommandTests {
    private static let password = "Correct-Horse-9-Battery"
    private static let secret = "manage-secret-of-the-operator"

    private static func signIn(_ server: BuiltServer, _ email: String, _ password: String) async throws -> Int {
        try await server.client.call(
            "POST", "/api/auth/sign-in/email", ["email": .string(email), "password": .string(password)]
        ).status
    }

    @Test(.enabled(if: BuiltServer.binary != nil, "covey is not built beside the tests"), .timeLimit(.minutes(8)))
    func `people are made without a server, and beside one`() async throws {
        let folder = try DataFolder()
        let made = try await folder.covey(
            ["user", "create", "--email", "ann@x.io", "--owner", "--password-stdin"],
            input: Self.password + "\n")
        #expect(made.status == 0 && made.output == "ann@x.io is owner of tenant default.\n", "\(made.output)")
        let weak = try await folder.covey(
            ["user", "password", "--email", "ann@x.io", "--password-stdin"], input: "short\n")
        #expect(weak.status != 0 && weak.output.contains("at least 15 characters"), "\(weak.output)")
        let server = try await BuiltServer(
            folder: folder.url, isDevelopment: false, environment: ["COVEY_MANAGE_BYPASS_SECRET": Self.secret])
        #expect(try await Self.signIn(server, "ann@x.io", Self.password) == 200)

        let locked = try await folder.covey(["user", "list"])
        #expect(locked.status != 0 && locked.output.contains("COVEY_MANAGE_BYPASS_SECRET"), "\(locked.output)")
        let beside = ["COVEY_MANAGE_BYPASS_SECRET": Self.secret, "COVEY_PUBLIC_URL": server.address]
        let bob = try await folder.covey(
            ["user", "create", "--email", "bob@x.io", "--admin"], environment: beside)
        #expect(bob.status == 0 && bob.output.contains("bob@x.io is admin of tenant default."), "\(bob.output)")
        #expect(bob.output.contains("/reset-password?token="))
        let set = try await folder.covey(
            ["user", "password", "--email", "bob@x.io", "--password-stdin"],
            input: Self.password + "\n", environment: beside)
        #expect(set.status == 0, "\(set.output)")
        #expect(try await Self.signIn(server, "bob@x.io", Self.password) == 200)
        let list = try await folder.covey(["user", "list"], environment: beside)
        #expect(list.output.contains("ann@x.io  owner  ann") && list.output.contains("bob@x.io  admin  bob"))
        #expect(server.stop() == 0)
    }

    @Test(.enabled(if: BuiltServer.binary != nil, "covey is not built beside the tests"), .timeLimit(.minutes(8)))
    func `the environment names the first owner`() async throws {
        let folder = try DataFolder()
        let environment = [
            "INKEEP_AGENTS_MANAGE_UI_USERNAME": "root@x.io", "COVEY_ADMIN_PASSWORD": Self.password, "TENANT_ID": "acme",
        ]
        for _ in 0..<2 {
            let server = try await BuiltServer(folder: folder.url, isDevelopment: false, environment: environment)
            let signedIn = try await server.client.call(
                "POST", "/api/auth/sign-in/email", ["email": "root@x.io", "password": .string(Self.password)])
            let token = try #require(signedIn.body["token"]?.string, "\(signedIn.body.jsonText)")
            let me = try await server.client.call(
                "GET", "/manage/api/cli/me", headers: ["authorization": "Bearer \(token)"])
            #expect(me.body["organization"]?["id"] == "acme" && me.body["organization"]?["role"] == "owner")
            #expect(server.stop() == 0)
        }
    }
}
