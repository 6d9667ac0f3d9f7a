/// Cases of the official suite that are not claimed, with why. The suite's test fails when one of them passes.
enum JSONSchemaUnclaimed {
    /// The cases as `file / group / test`.
    static let cases: [String] = groups.flatMap { group in
        group.tests.map { "optional/\(group.file).json / \(group.name) / \($0)" }
    }

    private struct Group {
        let file: String
        let name: String
        let reason: String
        let tests: [String]
    }

    private static let groups: [Group] = [
        Group(
            file: "cross-draft",
            name: "refs to historic drafts are processed as historic drafts",
            reason: "A schema of draft 2019-09 is read as one of 2020-12.",
            tests: [
                "first item not a string is valid"
            ]),
        Group(
            file: "format/idn-hostname",
            name: "validation of internationalized host names",
            reason: "`idn-hostname` needs the tables of IDNA 2008; it is an annotation here.",
            tests: [
                "Arabic-Indic digits mixed with Extended Arabic-Indic digits",
                "Begins with a Nonspacing Mark",
                "Begins with a Spacing Combining Mark",
                "Begins with an Enclosing Mark",
                "Exceptions that are DISALLOWED, left-to-right chars",
                "Exceptions that are DISALLOWED, right-to-left chars",
                "Greek KERAIA not followed by Greek",
                "Greek KERAIA not followed by anything",
                "Hebrew GERESH not preceded by Hebrew",
                "Hebrew GERESH not preceded by anything",
                "Hebrew GERSHAYIM not preceded by Hebrew",
                "Hebrew GERSHAYIM not preceded by anything",
                "KATAKANA MIDDLE DOT with no Hiragana, Katakana, or Han",
                "KATAKANA MIDDLE DOT with no other characters",
                "MIDDLE DOT with no following 'l'",
                "MIDDLE DOT with no preceding 'l'",
                "MIDDLE DOT with nothing following",
                "MIDDLE DOT with nothing preceding",
                "U-label contains \"--\" in the 3rd and 4th position",
                "U-label ends with a dash",
                "U-label starts and ends with a dash",
                "U-label starts with a dash",
                "ZERO WIDTH JOINER not preceded by Virama",
                "ZERO WIDTH JOINER not preceded by anything",
                "a host name with a component too long",
                "contains illegal char U+302E Hangul single dot tone mark",
                "empty string",
                "illegal first char U+302E Hangul single dot tone mark",
                "invalid Punycode",
                "invalid label, correct Punycode",
            ]),
        Group(
            file: "format/idn-hostname",
            name: "validation of separators in internationalized host names",
            reason: "`idn-hostname` needs the tables of IDNA 2008; it is an annotation here.",
            tests: [
                "single dot",
                "single fullwidth full stop",
                "single halfwidth ideographic full stop",
                "single ideographic full stop",
            ]),
        Group(
            file: "format/uri-template",
            name: "format: uri-template",
            reason: "`uri-template` is an annotation here.",
            tests: [
                "an invalid uri-template"
            ]),
    ]
}
