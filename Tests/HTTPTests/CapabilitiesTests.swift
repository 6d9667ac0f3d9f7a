import Catalog
import CoveyTesting
import JavaScript
import Outbound
import Testing

@testable import HTTP

struct CapabilitiesTests {
    @Test func `a member learns what the server can do, a stranger nothing`() async throws {
        var options = TestApp.Options()
        options.authentication = Authenticator.Configuration(manageBypassSecret: "a-secret-of-many-letters")
        try await TestApp.run(options) { app in
            #expect(try await app.client.send("GET", "/manage/capabilities").status == 401)
            let reply = try await app.client.send(
                "GET", "/manage/capabilities", headers: ["Authorization": "Bearer a-secret-of-many-letters"])
            #expect(reply.status == 200)
            #expect(reply.json["sandbox"]?["configured"]?.bool != nil)
            #expect(reply.json["modelFallback"] == ["enabled": false])
            #expect(reply.json["costTracking"] == ["enabled": false])
        }
    }

    @Test func `functions may be made where they can be checked`() {
        let with = Capabilities.answer(.library("/usr/lib/libparser.so"))
        #expect(with["sandbox"] == ["configured": true, "provider": "native"])
        #expect(Capabilities.answer(.none("not installed"))["sandbox"] == ["configured": false])
    }

    @Test func `what is not JavaScript is no function`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            let path = tenantPath + "/projects/p/functions"
            let good: JSONValue = ["id": "f", "executeCode": "async ({ a }) => { return a?.b ?? 1 }"]
            #expect(try await app.client.send("POST", path, good).status == 201)
            let bad: JSONValue = ["id": "g", "executeCode": "async (a) => { return a"]
            let reply = try await app.client.send("POST", path, bad)
            #expect(reply.status == 400)
            #expect(reply.json["errors"]?[0]?["pointer"] == "/executeCode", "\(reply.text)")
        }
    }
}
