import Catalog
import Cryptography
import Foundation
import Synchronization
import Testing

@testable import Access

/// The parsers of what strangers send: good texts with bytes changed, cut, doubled and spliced. None may crash, take
/// what was not made here, or take long. `COVEY_FUZZ` is how many inputs each gets; 10,000 unless set.
@Suite(.timeLimit(.minutes(30))) struct ParserFuzzTests {
    private static let count = ProcessInfo.processInfo.environment["COVEY_FUZZ"].flatMap { Int($0) } ?? 10_000
    /// How long one input may take, on a machine that does other work: far more than any needs.
    private static let slowest: Duration = .milliseconds(500)

    private static let secret = Array("a secret of at least 32 characters, for tests".utf8)
    private static let claims: JSONObject = [
        "sub": "anon_1", "exp": 2_000_000_000, "app": "app_1", "nested": [1, [:]],
    ]

    /// Mutations of `seeds`, each handed to `take`, which says whether it was taken.
    private func fuzz(_ seeds: [String], _ take: (String) -> Bool) {
        var random = SystemRandomNumberGenerator()
        let seeds = seeds.map { Array($0.utf8) }
        let interesting = Array(".-_=+/%;\"{}[]\\u0000,:e9 \u{7f}\n".utf8) + [0, 0x80, 0xC0, 0xFF]
        let clock = ContinuousClock()
        var longest = Duration.zero
        for number in 0..<Self.count {
            var bytes = seeds[number % seeds.count]
            for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<7, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] = interesting[Int.random(in: 0..<interesting.count, using: &random)]
                case 2: bytes.remove(at: place)
                case 3: bytes.insert(interesting[Int.random(in: 0..<interesting.count, using: &random)], at: place)
                case 4: bytes.removeSubrange(place...)
                case 5: bytes.insert(contentsOf: bytes[place...].prefix(64), at: place)
                default:
                    let other = seeds[Int.random(in: 0..<seeds.count, using: &random)]
                    bytes.replaceSubrange(place..., with: other.suffix(Int.random(in: 0...other.count, using: &random)))
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let began = clock.now
            let isTaken = take(text)
            longest = max(longest, began.duration(to: clock.now))
            if isTaken, !seeds.contains(Array(text.utf8)) { Issue.record("taken: \(text)") }
        }
        #expect(longest < Self.slowest, "one input took \(longest)")
    }

    @Test func `tokens`() {
        let key = PrivateKey.random(for: .es256)
        let texts = [
            JSONWebToken(claims: Self.claims, keyID: "k").text(signedBy: .secret(Self.secret)),
            JSONWebToken(claims: Self.claims, keyID: "k").text(signedBy: .privateKey(key, .es256)),
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.", "a.b.c", "..",
        ]
        fuzz(texts) { text in
            let verifiers = [TokenKey.secret(Self.secret), .publicKey(key.publicKey, .es256)]
            // What of a signature in base64 is not significant makes other texts of the same token: those are refused.
            return verifiers.contains { (try? JSONWebToken(text, by: $0)) != nil }
        }
    }

    @Test func `cookies`() {
        let token = SessionToken.make()
        let setting = SessionCookie(isSecure: false).setting(SessionToken.signed(token, by: Self.secret), seconds: 60)
        let cookie = String(setting.prefix { $0 != ";" })
        fuzz([cookie, "a=1; \(cookie); b=2", "better-auth.session_token=x.y", "=;=;"]) { text in
            let found = SessionCookie(isSecure: false).values(in: text)
                .compactMap { SessionToken.unsigned($0, by: Self.secret) }
            return found.contains { $0 != token }
        }
    }

    @Test func `challenges and their solutions`() throws {
        let work = ProofOfWork(secret: String(decoding: Self.secret, as: UTF8.self))
        var legacy = work.challenge(difficulty: 1, at: 1_000_000)
        legacy["number"] = 0
        let derived = work.challenge(for: "app_1", difficulty: 1, at: 1_000_000)
        let receipt = work.receipt(for: "app_1", at: 1_000_000)
        let odd = #"{"number":1e300,"salt":"x?expires=99999999999999999999"}"#
        let seeds = [legacy, derived, receipt].map { JSONValue.object($0).jsonText } + [odd]
        fuzz(seeds) { text in
            guard let solution = (try? JSONValue(parsing: Array(text.utf8)))?.object else { return false }
            // A receipt is taken as often as its text means the same; all else is unsolved, and so never taken.
            let isTaken =
                (try? work.check(solution, at: 1_000_000)) != nil
                || (try? work.checkDerived(solution, at: 1_000_000)) != nil
            _ = try? work.checkReceipt(solution, at: 1_000_000)
            return isTaken && solution["number"]?.integer != 0 && solution["number"]?.integer != 1
        }
    }

    @Test func `API keys, key sets and addresses`() {
        let key = "sk_" + String(repeating: "a", count: 12) + "." + String(repeating: "B", count: 43)
        let jwk = TokenExamples.p256Key.jsonText
        fuzz([key, jwk, "sk_", "."]) { text in
            _ = APIKeys.isKey(text)
            if let json = try? JSONValue(parsing: Array(text.utf8)) { _ = JSONWebKey(json) }
            return false
        }
    }
}
