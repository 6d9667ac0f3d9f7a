import Testing

@testable import Access

struct PasswordRulesTests {
    private func refusal(_ password: String) -> String? {
        PasswordRules.refusal(of: password, email: "ann.miller@example.com", name: "Ann Miller")
    }

    @Test(arguments: [
        "Correct-Horse-9-Battery", "xK4!trombone-Ladder", "Ä9 lange Wörter, ganz viele", "A1!QJWPXMZVtgbn",
    ]) func `a good one is taken`(_ password: String) { #expect(refusal(password) == nil) }

    @Test(arguments: [
        ("Short-1a", "at least 15"), (String(repeating: "aB1!xyzw", count: 33), "at most 256"),
        ("no-upper-case-9-letters", "upper-case"), ("NO-LOWER-CASE-9-LETTERS", "lower-case"),
        ("No-Digit-In-This-Text", "a digit"), ("NoSpecial9InThisText", "special"),
        ("My-ann.miller-9-Word", "your name"), ("My-Ann-Miller9-Word-annmiller", "your name"),
        ("The-Covey-9-Password-X", "product"), ("trombone-MILLER-9-x", "your name"),
        ("Password1234567!", "guessed first"), ("P@ssw0rd-P@ssw0rd-1", "guessed first"),
        ("Qwertyuiop-123456", "guessed first"), ("Welcome2026-Summer!", "guessed first"),
        ("Aaaaaaaaaaaaaa-1", "guessed first"), ("LetMeIn-Please-2026!", "guessed first"),
    ]) func `a bad one is refused with the reason`(_ password: String, _ reason: String) {
        #expect(refusal(password)?.contains(reason) == true, "\(refusal(password) ?? "taken")")
    }
}
