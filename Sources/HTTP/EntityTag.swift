import Catalog
import Cryptography
import HTTPTypes

/// Names one state of what a path answers: equal while the answer to a GET is (RFC 9110 §8.8.3).
struct EntityTag: Sendable, Equatable {
    /// The tag as it stands in header fields, quotes and all.
    let text: String

    /// The tag of a body.
    init(of body: [UInt8]) {
        let half = SHA256.digest(body).prefix(SHA256.length / 2)
        text = "\"\(Hexadecimal.text(Array(half)))\""
    }

    /// The tag of a body of which a part was found out, and changes though nobody changes the configuration.
    ///
    /// - Parameter configuration: The body without that part, which alone counts for who wants to change it; nil where
    ///   there is no such part.
    init(of body: [UInt8], configuration: [UInt8]?) {
        let whole = EntityTag(of: body)
        guard let configuration, configuration != body else {
            self = whole
            return
        }
        text = "\(EntityTag(of: configuration).text.dropLast())\(Self.separator)\(whole.text.dropFirst())"
    }

    /// What stands between the tag of the configuration and the tag of the whole.
    static let separator: Character = "."
}

/// What a request demands of the state that it finds, so that who edits does not overwrite what another has changed
/// meanwhile (RFC 9110 §13.1).
struct Precondition: Sendable {
    /// Which states a header field names.
    private enum Tags: Sendable {
        /// Any state: that there is something.
        case any
        case these([Substring])

        /// - Parameter isStrict: Whether a tag that only says "much the same" names no state.
        init(_ field: String, isStrict: Bool) {
            let tags = field.split(separator: ",").map { tag in
                let tag = String(tag).trimmed[...]
                if isStrict, let end = tag.firstIndex(of: EntityTag.separator) { return Substring(tag[..<end] + "\"") }
                return !isStrict && tag.hasPrefix("W/") ? tag.dropFirst(2) : tag
            }
            self = tags == ["*"] ? .any : .these(tags)
        }

        /// Whether `tag` is among them; no tag is the state of what does not exist.
        func has(_ tag: EntityTag?) -> Bool {
            guard let tag else { return false }
            return switch self {
            case .any: true
            case .these(let tags): tags.contains { $0 == tag.text }
            }
        }
    }

    private let match: Tags?
    private let noneMatch: Tags?

    /// The demand of a request, or nil when it makes none.
    init?(_ headers: HTTPFields) {
        match = headers[.ifMatch].map { Tags($0, isStrict: true) }
        noneMatch = headers[.ifNoneMatch].map { Tags($0, isStrict: false) }
        if match == nil, noneMatch == nil { return nil }
    }

    /// Whether all that is demanded is that there is something (`If-Match: *`).
    var isOnlyThatItIsThere: Bool {
        if case .any = match { noneMatch == nil } else { false }
    }

    /// Whether a reader has this state already.
    func knows(_ tag: EntityTag) -> Bool { noneMatch?.has(tag) ?? false }

    /// Refuses a change of a state that is not as demanded.
    ///
    /// - Parameter tag: The state that there is; nil when there is nothing.
    func check(_ tag: EntityTag?) throws(Problem) {
        if let match, !match.has(tag) {
            throw Problem(.preconditionFailed, "It is not, or no longer, as If-Match says: read it again")
        }
        if let noneMatch, noneMatch.has(tag) {
            throw Problem(.preconditionFailed, "It is there already, as If-None-Match forbids")
        }
    }
}
