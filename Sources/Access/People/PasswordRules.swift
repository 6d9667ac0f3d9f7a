import Catalog

/// What a password must be (manage spec §3.4). Instead of asking a service whether it was seen in a breach, words that
/// everybody tries first are refused, in whatever order and spelling.
public enum PasswordRules {
    /// Characters of a password, as Unicode scalars.
    public static let length = 15...256

    private static let product = "covey"
    /// Names that are shorter may be part of a password by chance.
    private static let nameLengthMin = 3
    private static let wordLengthMin = 4

    /// Why a password may not be somebody's, for people; nil when it may.
    public static func refusal(of password: String, email: String, name: String) -> String? {
        let scalars = password.unicodeScalars
        if scalars.count < length.lowerBound {
            return "Password must have at least \(length.lowerBound) characters"
        }
        if scalars.count > length.upperBound { return "Password must have at most \(length.upperBound) characters" }
        let hasAll =
            scalars.contains { $0.properties.isLowercase } && scalars.contains { $0.properties.isUppercase }
            && scalars.contains { $0.properties.numericType != nil }
            && scalars.contains { !$0.properties.isAlphabetic && $0.properties.numericType == nil }
        if !hasAll {
            return "Password must have a lower-case and an upper-case letter, a digit and a special character"
        }
        let lowered = password.lowercased()
        if personal(email, name).contains(where: lowered.contains) {
            return "Password must not contain your e-mail address, your name or the product's"
        }
        return CommonPasswords.contains(password) ? "Password is one of those that are guessed first" : nil
    }

    /// What of a person must not be in a password, in lower case.
    private static func personal(_ email: String, _ name: String) -> [String] {
        let local = String(email.lowercased().prefix { $0 != "@" })
        let lowered = name.lowercased().trimmed
        let whole = [local, lowered, lowered.filter { !$0.isWhitespace }].filter { $0.count >= nameLengthMin }
        let words = lowered.split(separator: " ").map(String.init).filter { $0.count >= wordLengthMin }
        return whole + words + [product]
    }

    /// Throws the refusal of a password.
    static func check(_ password: String, email: String, name: String) throws(Problem) {
        guard let refusal = refusal(of: password, email: email, name: name) else { return }
        let reason =
            password.unicodeScalars.count < length.lowerBound
            ? "PASSWORD_TOO_SHORT"
            : password.unicodeScalars.count > length.upperBound ? "PASSWORD_TOO_LONG" : "PASSWORD_TOO_WEAK"
        throw .refused(.badRequest, reason, refusal)
    }
}

/// Passwords that consist of nothing but words that everybody tries first, with digits and signs between them and in
/// place of letters.
enum CommonPasswords {
    static func contains(_ password: String) -> Bool {
        let plain = password.lowercased().unicodeScalars.filter { $0.properties.isAlphabetic }
        return isMade(String(String.UnicodeScalarView(plain))) || isMade(withLettersPutBack(password.lowercased()))
    }

    /// The letters of a text, also those in whose place other signs stand. What stands around a word is no part of it.
    private static func withLettersPutBack(_ text: String) -> String {
        let words = text.split { !$0.isLetter && letters[$0] == nil }.filter { $0.contains(where: \.isLetter) }
        return words.map { word in
            let end = word.lastIndex(where: \.isLetter).map(word.index(after:)) ?? word.startIndex
            return word[..<end].map { letters[$0] ?? String($0) }.joined()
        }.joined()
    }

    /// Whether a text is words of the list and nothing else, or has less than four different letters.
    private static func isMade(_ text: String) -> Bool {
        let characters = Array(text)
        if Set(characters).count < 4 { return true }
        // Whether the text up to each place is made of words.
        var isMade = [true] + [Bool](repeating: false, count: characters.count)
        for end in 1...characters.count {
            for length in 3...lengthMax where length <= end && isMade[end - length] {
                if words.contains(String(characters[(end - length)..<end])) {
                    isMade[end] = true
                    break
                }
            }
        }
        return isMade[characters.count]
    }

    /// What signs and digits stand for.
    private static let letters: [Character: String] = [
        "0": "o", "1": "i", "!": "i", "3": "e", "4": "a", "@": "a", "5": "s", "$": "s", "7": "t", "8": "b",
    ]

    private static let words: Set<String> = Set(
        """
        abc abcd abcde abcdef abcdefg abcdefgh abcdefghi abcdefghij access account admin administrator adobe amanda
        andrew angel anthony apple april asd asdf asdfg asdfgh asdfghj asdfghjk asdfghjkl ashley august autumn azerty
        baby baseball basketball batman biteme buster butterfly changeme charlie cheese chelsea chocolate cisco company
        computer cookie covey daniel december default demo diamond dolphin dragon eagle easter enter facebook family
        february flower football forever freedom friday george ginger god golf google guest hannah hacker harley hello
        hockey house hunter iloveyou internet january jennifer jessica jesus jordan joshua july june justin killer king
        letmein liverpool login london love lovely lucky maggie manager march master matrix matthew mercedes merlin
        michael michelle microsoft monday money monkey morgan mother mustang myspace new nicole ninja november october
        office orange orchid pass passphrase passw passwd password passwort pepper phoenix please pokemon princess
        private purple qaz qazwsx qazwsxedc qwe qwer qwert qwerty qwertyu qwertyui qwertyuio qwertyuiop qwertz rainbow
        ranger robert root rose samsung saturday secret secure security september server shadow silver soccer sophie
        spring starwars summer sunday sunshine super superman support sweet system temp temporary test tester testing
        the this thomas thursday thunder tigger trust trustno tuesday user username victory wednesday welcome whatever
        william winter wsx wsxedc xyz yankees yellow you your zaq zxc zxcv zxcvb zxcvbn zxcvbnm
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    private static let lengthMax = words.map(\.count).max() ?? 3
}
