import Access
import Catalog
import Cryptography
import Testing

/// Tokens: the examples of the RFCs, and everything that is not one.
@Suite struct JSONWebTokenTests {
    private static let now: Int64 = 1_900_000_000_000
    private static let secret = SigningKey.secret(Array("a secret of at least 32 characters".utf8))
    private static let claims: JSONObject = ["iss": "covey", "sub": "ann", "iat": 1_900_000_000, "exp": 1_900_003_600]

    private static func verifier(_ key: JSONValue, _ algorithm: String) throws -> TokenKey {
        try #require(JSONWebKey(key)?.verifier(for: algorithm))
    }

    @Test func `the tokens of RFC 7515 are good`() throws {
        let secret = TokenKey.secret(try #require(Base64.url.bytes(TokenExamples.secret)))
        let keys = [
            (TokenExamples.hs256, secret),
            (TokenExamples.rs256, try Self.verifier(TokenExamples.rsaKey, "RS256")),
            (TokenExamples.es256, try Self.verifier(TokenExamples.p256Key, "ES256")),
        ]
        for (text, key) in keys {
            let token = try JSONWebToken(text, by: key)
            #expect(token.claims["iss"] == "joe")
            #expect(token.expiresAt == 1_300_819_380_000)
            #expect(token.claims["http://example.com/is_root"] == true)
        }
    }

    @Test(
        arguments: [
            (TokenExamples.es512, TokenExamples.p521Key, PublicKey.Algorithm.es512),
            (TokenExamples.ed25519, TokenExamples.ed25519Key, .edDSA),
        ])
    func `the signatures whose payload is no object are good`(
        text: String, key: JSONValue, algorithm: PublicKey.Algorithm
    ) throws {
        let key = try #require(JSONWebKey(key)).key
        let cut = try #require(text.lastIndex(of: "."))
        let signature = try #require(Base64.url.bytes(text[text.index(after: cut)...]))
        #expect(key.verifies(signature, of: Array(text[..<cut].utf8), algorithm))
        #expect(throws: TokenRefusal.form) { try UnverifiedToken(text) }
    }

    @Test(arguments: PublicKey.Algorithm.allCases)
    func `what a key signed it checks, and nothing else`(_ algorithm: PublicKey.Algorithm) throws {
        let key = PrivateKey.random(for: algorithm)
        let again = try #require(PrivateKey(text: key.text))
        #expect(again.publicKey == key.publicKey)
        let text = JSONWebToken(claims: Self.claims, keyID: "k").text(signedBy: .privateKey(key, algorithm))
        let verifier = TokenKey.publicKey(key.publicKey, algorithm)
        #expect(try JSONWebToken(text, by: verifier) == JSONWebToken(claims: Self.claims, keyID: "k"))
        let other = TokenKey.publicKey(PrivateKey.random(for: algorithm).publicKey, algorithm)
        #expect(throws: TokenRefusal.signature) { try JSONWebToken(text, by: other) }
        for wrong in PublicKey.Algorithm.allCases where wrong != algorithm {
            #expect(throws: TokenRefusal.algorithm) { try JSONWebToken(text, by: .publicKey(key.publicKey, wrong)) }
        }
        for position in [4, text.utf8.count / 2, text.utf8.count - 3] {
            var bytes = Array(text.utf8)
            bytes[position] = bytes[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: TokenRefusal.self) {
                try JSONWebToken(String(decoding: bytes, as: UTF8.self), by: verifier)
            }
        }
        #expect("\(key)".contains(key.text.prefix(20)) == false)
    }

    @Test func `the token does not choose its algorithm`() throws {
        let key = PrivateKey.random(for: .rs256)
        // The key's own text as an HMAC secret, the oldest trick (RFC 8725 §2.1).
        let forged = JSONWebToken(claims: Self.claims).text(signedBy: .secret(Array(TokenExamples.rsaModulus.utf8)))
        #expect(throws: TokenRefusal.algorithm) { try JSONWebToken(forged, by: .publicKey(key.publicKey, .rs256)) }
        let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ."
        #expect(throws: TokenRefusal.algorithm) { try JSONWebToken(unsigned, by: Self.secret.verifier) }
        let signed = JSONWebToken(claims: Self.claims).text(signedBy: .privateKey(key, .rs256))
        #expect(throws: TokenRefusal.algorithm) { try JSONWebToken(signed, by: Self.secret.verifier) }
        #expect(throws: TokenRefusal.algorithm) { try JSONWebToken(signed, by: .publicKey(key.publicKey, .rs512)) }
    }

    /// Header and claims as texts, signed with the secret.
    private static func signed(_ header: String, _ claims: String) -> String {
        let text = [header, claims].map { Base64.url.text(Array($0.utf8)) }.joined(separator: ".")
        guard case .secret(let secret) = secret else { return "" }
        return "\(text).\(Base64.url.text(HMAC.sha256(Array(text.utf8), key: secret)))"
    }

    @Test(
        arguments: [
            (#"{"alg":"HS256","alg":"none"}"#, "{}", TokenRefusal.header),
            (#"{"alg":"HS256"} {}"#, "{}", .header),
            (#"["HS256"]"#, "{}", .header), (#"{"typ":"JWT"}"#, "{}", .header), (#"{"alg":5}"#, "{}", .header),
            (#"{"alg":"HS256","kid":1}"#, "{}", .header),
            (#"{"alg":"HS256","crit":["exp"]}"#, "{}", .algorithm),
            (#"{"alg":"HS256","crit":[]}"#, "{}", .algorithm),
            (#"{"alg":"HS256","b64":false}"#, "{}", .algorithm),
            (#"{"alg":"HS256"}"#, #"{"sub":"ann","sub":"bob"}"#, .form),
            (#"{"alg":"HS256"}"#, #"{"a":{"b":1,"b":2}}"#, .form),
            (#"{"alg":"HS256"}"#, "[]", .form), (#"{"alg":"HS256"}"#, "", .form),
            (#"{"alg":"hs256"}"#, "{}", .algorithm), (#"{"alg":"HS512"}"#, "{}", .algorithm),
        ] as [(String, String, TokenRefusal)])
    func `a signature does not make it a token`(header: String, claims: String, refusal: TokenRefusal) {
        #expect(throws: refusal) { try JSONWebToken(Self.signed(header, claims), by: Self.secret.verifier) }
    }

    @Test func `only the strict form is read`() throws {
        let text = JSONWebToken(claims: Self.claims).text(signedBy: Self.secret)
        _ = try JSONWebToken(text, by: Self.secret.verifier)
        let parts = text.split(separator: ".").map(String.init)
        let broken = [
            "", ".", "..", "a.b.c", text + ".", "." + text, text + "=", " " + text, text + "\n", parts[0],
            "\(parts[0]).\(parts[1])", "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1]).\(parts[2]).x",
            parts.joined(separator: "。"), "\(parts[0]).\(parts[1]).",
            text + String(repeating: "A", count: UnverifiedToken.bytesMax),
        ]
        for text in broken {
            #expect(throws: TokenRefusal.self, "\(text)") { try JSONWebToken(text, by: Self.secret.verifier) }
        }
    }

    @Test(
        arguments: [
            ([:], nil), (["exp": 1_899_999_950], nil), (["exp": 1_899_999_940], .expired), (["exp": 1], .expired),
            (["exp": "1900003600"], .claim("exp")), (["exp": .null], .missing("exp")), (["exp": -1], .claim("exp")),
            (["exp": 9_000_000_000_000_000_000], .claim("exp")), (["nbf": 1_900_000_060], nil),
            (["nbf": 1_900_000_061], .claim("nbf")), (["nbf": true], .claim("nbf")),
            (["iat": 1_900_000_061], .claim("iat")), (["iat": .null], .missing("iat")),
            (["iat": 1_899_900_000], .lifetime), (["sub": ""], .missing("sub")), (["sub": 7], .claim("sub")),
            (["sub": .null], .missing("sub")), (["iss": "other"], .claim("iss")), (["iss": ["covey"]], .claim("iss")),
            (["aud": "them"], .claim("aud")), (["aud": ["them", "us"]], nil), (["aud": []], .claim("aud")),
            (["aud": .null], .claim("aud")),
        ] as [(JSONObject, TokenRefusal?)])
    func `claims are what they must be`(changed: JSONObject, refusal: TokenRefusal?) throws {
        var claims = Self.claims
        claims["aud"] = "us"
        for (name, value) in changed { claims[name] = value }
        let checks = ClaimChecks(
            issuer: "covey", audiences: ["us", "we"], required: ["sub", "iat", "exp"], lifetimeMax: .seconds(86_400))
        let token = JSONWebToken(claims: claims)
        if let refusal {
            #expect(throws: refusal) { try token.check(checks, at: Self.now) }
        } else {
            try token.check(checks, at: Self.now)
        }
    }

    @Test func `times may have a fraction`() throws {
        let token = JSONWebToken(claims: ["exp": try JSONValue(parsing: "1900000000.25")])
        #expect(token.expiresAt == 1_900_000_000_250)
    }

    @Test func `a set of keys gives the key that the token names`() throws {
        func named(_ key: JSONValue, _ more: JSONObject) -> JSONValue {
            var object = key.object ?? [:]
            for (name, value) in more { object[name] = value }
            return .object(object)
        }
        let made = PrivateKey.random(for: .es256)
        let set = try #require(
            JSONWebKeySet([
                "keys": [
                    named(TokenExamples.p256Key, ["kid": "a", "use": "enc"]),
                    named(TokenExamples.rsaKey, ["kid": "b", "alg": "RS256"]),
                    named(TokenExamples.p521Key, ["kid": "c", "key_ops": ["verify"]]),
                    named(TokenExamples.ed25519Key, ["kid": "d", "alg": "RS256"]), ["kty": "oct", "k": "AAAA"], "x",
                ]
            ]))
        #expect(set.keys.map(\.keyID) == ["b", "c"])
        let text = JSONWebToken(claims: Self.claims, keyID: "b").text(signedBy: .privateKey(made, .es256))
        #expect(set.verifier(for: try UnverifiedToken(text)) == nil, "the key is not for this algorithm")
        let unnamed = try UnverifiedToken(TokenExamples.rs256)
        let verifier = try #require(set.verifier(for: unnamed))
        _ = try unnamed.verified(by: verifier)
        #expect(JSONWebKeySet(set.keys + set.keys).verifier(for: unnamed) == nil, "two keys would do")
        #expect(JSONWebKeySet(["keys": 1]) == nil)
    }

    @Test(
        arguments: [
            ["kty": "RSA", "n": .string(TokenExamples.rsaModulus), "e": "Ag"],
            ["kty": "RSA", "n": .string(TokenExamples.rsaModulus), "e": "AQ"], ["kty": "RSA", "n": "", "e": "AQAB"],
            ["kty": "RSA", "n": .string(TokenExamples.rsaModulus + "="), "e": "AQAB"],
            ["kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"],
            [
                // x and y are exchanged: no point of the curve.
                "kty": "EC", "crv": "P-256", "y": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "x": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            ], ["kty": "OKP", "crv": "Ed25519", "x": "AAAA"],
            ["kty": "OKP", "crv": "X25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"], ["kty": "EC"], [:],
        ] as [JSONValue])
    func `what is no sound key is none`(_ json: JSONValue) { #expect(JSONWebKey(json) == nil) }

    @Test func `no bytes crash the parser`() {
        var generator = SystemRandomNumberGenerator()
        let text = Array(JSONWebToken(claims: Self.claims, keyID: "k").text(signedBy: Self.secret).utf8)
        for _ in 0..<20_000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: position)
                default: bytes.insert(UInt8(ascii: "."), at: position)
                }
            }
            guard bytes != text else { continue }
            #expect((try? JSONWebToken(String(decoding: bytes, as: UTF8.self), by: Self.secret.verifier)) == nil)
        }
    }
}
