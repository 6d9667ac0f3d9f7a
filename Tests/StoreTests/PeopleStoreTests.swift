import Catalog
import Store
import Testing

/// What is kept of people and of what lets them in, on both engines, by many at once.
@Suite struct PeopleStoreTests {
    private static func account(_ id: String, _ email: String? = nil) -> Account {
        Account(id: id, email: email ?? "\(id)@X.io", name: id, createdAt: 1)
    }

    /// Runs `body` so many times at once and answers how often it was true.
    private static func many(_ count: Int, _ body: @Sendable @escaping (Int) async throws -> Bool) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            var found = 0
            for try await isSo in group where isSo { found += 1 }
            return found
        }
    }

    @Test(arguments: Engine.available) func `an account is found by its address in any case, and is one`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            var ann = Self.account("ann", "Ann@X.io")
            ann.attributes = ["a": [1, nil]]
            let made = ann
            #expect(try await store.readAccess { try !$0.hasAccounts() })
            try await store.writeAccess { try $0.insert(made) }
            #expect(try await store.readAccess { try $0.account(email: " aNN@x.io") } == made)
            let twice = try await storeError {
                try await store.writeAccess { try $0.insert(Self.account("other", "ANN@x.io")) }
            }
            guard case .uniqueViolation = twice else {
                Issue.record("\(String(describing: twice))")
                return
            }
            try await store.writeAccess { access in
                try access.insertIdentity(provider: "google", subject: "g1", account: "ann", at: 2)
                try access.insertIdentity(provider: "google", subject: "g1", account: "ann", at: 3)
            }
            let known = try await store.readAccess { access in
                (try access.account(provider: "google", subject: "g1")?.id, try access.identities(of: "ann"))
            }
            #expect(known.0 == "ann" && known.1 == ["google"])
        }
    }

    @Test(arguments: Engine.available) func `a session ends by time, by itself and with the others`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            try await store.writeAccess { access in
                for id in ["ann", "bob"] { try access.insert(Self.account(id)) }
                for (digest, account) in [("a1", "ann"), ("a2", "ann"), ("a3", "ann"), ("b1", "bob")] {
                    try access.insert(
                        AccountSession(
                            digest: digest, id: "id-\(digest)", account: account, organization: "t", address: nil,
                            agent: nil, createdAt: 10, expiresAt: digest == "a3" ? 20 : 100))
                }
            }
            let found = try await store.readAccess { access in
                (try access.session("a3", at: 19)?.account.id, try access.session("a3", at: 20) == nil)
            }
            #expect(found == ("ann", true))
            let ended = try await store.writeAccess { access in
                // Nobody ends what is not theirs, by either name.
                try [access.endSession("b1", of: "ann"), access.endSession("id-a1", of: "ann")]
            }
            #expect(ended == [false, true])
            try await store.writeAccess { try $0.leave("t", account: "ann") }
            let left = try await store.readAccess { try $0.sessions(of: "ann", at: 19).map(\.organization) }
            #expect(left == [nil, nil])
            let count = try await store.writeAccess { access in
                try access.removeExpired(at: 20)
                return try access.endSessions(of: "ann", except: "a2")
            }
            #expect(count == 0)
            #expect(try await store.readAccess { try $0.session("b1", at: 20)?.session.organization } == "t")
        }
    }

    @Test(arguments: Engine.available) func `a ticket is taken once, by one of many`(_ engine: Engine) async throws {
        try await withStore(engine) { store in
            let ticket = Ticket(
                purpose: "p", digest: "d", subject: "s", data: ["a": 1], createdAt: 1, expiresAt: 10)
            try await store.writeAccess { try $0.insert(ticket) }
            let looked = try await store.readAccess { access in
                (
                    try access.ticket("p", "d", at: 9), try access.ticket("q", "d", at: 9),
                    try access.ticket("p", "d", at: 10)
                )
            }
            #expect(looked.0 == ticket && looked.1 == nil && looked.2 == nil)
            let taken = try await Self.many(8) { _ in
                try await store.writeAccess { try $0.takeTicket("p", "d", at: 9) != nil }
            }
            #expect(taken == 1)
        }
    }

    @Test(arguments: Engine.available) func `attempts at once are as many as one after another`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let rule = AttemptRule(free: 3, firstMs: 1000, longestMs: 4000, memoryMs: 60_000)
            let let1 = try await Self.many(20) { _ in
                try await store.writeAccess { try $0.reserveAttempt("a", rule, at: 1000) == nil }
            }
            #expect(let1 == 4)
            func attempt(_ now: Int64) async throws -> Int64? {
                try await store.writeAccess { try $0.reserveAttempt("a", rule, at: now) }
            }
            #expect(try await attempt(1999) == 2000)
            #expect(try await attempt(2000) == nil)
            #expect(try await attempt(3999) == 4000)
            #expect(try await attempt(4000) == nil)
            #expect(try await attempt(4001) == 8000)
            #expect(try await attempt(8000) == nil)
            #expect(try await attempt(8001) == 12_000)
            // After a while it is forgotten.
            for _ in 0..<3 { #expect(try await attempt(68_001) == nil) }
            try await store.writeAccess { try $0.forgetAttempts("a") }
            #expect(try await attempt(68_001) == nil)
        }
    }

    @Test(arguments: Engine.available) func `an invitation is accepted once, and roles go with the member`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let invitation = Invitation(
                id: "i", tenant: "t", email: "Ann@x.io", role: .member, assignments: [("p", .viewer), ("q", .admin)],
                inviter: "bob", createdAt: 1, expiresAt: 10)
            try await store.writeAccess { access in
                try access.insert(Organization(id: "t", name: "T", createdAt: 1))
                try access.insert(Organization(id: "t", name: "again", createdAt: 2))
                try access.insert(Self.account("ann", "ann@x.io"))
                try access.insert(invitation)
            }
            let open = try await store.readAccess { access in
                (try access.openInvitations(to: "ANN@x.io", at: 9), try access.openInvitations(to: "ann@x.io", at: 10))
            }
            #expect(open.0 == [invitation] && open.1.isEmpty)
            let ended = try await Self.many(6) { _ in
                try await store.writeAccess { try $0.end(invitation, as: .accepted) }
            }
            #expect(ended == 1)
            let member = OrganizationMember(id: "m", tenant: "t", account: "ann", role: .member, createdAt: 3)
            let rights = try await store.writeAccess { access in
                let made = try [access.insert(member), access.insert(member)]
                #expect(made == [true, false])
                try access.setProjectRole(.viewer, of: "ann", tenant: "t", project: "p", at: 4)
                try access.setProjectRole(.admin, of: "ann", tenant: "t", project: "p", at: 5)
                return try access.rights(of: "ann", tenant: "t", project: "p")
            }
            #expect(rights == Rights(organization: .member, project: .admin))
            let left = try await store.writeAccess { access in
                try access.remove(member)
                return try access.projectRoles(of: "ann", tenant: "t").count
            }
            #expect(left == 0)
            #expect(try await store.readAccess { try $0.organization("t")?.name } == "T")
        }
    }

    @Test(arguments: Engine.available) func `who changes the members of a tenant does so one after another`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            try await store.writeAccess { access in
                try access.insert(Organization(id: "t", name: "T", createdAt: 1))
                for number in 0..<6 {
                    try access.insert(Self.account("a\(number)"))
                    try access.insert(
                        OrganizationMember(
                            id: "m\(number)", tenant: "t", account: "a\(number)", role: .owner, createdAt: 1))
                }
            }
            let gone = try await Self.many(6) { number in
                try await store.writeAccess { access in
                    _ = try access.lockOrganization("t")
                    guard try access.ownersCount(of: "t") > 1, let member = try access.member(id: "m\(number)") else {
                        return false
                    }
                    try access.remove(member)
                    return true
                }
            }
            #expect(gone == 5)
            #expect(try await store.readAccess { try $0.ownersCount(of: "t") } == 1)
        }
    }

    @Test(arguments: Engine.available) func `what a job throws is thrown on, and nothing of it is kept`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            var thrown: (any Error)?
            do {
                try await store.writeAccess { access in
                    try access.insert(Self.account("ann"))
                    try access.append([
                        AuditRecord(tenant: "t", at: 1, actor: "ann", means: "session", action: "sign-up")
                    ])
                    throw Problem.conflict("no")
                }
            } catch {
                thrown = error
            }
            #expect(thrown as? Problem == Problem.conflict("no"))
            let (kept, tenants) = (
                try await store.readAccess { try $0.account("ann") }, try await store.auditedTenants()
            )
            #expect(kept == nil && tenants.isEmpty)
        }
    }

    @Test(arguments: Engine.available) func `a device code and a provider are kept as they were`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            var code = DeviceCode(
                digest: "d", userCode: "BCDF2345", client: "c", scope: nil, intervalMs: 5000, createdAt: 1,
                expiresAt: 10)
            let made = code
            try await store.writeAccess { access in
                try access.insert(Self.account("ann"))
                try access.insert(made)
            }
            (code.status, code.account, code.askedAt) = (.approved, "ann", 7)
            let approved = code
            try await store.writeAccess { try $0.update(approved) }
            #expect(try await store.writeAccess { try $0.deviceCode(userCode: "BCDF2345") } == approved)
            try await store.writeAccess { try $0.removeDeviceCode(digest: "d") }
            #expect(try await store.writeAccess { try $0.deviceCode(digest: "d") } == nil)

            var provider = IdentityProvider(
                tenant: "t", id: "corp", domain: "x.io", document: ["issuer": "i"], createdAt: 1)
            let registered = provider
            try await store.writeAccess { try $0.insert(registered) }
            let same = IdentityProvider(tenant: "u", id: "corp", domain: "y.io", document: [:], createdAt: 1)
            #expect(try await storeError { try await store.writeAccess { try $0.insert(same) } } != nil)
            provider.domain = "z.io"
            let moved = provider
            try await store.writeAccess { try $0.update(moved) }
            let found = try await store.readAccess { access in
                (try access.identityProviders(domain: "Z.io"), try access.identityProviders(domain: "x.io"))
            }
            #expect(found.0 == [moved] && found.1.isEmpty)
        }
    }
}
