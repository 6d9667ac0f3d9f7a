import CoveyTesting
import Files
import Foundation
import Testing

/// Where bytes are kept: under which keys, and that they are there afterwards.
@Suite struct BlobStoreTests {
    static func content(_ text: String = "Hello") throws -> FileContent {
        try FileContent(Array(text.utf8), as: #require(FileType("text/plain")))
    }

    static func key(_ content: FileContent, in conversation: String = "c", tenant: String = "t") -> BlobKey {
        BlobKey(tenant: tenant, project: "p", conversation: conversation, message: "m", content: content)
    }

    @Test func `a key follows from its place and its content`() throws {
        let content = try Self.content()
        let key = Self.key(content)
        let digest = "185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969"
        #expect(key.text == "v1/t_t/media/p_p/conv/c_c/m_m/sha256-\(digest).txt")
        #expect(key.address == "blob://" + key.text && BlobKey(address: key.address) == key)
        #expect(key.tail == "m_m/sha256-\(digest).txt")
        #expect(BlobKey(tenant: "t", project: "p", conversation: "c", tail: key.tail) == key)
        let odd = Self.key(content, in: "../../x y/%2e", tenant: String(repeating: "ü", count: 100))
        #expect(!odd.text.contains("/../") && odd.text.contains("c_..%2F..%2Fx%20y%2F%252e/"))
        #expect(odd.text.split(separator: "/").allSatisfy { $0.utf8.count < 200 })
        #expect(BlobKey(address: odd.address) == odd)
        #expect(Self.key(content, in: "~x") != Self.key(content, in: "~y"))
    }

    @Test(arguments: [
        "../m_m/sha256-0.txt", "m_m/../../c_other/m_m/sha256-0.txt", "m_m/x", "", "m_m", "/etc/passwd",
        "m_m/sha256-185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969.txt/x",
        "m_m/sha256-185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969.t/../x",
        "m_m\u{0}/sha256-185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969.txt",
    ]) func `what leads elsewhere is no key`(_ tail: String) {
        #expect(BlobKey(tenant: "t", project: "p", conversation: "c", tail: tail) == nil)
        #expect(BlobKey(address: "blob://v1/t_t/media/p_p/conv/c_c/" + tail) == nil)
        #expect(BlobKey(address: tail) == nil)
    }

    private static func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            .path(percentEncoded: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    @Test func `a folder keeps what it is given, once`() async throws {
        try await Self.withFolder { folder in
            let store = BlobStore.folder(folder)
            let content = try Self.content()
            let key = Self.key(content)
            #expect(try await store.get(key) == nil)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await store.put(key, content) } }
                try await group.waitForAll()
            }
            #expect(try await store.get(key) == content.bytes)
            let path = "\(folder)/\(key.text)"
            let left = try FileManager.default.contentsOfDirectory(
                atPath: String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
            #expect(left.count == 1, "nothing half-written stays: \(left)")
            let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(rights == 0o600)
            // What was cut short is written anew.
            try Data([1]).write(to: URL(filePath: path))
            try await store.put(key, content)
            #expect(try await store.get(key) == content.bytes)
            #expect(store.address(key, BlobHeaders(mediaType: "a/b", disposition: "inline"), 0) == nil)
        }
    }

    @Test func `a folder that cannot be written says so`() async throws {
        try await Self.withFolder { folder in
            try Data([1]).write(to: URL(filePath: folder))
            let store = BlobStore.folder(folder)
            let content = try Self.content()
            await #expect(throws: BlobFailure.self) { try await store.put(Self.key(content), content) }
            #expect(try await store.get(Self.key(content)) == nil)
        }
    }
}
