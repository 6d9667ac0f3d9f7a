import Access
import Catalog
import CoveyTesting
import HTTP
import Outbound
import Store
import Testing

/// What strangers do is on record, and they cannot fill it.
@Suite struct StrangersOnRecordTests {
    private func refusal(_ number: Int, of tenant: String = "default", at now: Int64) -> AuditRecord {
        AuditRecord(
            tenant: tenant, at: now, actor: "unknown", means: "unknown", action: "knock", outcome: .refused,
            address: "192.0.2.\(number)")
    }

    private func refused(_ store: Store, _ tenant: String) async throws -> [AuditRecord] {
        let page = Page(query: ["limit": "100"])
        return try await store.audit(of: tenant, AuditQuery(outcome: .refused), page).entries.map(\.record)
    }

    @Test func `so many refusals are told apart in a minute, and the rest is counted`() async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            let trail = AuditTrail(app.store)
            for number in 0..<100 { trail.note(stranger: refusal(number, at: 1000)) }
            try await trail.flush(at: 2000)
            #expect(try await refused(app.store, "default").count == AuditTrail.strangersMax)
            for number in 0..<100 { trail.note(stranger: refusal(number, at: 3000)) }
            try await trail.flush(at: 60_999)
            #expect(try await refused(app.store, "default").count == AuditTrail.strangersMax)
            try await trail.flush(at: 61_000)
            let all = try await refused(app.store, "default")
            #expect(all.count == 2 * AuditTrail.strangersMax + 1 && all.reduce(0) { $0 + $1.amount } == 200)
            let many = all.filter { $0.actor == "many" }
            #expect(many.count == 1 && many.first?.amount == 140 && many.first?.address == "")
            // A new minute, new names.
            trail.note(stranger: refusal(200, at: 62_000))
            try await trail.flush(at: 62_000)
            #expect(try await refused(app.store, "default").first?.address == "192.0.2.200")
        }
    }

    @Test func `tenants that are made up get no records`() async throws {
        try await TestApp.run { app in
            let trail = AuditTrail(app.store)
            for number in 0..<200 { trail.note(stranger: refusal(1, of: "made-up-\(number)", at: 1)) }
            try await trail.flush()
            #expect(try await app.store.auditedTenants() == [""])
            let all = try await refused(app.store, "")
            #expect(all.count <= 2 * AuditTrail.strangersTenantsMax && all.reduce(0) { $0 + $1.amount } == 200)
        }
    }

    @Test func `a person is on record where they do not belong, if there is such a tenant`() async throws {
        try await TestApp.run(.forPeople) { app in
            _ = try await app.person("owner@x.io", as: .owner)
            let ann = try await app.person("ann@x.io", as: .owner, in: "elsewhere")
            for tenant in ["default", "made-up"] {
                let reply = try await app.client.send(
                    "GET", "/manage/tenants/\(tenant)/projects", headers: ann.bearer)
                #expect(reply.status == 403)
            }
            let owner = try await app.signIn("owner@x.io")
            let shown = try await app.client.send(
                "GET", tenantPath + "/audit?outcome=refused", headers: owner.bearer)
            #expect(shown.data.array?.compactMap { $0["actor"]?.string } == [ann.id], "\(shown.text)")
            #expect(try await app.store.auditedTenants().contains("made-up") == false)
            let none = try await refused(app.store, "")
            #expect(none.map(\.target) == ["/manage/tenants/made-up/projects"] && none.first?.actor == ann.id)
        }
    }

    @Test func `who is refused at an app is on record for its tenant`() async throws {
        let options = RunnerApp.options {
            $0.workSecret = RunnerApp.workSecret
            $0.workDifficulty = 500
        }
        try await RunnerApp.run(options) { app, manager in
            let id = try await manager.makeWidget()
            let foreign = try await app.client.send(
                "POST", "/run/auth/apps/\(id)/anonymous-session",
                headers: RunnerApp.page(id, origin: "https://evil.org"))
            #expect(foreign.status == 403)
            #expect(try await app.client.visit(id).status == 400, "no solution")
            let asked = try await app.client.send(
                "GET", "/run/auth/challenge?appId=\(id)", headers: RunnerApp.page(id, origin: "https://evil.org"))
            #expect(asked.status == 403)
            let wrong = try await app.client.send(
                "POST", "/run/auth/challenge/verify?appId=\(id)", ["payload": "x"], headers: RunnerApp.page(id))
            #expect(wrong.json["verified"] == false)
            #expect(try await app.client.visit("app_nowhere").status == 404)
            #expect(try await app.client.send("GET", "/run/auth/pow/challenge").status == 200)
            let reply = try await manager.send("GET", tenantPath + "/audit?outcome=refused")
            let found = reply.data.array ?? []
            #expect(
                Set(found.compactMap { $0["action"]?.string })
                    == ["create-anonymous-session", "get-challenge", "verify-challenge"], "\(reply.text)")
            #expect(found.allSatisfy { $0["target"] == .string(id) && $0["means"] == "anonymous" })
            #expect(found.reduce(0) { $0 + ($1["amount"]?.integer ?? 0) } == 4)
            let none = try await refused(app.store, "")
            #expect(none.map(\.target) == ["app_nowhere"] && none.first?.action == "create-anonymous-session")
        }
    }
}
