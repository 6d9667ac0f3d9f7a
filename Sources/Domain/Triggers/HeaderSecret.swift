public import Catalog
import Cryptography

/// Who may call a webhook trigger: whoever sends these header fields (manage spec §2.1, §2.18).
public struct TriggerAuthentication: Structure, Equatable {
    /// The header fields that a call must have; nil or empty for none.
    public var headers: [HeaderSecret]?

    /// Header fields of one trigger at most.
    static let headersMax = 20

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field(
            "headers", \.headers, .list(of: .structure, countMax: headersMax),
            "The header fields that a call must have.")
    ]

    /// Notes header fields that are named twice.
    public func check(_ decoding: inout Decoding) {
        var seen: Set<String> = []
        for (position, header) in (headers ?? []).enumerated() where !seen.insert(header.name.lowercased()).inserted {
            decoding.fail("names a header that is named before", along: ["headers", String(position), "name"])
        }
    }
}

/// A header field whose value is a secret. The value is hashed when it is written and never stored; what is stored is
/// the hash and how the value begins.
public struct HeaderSecret: Structure, Equatable {
    /// The name of the header field.
    public var name = ""
    /// The value as a client just sent it; nil when it did not. Never stored.
    public var value: String?
    /// Whether the value that is stored under the name stays. Never stored.
    public var keepExisting: Bool?
    /// The hash of the value (`SecretHash`); nil before the value is hashed.
    public var valueHash: String?
    /// How the value begins, for people to tell one from another.
    public var valuePrefix: String?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("name", \.name, .headerName, "The name of the header field.", required: true),
        field(
            "value", \.value, .text(1...1000).described(["writeOnly": true]), "The secret value; never shown again.",
            .request),
        field("keepExisting", \.keepExisting, .flag, "Keeps the value that is stored under this name.", .request),
        field("valueHash", \.valueHash, .secretHash, "The hash of the value, as it is shown; keeps that value."),
        field("valuePrefix", \.valuePrefix, .text(0...prefixLengthMax), "How the value begins."),
    ]

    /// Characters of a value that are shown at most (manage spec §2.18).
    static let prefixLengthMax = 8
    /// Characters of a value that are never shown, however short it is.
    private static let hiddenLengthMin = 3

    /// Notes when nothing, or two things, are said of the value.
    public func check(_ decoding: inout Decoding) {
        let keeps = keepExisting == true
        if value == nil, !keeps, valueHash == nil {
            decoding.fail("Required, unless keepExisting is true", at: "value")
        }
        if value != nil, keeps { decoding.fail("must not be true beside a new value", at: "keepExisting") }
    }

    /// The stored form of one with this hash.
    private func stored(hash: String) -> HeaderSecret {
        var secret = HeaderSecret()
        secret.name = name
        secret.valueHash = hash
        let shown = min(Self.prefixLengthMax, (value ?? "").count - Self.hiddenLengthMin)
        secret.valuePrefix = String((value ?? "").prefix(max(0, shown)))
        return secret
    }

    private func hasName(_ other: HeaderSecret) -> Bool { name.lowercased() == other.name.lowercased() }

    /// A trigger's header fields, on their way to the store over those that are there.
    struct Draft {
        var new: TriggerAuthentication?
        let old: TriggerAuthentication?

        /// The places of those that are to keep a value of which there is none.
        var lacking: [[String]] {
            (new?.headers ?? []).enumerated().compactMap { position, header in
                guard header.keepExisting == true, header.valueHash == nil, old(header) == nil else { return nil }
                return ["authentication", "headers", String(position), "keepExisting"]
            }
        }

        func old(_ header: HeaderSecret) -> HeaderSecret? { old?.headers?.first { $0.hasName(header) } }
    }

    /// Hashes the values of `drafts` and keeps the hashes of those that are as they were, of all in as few works as can
    /// be: first the new values are compared with the stored hashes, then those that differ are hashed.
    static func settle(_ drafts: inout [Draft], _ surroundings: Surroundings) throws {
        let places = drafts.enumerated().flatMap { draft, value in
            (value.new?.headers ?? []).indices.map { (draft: draft, header: $0) }
        }
        var compared: [(place: (draft: Int, header: Int), old: HeaderSecret, work: SlowWork)] = []
        for place in places {
            guard let header = drafts[place.draft].new?.headers?[place.header] else { continue }
            guard let old = drafts[place.draft].old(header), let hash = old.valueHash else { continue }
            if header.keepExisting == true {
                drafts[place.draft].new?.headers?[place.header] = old
            } else if let value = header.value {
                let work = SlowWork(["match", hash, value]) { SecretHash.matches(hash, value) ? "yes" : "" }
                compared.append((place, old, work))
            }
        }
        let answers = try surroundings.slowly(compared.map(\.work))
        for (comparison, answer) in zip(compared, answers) where !answer.isEmpty {
            drafts[comparison.place.draft].new?.headers?[comparison.place.header] = comparison.old
        }
        let unhashed = places.filter { drafts[$0.draft].new?.headers?[$0.header].value != nil }
        let works = unhashed.map { place in
            let value = drafts[place.draft].new?.headers?[place.header].value ?? ""
            // The place makes equal values have hashes of their own.
            return SlowWork(["hash", "\(place)", value]) { SecretHash.make(value) }
        }
        for (place, hash) in zip(unhashed, try surroundings.slowly(works)) {
            guard let header = drafts[place.draft].new?.headers?[place.header] else { continue }
            drafts[place.draft].new?.headers?[place.header] = header.stored(hash: hash)
        }
    }
}

extension FieldType where Value == String {
    /// A hash of a secret as `SecretHash` makes it.
    static let secretHash = FieldType.text(1...200).checked { text in
        SecretHash.isWellFormed(text) ? nil : "is no hash that was shown; send the value instead"
    }
}
