import Cryptography
import Testing

@testable import Access

/// The texts that come from outside as cookies and tokens: whatever they are, only those are taken that were made here.
struct SessionCookieTests {
    private let key = Array("a signing secret of these tests".utf8)

    private func token(in header: String, isSecure: Bool = false) -> [String] {
        SessionCookie(isSecure: isSecure).values(in: header).compactMap { SessionToken.unsigned($0, by: key) }
    }

    private func cookie(_ token: String, isSecure: Bool = false) -> String {
        let setting = SessionCookie(isSecure: isSecure).setting(SessionToken.signed(token, by: key), seconds: 60)
        return String(setting.prefix { $0 != ";" })
    }

    @Test func `what is set is read again, among others and escaped or not`() {
        for _ in 0..<200 {
            let token = SessionToken.make()
            let own = cookie(token)
            #expect(self.token(in: own) == [token])
            #expect(self.token(in: "a=1;\(own); better-auth.session_data=x; b") == [token])
            let plain = "better-auth.session_token=" + SessionToken.signed(token, by: key)
            #expect(self.token(in: plain) == [token] && self.token(in: "\"x\"=\"; \(plain) ") == [token])
            #expect(self.token(in: cookie(token, isSecure: true)).isEmpty)
            #expect(self.token(in: cookie(token, isSecure: true), isSecure: true) == [token])
            #expect(self.token(in: own, isSecure: true).isEmpty)
        }
    }

    @Test func `the cookie of https is bound to it`() {
        let plain = SessionCookie(isSecure: false).setting("t.s", seconds: nil)
        #expect(plain == "better-auth.session_token=t.s; Path=/; HttpOnly; SameSite=Lax")
        let secure = SessionCookie(isSecure: true).setting("t.a+b/c=", seconds: 604_800)
        #expect(
            secure == "__Secure-better-auth.session_token=t.a%2Bb%2Fc%3D; Path=/; HttpOnly; Secure; SameSite=None; "
                + "Max-Age=604800")
    }

    /// 50,000 headers: a good one with some bytes changed, doubled or cut. None may be taken but as what it was.
    @Test func `a damaged cookie is none`() {
        var random = SystemRandomNumberGenerator()
        let token = SessionToken.make()
        let good = Array(cookie(token).utf8)
        for _ in 0..<50_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(bytes[place], at: place)
                case 2: bytes.remove(at: place)
                default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
                }
                if bytes.isEmpty { break }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let found = self.token(in: text)
            #expect(found.isEmpty || found == [token], "\(text)")
        }
    }

    @Test func `a signature of another key, or of another token, is none`() {
        let (one, other) = (SessionToken.make(), SessionToken.make())
        let signature = SessionToken.signed(one, by: key).dropFirst(one.count)
        #expect(SessionToken.unsigned(one + signature, by: key) == one)
        #expect(SessionToken.unsigned(other + signature, by: key) == nil)
        #expect(SessionToken.unsigned(one + signature, by: Array("another".utf8)) == nil)
        #expect(SessionToken.unsigned(one + signature.dropLast(4), by: key) == nil)
        #expect(SessionToken.read(one, by: key) == one && SessionToken.read(one + "x", by: key) == nil)
        #expect(SessionToken.unsigned(one, by: key) == nil && SessionToken.unsigned("", by: key) == nil)
    }

    @Test func `what others get of a header is without the session`() {
        let rows: [(String, String?)] = [
            ("a=1; better-auth.session_token=x.y; b=2", "a=1; b=2"), ("__Secure-better-auth.session_token=x", nil),
            ("a=better-auth.session_token=1;\tbetter-auth.session_token = x", "a=better-auth.session_token=1"),
            ("", nil),
            ("better-auth.session_token", nil), ("a", "a"),
        ]
        for (header, kept) in rows { #expect(SessionCookie.removed(from: header) == kept, "\(header)") }
    }

    @Test func `many cookies of the name cost no more than four`() {
        let token = SessionToken.make()
        let bad = String(repeating: "better-auth.session_token=x.y; ", count: 10)
        #expect(SessionCookie(isSecure: false).values(in: bad + cookie(token)).count == SessionCookie.candidatesMax)
        #expect(self.token(in: bad + cookie(token)).isEmpty)
    }
}
