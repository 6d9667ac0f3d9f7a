/// HTTP header fields that calls carry (manage spec §0.12): names that everybody sees with values that are secrets,
/// sealed in the store and masked in answers. A value that only says where the real one comes from, as
/// `Bearer {{headers.token}}` does, is none and is shown.
public struct HeaderMap: Sendable, Equatable {
    /// A value.
    public enum Value: Sendable, Equatable {
        /// Placeholders, perhaps after the name of an authentication scheme.
        case template(String)
        /// Anything else.
        case secret(Secret)
    }

    private var map: OrderedMap<Value>

    /// No header fields.
    public init() { map = OrderedMap() }

    fileprivate init(_ map: OrderedMap<Value>) { self.map = map }

    /// The names with their values, in order.
    public var entries: [(name: String, value: Value)] { map.entries }
    /// The names, in order.
    public var names: [String] { map.names }
    /// Whether there is none.
    public var isEmpty: Bool { map.isEmpty }

    /// The header fields in which each value that the client left as it was (`Secret.kept`) is the one that `old` has
    /// under the same name, whatever its case. What is left of such values is under no name there.
    public func keeping(_ old: HeaderMap?) -> HeaderMap {
        guard map.values.contains(.secret(.kept)), let old else { return self }
        let known = Dictionary(
            old.entries.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
        return HeaderMap(
            OrderedMap(
                entries.map { name, value in
                    guard value == .secret(.kept) else { return (name, value) }
                    return (name, old.map[name] ?? known[name.lowercased()] ?? value)
                }))
    }

    /// The names whose values the client left as they were and that `old` does not have.
    public func names(keptFrom old: HeaderMap?) -> [String] {
        keeping(old).entries.compactMap { $0.value == .secret(.kept) ? $0.name : nil }
    }

    // MARK: Templates

    /// Words that may stand before placeholders: the schemes of RFC 9110 §11 in use, and what APIs made up.
    private static let schemes: Set<String> = [
        "apikey", "api-key", "basic", "bearer", "digest", "hmac", "key", "negotiate", "token",
    ]

    /// Whether a value is no secret: it has nothing but placeholders (`{{…}}`), white space, and at its beginning
    /// perhaps the name of an authentication scheme.
    static func isTemplate(_ text: String) -> Bool {
        var placeholders = 0
        for piece in Template(text).pieces {
            switch piece {
            case .text(let words) where placeholders == 0:
                guard words.allSatisfy(\.isWhitespace) || schemes.contains(words.trimmed.lowercased()) else {
                    return false
                }
            case .text(let words):
                // What follows a placeholder is white space or the next.
                guard words.allSatisfy(\.isWhitespace) else { return false }
            case .placeholder(let placeholder):
                guard isPath(placeholder.source) else { return false }
                placeholders += 1
            }
        }
        return placeholders > 0
    }

    private static func isPath(_ path: String) -> Bool {
        !path.isEmpty
            && path.utf8.allSatisfy { $0.isIdentifierByte || [0x24, 0x5B, 0x5D].contains($0) }
    }
}

extension FieldType where Value == HeaderMap {
    /// Header fields, with names and values by the rules of manage spec §0.12.
    public static let headerMap: FieldType = {
        let map = FieldType<OrderedMap<HeaderMap.Value>>.map(
            of: .headerValue,
            names: ["minLength": 1, "maxLength": 128, "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"],
            key: headerNameProblem)
        return FieldType(
            schema: map.schema, shownSchema: map.shownSchema,
            decode: { json, decoding in map.decode(json, &decoding).map(HeaderMap.init) },
            encode: { map.encode(OrderedMap($0.entries)) }, show: { map.show(OrderedMap($0.entries)) },
            secrets: map.secrets)
    }()
}

extension FieldType where Value == HeaderMap.Value {
    fileprivate static let headerValue: FieldType = {
        let rule = FieldType<String>.text(1...1000).described(["pattern": "^[^\\r\\n\\0]+$"]).checked { value in
            value.unicodeScalars.contains { $0 == "\r" || $0 == "\n" || $0 == "\0" }
                ? "must not contain line breaks or NUL" : nil
        }
        return FieldType(
            schema: rule.schema.with("writeOnly", true), shownSchema: rule.schema,
            decode: { json, decoding in
                if let text = json.string, HeaderMap.isTemplate(text) {
                    return rule.decode(json, &decoding).map(HeaderMap.Value.template)
                }
                if decoding.isStored { return Secret(json).map(HeaderMap.Value.secret) }
                return rule.decode(json, &decoding).map { .secret(Secret(sent: $0)) }
            },
            encode: { value in
                switch value {
                case .template(let text): .string(text)
                case .secret(let secret): secret.json
                }
            },
            show: { value in
                switch value {
                case .template(let text): .string(text)
                case .secret: .string(Secret.mask)
                }
            }, secrets: .here)
    }()
}

extension FieldType where Value == OrderedMap<String> {
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

/// Why `name` cannot be the name of a header that is sent on somebody's behalf, as the end of a sentence; nil when it
/// can (RFC 9110 §5.1 token of 1–128 characters, and none that describes one connection).
@Sendable public func headerNameProblem(_ name: String) -> String? {
    let marks = Set("!#$%&'*+-.^_`|~".utf8)
    let isToken = name.utf8.allSatisfy {
        $0.isDigit || $0.isLowercaseLetter || $0.isUppercaseLetter || marks.contains($0)
    }
    if !(1...128).contains(name.utf8.count) || !isToken { return "is not a valid header name" }
    return reservedHeaders.contains(name.lowercased()) ? "is a reserved header name" : nil
}
