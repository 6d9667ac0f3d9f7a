extension FieldType where Value == OrderedMap<String> {
    /// HTTP header names with their values (manage spec §0.12).
    public static let headerMap = FieldType.map(
        of: FieldType<String>.text(1...1000).described(["pattern": "^[^\\r\\n\\0]+$"]).checked { value in
            value.unicodeScalars.contains { $0 == "\r" || $0 == "\n" || $0 == "\0" }
                ? "must not contain line breaks or NUL" : nil
        },
        names: ["minLength": 1, "maxLength": 128, "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"], key: headerNameProblem)

    /// Names with texts.
    public static let textMap = FieldType.map(of: FieldType<String>.text())
}

extension FieldType where Value == String {
    /// The name of one HTTP header (manage spec §0.12).
    public static let headerName = FieldType.text(1...128).checked(headerNameProblem)
}

/// Headers that describe one connection, which no configuration may set.
private let reservedHeaders: Set<String> = [
    "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authorization",
    "proxy-connection", "content-length",
]

/// Why `name` cannot be the name of a configured header, or nil (RFC 7230 token of 1–128 characters, not reserved).
@Sendable func headerNameProblem(_ name: String) -> String? {
    let marks = Set("!#$%&'*+-.^_`|~".utf8)
    let isToken = name.utf8.allSatisfy {
        $0.isDigit || $0.isLowercaseLetter || $0.isUppercaseLetter || marks.contains($0)
    }
    if !(1...128).contains(name.utf8.count) || !isToken { return "is not a valid header name" }
    return reservedHeaders.contains(name.lowercased()) ? "is a reserved header name" : nil
}
