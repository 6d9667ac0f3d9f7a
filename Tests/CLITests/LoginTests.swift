import ArgumentParser
import Foundation
import Outbound
import Synchronization
import Testing

@testable import CLI

struct LoginTests {
    private static let code = #"""
        {"device_code":"dev","user_code":"BCDF2345","interval":5,
        "verification_uri_complete":"http://h/device?user_code=BCDF2345"}
        """#

    @Test func `login polls as it is told, keeps the token for its owner, and all commands send it`() async throws {
        let home = try ScratchFolder()
        let answers = Mutex([
            (400, #"{"error":"authorization_pending"}"#), (400, #"{"error":"slow_down"}"#),
            (200, #"{"access_token":"token-of-ann"}"#),
        ])
        let fake = FakeWorld(environment: ["HOME": home.url.path]) { call in
            switch call.path {
            case "/api/auth/device/code": (200, Self.code)
            case "/api/auth/device/token": answers.withLock { $0.removeFirst() }
            case "/api/auth/get-session": (200, #"{"user":{"email":"ann@x.io"}}"#)
            case "/api/auth/sign-out": (200, #"{"success":true}"#)
            default:
                (200, #"{"user":{"id":"u","email":"ann@x.io"},"organization":{"id":"default","role":"owner"}}"#)
            }
        }
        let pauses = Mutex<[Duration]>([])
        var world = fake.world
        world.pause = { pause in pauses.withLock { $0.append(pause) } }
        try await Login.parse(["--server", "h:1"]).run(in: world)
        #expect(pauses.withLock { $0 } == [.seconds(5), .seconds(5), .seconds(10)])
        #expect(fake.printed.contains("http://h/device?user_code=BCDF2345") && fake.printed.contains("BCDF-2345"))
        #expect(fake.printed.contains("Signed in to http://h:1 as ann@x.io."))
        #expect(!fake.printed.contains("token-of-ann"))
        let file = home.url.appending(path: ".config/covey/credentials.json").path
        let rights = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(rights == 0o600)

        try await WhoAmI.parse(["--server", "h:1"]).run(in: world)
        #expect(fake.made.last?.headers["Authorization"] == "Bearer token-of-ann")
        #expect(fake.printed.contains("ann@x.io at http://h:1, owner of default"))
        // Another server never sees it, and a key goes before it.
        try await WhoAmI.parse(["--server", "other:1"]).run(in: world)
        #expect(fake.made.last?.headers["Authorization"] == nil)
        try await WhoAmI.parse(["--server", "h:1", "--key", "secret"]).run(in: world)
        #expect(fake.made.last?.headers["Authorization"] == "Bearer secret")

        try await Logout.parse(["--server", "h:1"]).run(in: world)
        #expect(fake.made.last?.path == "/api/auth/sign-out")
        #expect(fake.made.last?.headers["Authorization"] == "Bearer token-of-ann")
        try await WhoAmI.parse(["--server", "h:1"]).run(in: world)
        #expect(fake.made.last?.headers["Authorization"] == nil)
    }

    @Test(arguments: [("access_denied", "denied"), ("expired_token", "expired"), ("x", "gives no token")])
    func `a login that fails says why and keeps nothing`(_ error: String, _ says: String) async throws {
        let home = try ScratchFolder()
        let fake = FakeWorld(environment: ["HOME": home.url.path]) { call in
            call.path == "/api/auth/device/code" ? (200, Self.code) : (400, #"{"error":"\#(error)"}"#)
        }
        var world = fake.world
        world.pause = { _ in }
        let command = try Login.parse([])
        let failure = await #expect(throws: CommandFailure.self) { try await command.run(in: world) }
        #expect(failure?.description.contains(says) == true)
        #expect(home.text(".config/covey/credentials.json") == nil)
    }
}
