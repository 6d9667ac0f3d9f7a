import Testing

@testable import Cryptography

@Suite struct SealingTests {
    private static let shop = ["default", "shop"]
    private let keyring = Keyring(.random())

    @Test(arguments: ["", "a", "sk_live_51", "pässwörd 🦆", String(repeating: "x", count: 10_000)])
    func `what was sealed is opened, and does not show`(_ text: String) throws {
        let sealed = keyring.seal(text, in: Self.shop)
        #expect(try keyring.open(sealed, in: Self.shop) == text)
        #expect(text.count < 3 || !sealed.contains(text))
        #expect(keyring.seal(text, in: Self.shop) != sealed)
        #expect(sealed.hasPrefix("v1.\(keyring.current.id)."))
    }

    @Test(arguments: [
        ["default", "other"], ["other", "shop"], ["default"], ["default", "shop", ""], ["defaults", "hop"],
    ])
    func `a sealed text opens in its own place alone`(_ context: [String]) {
        let sealed = keyring.seal("secret", in: Self.shop)
        #expect(throws: UnsealingError.notGenuine(keyring.current.id)) { try keyring.open(sealed, in: context) }
    }

    @Test func `a ring opens what its earlier keys sealed, and seals with the current one`() throws {
        let old = keyring.current
        let sealed = keyring.seal("secret", in: Self.shop)
        let next = Keyring(.random(), and: [old])
        #expect(try next.open(sealed, in: Self.shop) == "secret")
        #expect(next.seal("secret", in: Self.shop).hasPrefix("v1.\(next.current.id)."))
        let stranger = Keyring(.random())
        #expect(throws: UnsealingError.unknownKey(old.id)) { try stranger.open(sealed, in: Self.shop) }
        #expect(UnsealingError.unknownKey(old.id).description.contains("COVEY_SECRET_KEY"))
    }

    @Test func `keys are read as base64 and hexadecimal, and nothing else is a key`() throws {
        let bytes = Array(UInt8(0xE0)...0xFF)
        let key = try #require(SecretKey(bytes))
        #expect(SecretKey(text: Base64.standard.text(bytes)) == key && SecretKey(text: key.text) == key)
        #expect(SecretKey(text: Base64.url.text(bytes)) == key && SecretKey(text: Base64.url.text(bytes) + "=") == key)
        #expect(SecretKey(text: Hexadecimal.text(bytes).uppercased()) == key)
        for text in ["", "abc", Hexadecimal.text(bytes) + "00", Hexadecimal.text(bytes) + " ", key.text + "="] {
            #expect(SecretKey(text: text) == nil)
        }
        #expect(SecretKey([1, 2, 3]) == nil)
        #expect(try #require(SecretKey(text: key.text)).id == key.id && SecretKey.random().id != key.id)
    }

    @Test func `a key does not show itself`() {
        let key = keyring.current
        var dumped = ""
        dump(keyring, to: &dumped)
        for shown in ["\(key)", String(reflecting: key), "\(keyring)", dumped] {
            #expect(!shown.contains(key.text) && !shown.contains("\(key.bytes[0]), \(key.bytes[1])"), "\(shown.count)")
        }
    }

    @Test func `every changed character of a sealed text is noticed`() {
        let sealed = keyring.seal("a secret of some length", in: Self.shop)
        for position in sealed.indices {
            for other in "A_z9.-=" where other != sealed[position] {
                var changed = sealed
                changed.replaceSubrange(position...position, with: String(other))
                #expect(throws: UnsealingError.self) { try keyring.open(changed, in: Self.shop) }
            }
        }
    }

    @Test func `no text whatever is taken for a sealed one`() {
        let sealed = Array(keyring.seal("secret", in: Self.shop).unicodeScalars)
        let strange = Array("v1.0123456789abcdef.-_=+/ \u{0}é🦆\n\"$".unicodeScalars)
        for _ in 0..<20_000 {
            var text = Bool.random() ? sealed : []
            for _ in 0..<Int.random(in: 1...6) {
                let place = text.indices.randomElement() ?? 0
                switch Int.random(in: 0..<4) {
                case 0: text.insert(strange[Int.random(in: 0..<strange.count)], at: place)
                case 1 where !text.isEmpty: text.remove(at: place)
                case 2: text.removeLast(Int.random(in: 0...text.count))
                default: text += text.prefix(Int.random(in: 0...40))
                }
            }
            if text == sealed { continue }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: text)
            #expect(throws: UnsealingError.self) { try keyring.open(String(view), in: Self.shop) }
        }
        for text in ["", ".", "..", "v1..", "v2.\(keyring.current.id).AAAA", "v1.\(keyring.current.id)."] {
            #expect(throws: UnsealingError.notSealed) { try keyring.open(text, in: Self.shop) }
        }
    }

    @Test func `the envelope's parts are those that were put in`() throws {
        for count in 0..<50 {
            let parts = SealedText(
                key: "0123456789abcdef", nonce: Random.bytes(12), ciphertext: Random.bytes(count), tag: Random.bytes(16)
            )
            #expect(SealedText(parts.text) == parts)
        }
    }

    @Test func `the cipher is that of the standard`() {
        // NIST CAVS for AES-256-GCM: key, nonce and text of zeros (test case 14 of McGrew and Viega).
        let zeros = [UInt8](repeating: 0, count: 16)
        let sealed = GaloisCounterMode.encrypt(
            zeros, key: zeros + zeros, nonce: Array(zeros.prefix(12)), authenticating: [])
        #expect(Hexadecimal.text(sealed.ciphertext) == "cea7403d4d606b6e074ec5d3baf39d18")
        #expect(Hexadecimal.text(sealed.tag) == "d0d1c8a799996bf0265b98b5d48ab919")
    }
}
