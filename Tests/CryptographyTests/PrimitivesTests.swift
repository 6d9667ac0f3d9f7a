import Cryptography
import Testing

@Suite struct PrimitivesTests {
    @Test func `digests are those of the standard`() {
        #expect(SHA256.hexadecimal("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256.hexadecimal("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        // RFC 4231, test case 2.
        let code = HMAC.sha256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(Hexadecimal.text(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(HMAC.sha256([], key: []).count == 32)
    }

    @Test func `base64 is that of the standard, both ways`() {
        let vectors = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE="]
        for (plain, text) in vectors {
            let bytes = Array(plain.utf8)
            #expect(Base64.standard.text(bytes) == text && Base64.standard.bytes(text) == bytes)
            let bare = text.filter { $0 != "=" }
            #expect(Base64.url.text(bytes) == bare && Base64.url.bytes(bare) == bytes)
        }
        #expect(Base64.standard.text([0xFB, 0xFF]) == "+/8=" && Base64.url.text([0xFB, 0xFF]) == "-_8")
        for count in 0..<70 {
            let bytes = Random.bytes(count)
            #expect(Base64.standard.bytes(Base64.standard.text(bytes)) == bytes)
            #expect(Base64.url.bytes(Base64.url.text(bytes)) == bytes)
            #expect(Hexadecimal.bytes(Hexadecimal.text(bytes)) == bytes)
        }
    }

    @Test(arguments: ["Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==\n", " Zg==", "-_8=", "Zg==Zg==", "é==="])
    func `what is no base64 is not taken for some`(_ text: String) {
        #expect(Base64.standard.bytes(text) == nil)
    }

    @Test(arguments: ["Zg==", "Zh", "Z", "+/8", "Zg ", "Zm9vY"])
    func `what is no base64 for addresses is not taken for some`(_ text: String) {
        #expect(Base64.url.bytes(text) == nil)
    }

    @Test func `hexadecimal is read in either case and in no other`() {
        #expect(Hexadecimal.bytes("00fFaB") == [0, 255, 171])
        #expect(Hexadecimal.bytes("") == [])
        for text in ["0", "0g", "0x00", "é", "  "] { #expect(Hexadecimal.bytes(text) == nil) }
    }

    @Test func `comparing tells equal from unequal of any length`() {
        #expect(ConstantTime.areEqual([], []) && ConstantTime.areEqual([1, 2], [1, 2]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 3]) && !ConstantTime.areEqual([1], [1, 2]))
        #expect(ConstantTime.areEqual("key", "key") && !ConstantTime.areEqual("key", "keys"))
    }

    @Test func `random text has its length, and comes but once`() {
        #expect((0..<40).map { Random.alphanumerics($0).count } == Array(0..<40))
        let texts = (0..<200).map { _ in Random.alphanumerics(12) }
        #expect(Set(texts).count == 200)
        #expect(Set(texts.joined()).count == 62)
    }

    @Test func `a hash is of its secret alone, and of the documented form`() throws {
        let hash = SecretHash.make("longsecret1")
        #expect(try #require(Base64.standard.bytes(hash)).count == 96)
        #expect(SecretHash.matches(hash, "longsecret1"))
        #expect(!SecretHash.matches(hash, "longsecret2") && !SecretHash.matches(hash, ""))
        #expect(SecretHash.make("longsecret1") != hash)
        #expect(SecretHash.matches(SecretHash.make(""), ""))
        for broken in ["", "x", String(hash.dropLast(4)), hash + "AAAA", String(hash.dropLast())] {
            #expect(!SecretHash.matches(broken, "longsecret1"))
        }
    }

    @Test func `hashes are those that other implementations of scrypt make`() throws {
        // crypto.scryptSync("pässword", "0…31", 64) of Node, whose defaults these are.
        let salt = Array(UInt8(0)..<32)
        let key = try #require(Hexadecimal.bytes(Self.key))
        #expect(SecretHash.matches(Base64.standard.text(salt + key), "pässword"))
    }

    private static let key =
        "4eabc01caa6f3d85f5d2d81da91bcf692bc5c41439666ff3facda0600a35a2ed"
        + "f96fc67e9082882f76a49b5f21d3ee878cb5bfe826aa8c5c490285f79d046ece"
}
