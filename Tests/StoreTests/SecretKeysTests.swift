import Catalog
import Cryptography
import Testing

@testable import Store

@Suite struct SecretKeysTests {
    private func problem(_ store: Store, _ keyring: Keyring) async throws -> SecretKeyProblem? {
        do {
            try await store.admit(keyring, at: 1)
            return nil
        } catch let problem as SecretKeyProblem {
            return problem
        }
    }

    @Test(arguments: Engine.available) func `the first server's key becomes the database's`(_ engine: Engine)
        async throws
    {
        try await withStore(engine) { store in
            let keyring = Keyring(.random())
            #expect(try await store.secretKeys() == [])
            try await store.admit(keyring, at: 1)
            try await store.admit(keyring, at: 2)
            #expect(try await store.secretKeys() == [keyring.current.id])
        }
    }

    @Test(arguments: Engine.available) func `a server with another key is refused and leaves no trace`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let keyring = Keyring(.random())
            try await store.admit(keyring, at: 1)
            let refusal = try await problem(store, Keyring(.random()))
            #expect(refusal == .missing(keyring.current.id))
            let sentence = try #require(refusal?.description)
            #expect(sentence.contains(keyring.current.id) && sentence.contains("COVEY_SECRET_KEY"))
            #expect(try await store.secretKeys() == [keyring.current.id])
        }
    }

    @Test(arguments: Engine.available) func `a new key joins while the old one is held, and both are needed then`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let (old, new) = (SecretKey.random(), SecretKey.random())
            try await store.admit(Keyring(old), at: 1)
            try await store.admit(Keyring(new, and: [old]), at: 2)
            #expect(try await store.secretKeys() == [old.id, new.id])
            #expect(try await problem(store, Keyring(old)) == .missing(new.id))
            #expect(try await problem(store, Keyring(new)) == .missing(old.id))
            #expect(try await problem(store, Keyring(old, and: [new])) == nil)
            #expect(try await store.secretKeys() == [old.id, new.id])
        }
    }

    @Test(arguments: Engine.available) func `of servers that start at once with keys of their own one is let in`(
        _ engine: Engine
    ) async throws {
        try await withStore(engine) { store in
            let rings = (0..<8).map { _ in Keyring(.random()) }
            let refusals = try await withThrowingTaskGroup(of: (String, SecretKeyProblem?).self) { group in
                for ring in rings { group.addTask { (ring.current.id, try await problem(store, ring)) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let admitted = refusals.filter { $0.1 == nil }.map(\.0)
            #expect(admitted.count == 1)
            #expect(try await store.secretKeys() == admitted)
            for case (_, let refusal?) in refusals { #expect(refusal == .missing(admitted[0])) }
        }
    }

    @Test(arguments: Engine.available) func `a damaged proof is told from a missing key`(_ engine: Engine) async throws
    {
        try await withStore(engine) { store in
            let keyring = Keyring(.random())
            try await store.admit(keyring, at: 1)
            let other = keyring.seal("something else", in: ["covey"])
            for proof in [other, "nonsense", keyring.seal("secret key", in: ["elsewhere"])] {
                try await store.database.write(.full) {
                    _ = try $0.execute(Statement("UPDATE secret_key SET proof = $1"), [.text(proof)])
                }
                #expect(try await problem(store, keyring) == .wrong(keyring.current.id))
            }
        }
    }
}
