extension FieldType where Value == String {
    /// Text of `length` characters (Unicode scalars, as JSON Schema counts).
    ///
    /// - Parameters:
    ///   - trimmed: Whether white space at both ends is dropped before anything else.
    ///   - format: A JSON Schema format said in the document, for instance `uri`; not checked here.
    public static func text(_ length: ClosedRange<Int> = 0...Int.max, trimmed: Bool = false, format: String? = nil)
        -> FieldType
    {
        var schema: JSONObject = ["type": "string"]
        if length.lowerBound > 0 { schema["minLength"] = .integer(Int64(length.lowerBound)) }
        if length.upperBound < Int.max { schema["maxLength"] = .integer(Int64(length.upperBound)) }
        if let format { schema["format"] = .string(format) }
        return FieldType(
            schema: schema,
            decode: { json, decoding in
                guard var text = json.string else {
                    decoding.wrongType("a string", json)
                    return nil
                }
                if decoding.isStored { return text }
                if trimmed { text = text.trimmed }
                let count = text.unicodeScalars.count
                if count < length.lowerBound {
                    decoding.fail(
                        count == 0 ? "must not be empty" : "must have at least \(length.lowerBound) characters")
                    return nil
                }
                if count > length.upperBound {
                    decoding.fail("must have at most \(length.upperBound) characters")
                    return nil
                }
                return text
            }, encode: { .string($0) })
    }

    /// An id of a resource: 1–255 of letters, digits, `-`, `_`, `.`; not `new` (manage spec §0.3).
    public static let resourceID = FieldType.text(1...255, trimmed: true)
        .described(["pattern": "^[a-zA-Z0-9\\-_.]+$", "not": ["const": "new"]])
        .checked { id in
            if id == "new" { return "must not be the reserved word new" }
            return id.utf8.allSatisfy(\.isIdentifierByte)
                ? nil : "must contain only letters, numbers, hyphens, underscores, and dots"
        }

    /// An id of a new project: lower-case letters, digits and inner hyphens (manage spec §0.3).
    public static let projectID = FieldType.text(1...255, trimmed: true)
        .described(["pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "not": ["const": "new"]])
        .checked { id in
            let plain = id.utf8.allSatisfy { $0.isLowercaseLetter || $0.isDigit || $0 == UInt8(ascii: "-") }
            let ends = id.utf8.first != UInt8(ascii: "-") && id.utf8.last != UInt8(ascii: "-")
            if id == "new" { return "must not be the reserved word new" }
            return plain && ends ? nil : "must contain only lower-case letters, digits and inner hyphens"
        }

    /// A name of a branch: 1–255 of letters, digits, `-`, `_`, `.`, `/` (manage spec §4.3).
    public static let branchName = FieldType.text(1...255)
        .described(["pattern": "^[a-zA-Z0-9\\-_./]+$"])
        .checked { name in
            name.utf8.allSatisfy { $0.isIdentifierByte || $0 == UInt8(ascii: "/") }
                ? nil : "must contain only letters, numbers, hyphens, underscores, dots and slashes"
        }

    /// An absolute http or https address.
    public static let httpURL = FieldType.text(1...8192, format: "uri").checked { text in
        let lowered = text.lowercased()
        guard let scheme = ["http://", "https://"].first(where: lowered.hasPrefix) else {
            return "must be an absolute http or https URL"
        }
        let rest = lowered.dropFirst(scheme.count)
        let host = rest.prefix { !"/?#".contains($0) }
        let spaced = text.unicodeScalars.contains { $0.value <= 0x20 || $0.value == 0x7F }
        return host.isEmpty || spaced ? "must be an absolute http or https URL" : nil
    }

    /// An image: an http(s) address, or a `data:image/` text of up to about 1 MB (manage spec §0.12).
    public static let imageURL = FieldType.text(1...1_500_000).checked { text in
        if text.hasPrefix("data:image/") {
            let data =
                text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first ?? ""
            return data.isEmpty || data.utf8.count >= 1_400_000 ? "must be an image of at most 1 MB" : nil
        }
        var decoding = Decoding()
        _ = FieldType.httpURL.decode(.string(text), &decoding)
        return decoding.broken.isEmpty ? nil : "must be an http or https URL or start with data:image/"
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLowercaseLetter: Bool { self >= 0x61 && self <= 0x7A }
    var isUppercaseLetter: Bool { self >= 0x41 && self <= 0x5A }
    var isIdentifierByte: Bool {
        isDigit || isLowercaseLetter || isUppercaseLetter || self == 0x2D || self == 0x5F || self == 0x2E
    }
}

extension String {
    /// The text without white space at both ends.
    public var trimmed: String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? start
        return String(self[start..<end])
    }
}
