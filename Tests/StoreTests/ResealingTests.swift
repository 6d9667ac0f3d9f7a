import Catalog
import Cryptography
import Testing

@testable import Store

@Suite struct ResealingTests {
    private func key(_ byte: UInt8) throws -> SecretKey {
        try #require(SecretKey([UInt8](repeating: byte, count: SecretKey.length)))
    }

    @Test(arguments: Engine.available) func `a new key takes the place of the old one everywhere`(_ engine: Engine)
        async throws
    {
        let (old, new) = (Keyring(try key(1)), Keyring(try key(2), and: [try key(1)]))
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let context = branch.sealingContext
            // More rows than one step takes.
            try await store.write(in: branch, actor: "ann", at: 1) { transaction in
                for number in 0..<1203 {
                    let sealed: JSONValue = [
                        "name": "t", "headers": ["x": .string(old.seal("\(number)", in: context))],
                    ]
                    _ = try transaction.put(ResourceKey(kind: "tool", id: "w\(number)"), sealed, [])
                }
            }
            let before = try #require(try await store.resource(ResourceKey(kind: "tool", id: "w7"), in: branch))
            // The resource and its change hold the secret, each.
            let done = try await store.reseal(with: new)
            #expect(done == Resealing(sealed: 2406, left: 0))
            let after = try #require(try await store.resource(ResourceKey(kind: "tool", id: "w7"), in: branch))
            let text = try #require(after.document["headers"]?["x"]?.string)
            #expect(try Keyring(try key(2)).open(text, in: context) == "7")
            #expect(after.revision == before.revision && after.updatedAt == before.updatedAt)
            #expect(try await store.reseal(with: new) == Resealing(), "a second time there is nothing to do")
        }
    }

    @Test(arguments: Engine.available) func `what no key opens stays, and is counted`(_ engine: Engine) async throws {
        let (lost, ring) = (Keyring(try key(9)), Keyring(try key(2), and: [try key(1)]))
        try await withStore(engine) { store in
            let branch = try await store.makeProject()
            let elsewhere = Keyring(try key(1)).seal("x", in: ["other", "project"])
            let document: JSONValue = [
                "a": .string(lost.seal("x", in: branch.sealingContext)), "b": .string(elsewhere), "c": "v1.not.sealed",
            ]
            try await store.put(ResourceKey(kind: "tool", id: "w"), document, in: branch)
            #expect(try await store.reseal(with: ring) == Resealing(sealed: 0, left: 4))
            #expect(try await store.resource(ResourceKey(kind: "tool", id: "w"), in: branch)?.document == document)
        }
    }
}
