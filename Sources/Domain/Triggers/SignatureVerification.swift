public import Catalog

/// How a webhook trigger tells that a call was signed by who knows a secret (manage spec §2.1,
/// SignatureVerificationConfig). Expressions are checked where they are written.
public struct SignatureVerification: Structure, Equatable {
    /// The digests of the HMAC.
    public enum Algorithm: String, CaseIterable, Sendable { case sha256, sha512, sha384, sha1, md5 }
    /// How the signature is written.
    public enum Encoding: String, CaseIterable, Sendable { case hex, base64 }

    /// The digest of the HMAC.
    public var algorithm = Algorithm.sha256
    /// How the signature is written.
    public var encoding = Encoding.hex
    /// Where the signature is.
    public var signature = SignatureSource()
    /// What is signed, in order; at least one part.
    public var signedComponents: [SignedComponent] = []
    /// How the parts are put together.
    public var componentJoin = ComponentJoin()
    /// What is tolerated; nil for the defaults.
    public var validation: SignatureValidation?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("algorithm", \.algorithm, .choice, "The digest of the HMAC.", required: true),
        field("encoding", \.encoding, .choice, "How the signature is written.", required: true),
        field("signature", \.signature, .structure, "Where the signature is.", required: true),
        field(
            "signedComponents", \.signedComponents,
            .list(of: .structure, countMax: 20).described(["minItems": 1])
                .checked { $0.isEmpty ? "must have at least one element" : nil },
            "What is signed, in order.", required: true),
        field("componentJoin", \.componentJoin, .structure, "How the parts are put together.", required: true),
        field("validation", \.validation, .structure, "What is tolerated."),
    ]
}

/// Where the signature of a call is.
public struct SignatureSource: Structure, Equatable {
    /// The parts of a call.
    public enum Place: String, CaseIterable, Sendable { case header, query, body }

    /// The part of the call.
    public var source = Place.header
    /// The name of the header or parameter, or a JMESPath into the body.
    public var key = ""
    /// What stands before the signature; nil for nothing.
    public var prefix: String?
    /// A pattern whose first group is the signature; nil for all of it.
    public var regex: String?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("source", \.source, .choice, "The part of the call.", required: true),
        field(
            "key", \.key, .text(1...1000), "The name of the header or parameter, or a JMESPath into the body.",
            required: true),
        field("prefix", \.prefix, .text(0...256), "What stands before the signature."),
        field("regex", \.regex, .regularExpression, "A pattern whose first group is the signature."),
    ]

    /// Notes a key that is no expression where it must be one.
    public func check(_ decoding: inout Decoding) {
        if source == .body { decoding.checkExpression(key, at: "key") }
    }
}

/// A part of what is signed.
public struct SignedComponent: Structure, Equatable {
    /// Where a part comes from.
    public enum Place: String, CaseIterable, Sendable { case header, body, literal }

    /// Where it comes from.
    public var source = Place.body
    /// The name of the header, or a JMESPath into the body; nil for the whole body, or for a literal.
    public var key: String?
    /// The text of a literal.
    public var value: String?
    /// A pattern whose first group is the part; nil for all of it.
    public var regex: String?
    /// Whether a call without it is refused.
    public var required = true

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("source", \.source, .choice, "Where the part comes from.", required: true),
        field("key", \.key, .text(0...1000), "The name of the header, or a JMESPath into the body."),
        field("value", \.value, .text(0...1000), "The text of a literal."),
        field("regex", \.regex, .regularExpression, "A pattern whose first group is the part."),
        field(
            "required", \.required, .flag.described(["default": true]), "Whether a call without it is refused."),
    ]

    /// Notes a part that says too little of where it is.
    public func check(_ decoding: inout Decoding) {
        switch source {
        case .header: if (key ?? "").isEmpty { decoding.fail("Required for a header", at: "key") }
        case .body: if let key, !key.isEmpty { decoding.checkExpression(key, at: "key") }
        case .literal: if value == nil { decoding.fail("Required for a literal", at: "value") }
        }
    }
}

/// How the parts of what is signed are put together.
public struct ComponentJoin: Structure, Equatable {
    /// The ways.
    public enum Strategy: String, CaseIterable, Sendable { case concatenate }

    /// The way.
    public var strategy = Strategy.concatenate
    /// What stands between two parts.
    public var separator = ""

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("strategy", \.strategy, .choice, "The way.", required: true),
        field("separator", \.separator, .text(0...256), "What stands between two parts.", required: true),
    ]
}

/// What a check of a signature tolerates.
public struct SignatureValidation: Structure, Equatable {
    /// Whether names of headers must have the same case.
    public var headerCaseSensitive = false
    /// Whether a call without a body may be signed.
    public var allowEmptyBody = true
    /// Whether texts are brought to Unicode's composed form before.
    public var normalizeUnicode = false

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field(
            "headerCaseSensitive", \.headerCaseSensitive, .flag.described(["default": false]),
            "Whether names of headers must have the same case."),
        field(
            "allowEmptyBody", \.allowEmptyBody, .flag.described(["default": true]),
            "Whether a call without a body may be signed."),
        field(
            "normalizeUnicode", \.normalizeUnicode, .flag.described(["default": false]),
            "Whether texts are brought to Unicode's composed form before."),
    ]
}

/// What becomes of the payload of a call before the agent sees it (manage spec §2.1, TriggerOutputTransform).
public struct OutputTransform: Structure, Equatable {
    /// An expression whose value is the new payload; nil for none.
    public var jmespath: String?
    /// Expressions by the name under which their values are in the new payload; nil for none.
    public var objectTransformation: OrderedMap<String>?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("jmespath", \.jmespath, .jmespath(1000), "An expression whose value is the new payload."),
        field(
            "objectTransformation", \.objectTransformation, .map(of: .jmespath(1000)),
            "Expressions by the name of the new payload's member."),
    ]
}

extension Decoding {
    /// Notes when `text` is no JMESPath expression.
    fileprivate mutating func checkExpression(_ text: String, at name: String) {
        within(name) { decoding in _ = FieldType<String>.jmespath(1000).decode(.string(text), &decoding) }
    }
}
