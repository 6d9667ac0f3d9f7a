public import Cryptography

/// What keeps secrets from being stored as they came: it seals them on their way into the store, each in the place that
/// its kind declares.
public struct Sealing: Sendable {
    /// The keys.
    public let keyring: Keyring
    private let places: [String: SecretPlaces]

    /// Seals the secrets of these kinds.
    public init(_ keyring: Keyring, kinds: [Kind]) {
        self.keyring = keyring
        places = Dictionary(
            kinds.compactMap { kind in kind.secrets.map { (kind.name, $0) } }, uniquingKeysWith: { $1 })
    }

    /// The document to store in place of one that a kind made. A secret that is what is stored in its place already
    /// keeps the form that it has there, so that saying the same again changes nothing.
    ///
    /// - Parameter stored: Reads what is stored under the key; asked only where there is something to compare.
    /// - Throws: `Problem` 400 where the document keeps what is not stored; what `stored` throws.
    public func sealed(
        _ document: JSONValue, _ key: ResourceKey, in branch: BranchKey, over stored: () throws -> Entry?
    ) throws -> JSONValue {
        guard let places = places[key.kind], places.contains(in: document, where: Self.isOpen) else { return document }
        let old = try stored()?.document
        var decoding = Decoding()
        let kept = places.keeping(document, as: old, &decoding)
        try decoding.finish()
        return places.replacing(in: kept, beside: old) { value, old, _ in
            guard case .plain(let text) = Secret(value), Self.isOpen(value) else { return value }
            if case .sealed(let sealed) = old.flatMap(Secret.init),
                let known = try? keyring.open(sealed, in: branch.sealingContext), ConstantTime.areEqual(known, text)
            {
                return Secret.sealed(sealed).json
            }
            return Secret.sealed(keyring.seal(text, in: branch.sealingContext)).json
        }
    }

    /// The document with each sealed secret that opens to the same text as what another document of the same resource
    /// has in its place in the form that it has there: sealing the same text twice gives two forms. Nothing is shown,
    /// and what cannot be opened stays as it is.
    public func aligned(_ document: JSONValue, kind: String, with other: JSONValue, in branch: BranchKey) -> JSONValue {
        guard let places = places[kind] else { return document }
        return places.replacing(in: document, beside: other) { value, other, _ in
            guard let other, value != other, case .sealed(let mine) = Secret(value),
                case .sealed(let theirs) = Secret(other), let text = try? keyring.open(mine, in: branch.sealingContext),
                let known = try? keyring.open(theirs, in: branch.sealingContext), ConstantTime.areEqual(text, known)
            else { return value }
            return other
        }
    }

    /// Whether a secret still has to be sealed.
    private static func isOpen(_ value: JSONValue) -> Bool {
        switch Secret(value) {
        case .plain(let text): value.string == nil || !HeaderMap.isTemplate(text)
        case .kept: true
        case .sealed, nil: false
        }
    }
}

extension BranchKey {
    /// What sealed secrets of the project are bound to: they can go from branch to branch, and to no other project.
    public var sealingContext: [String] { [tenant, project] }
}

extension Keyring {
    /// The text of a secret of a project's configuration. For whoever acts with it, at the moment of acting; the text
    /// is neither kept nor shown nor logged.
    public func open(_ secret: Secret, of branch: BranchKey) throws(UnsealingError) -> String {
        switch secret {
        case .plain(let text): text
        case .sealed(let sealed): try open(sealed, in: branch.sealingContext)
        case .kept: throw .notSealed
        }
    }

    /// Header fields with their values, for whoever makes a call with them, as `open(_:of:)`. Placeholders in the
    /// values are still to be filled in.
    public func open(
        _ headers: HeaderMap, of branch: BranchKey
    ) throws(UnsealingError) -> [(name: String, value: String)] {
        var opened: [(name: String, value: String)] = []
        for (name, value) in headers.entries {
            switch value {
            case .template(let text): opened.append((name, text))
            case .secret(let secret): opened.append((name, try open(secret, of: branch)))
            }
        }
        return opened
    }
}
