public import Cryptography

/// Where a credential store keeps one entry (manage spec §4.6). Names are told apart by project.
public struct CredentialPlace: Sendable, Hashable {
    /// The store's id.
    public let store: String
    /// The key within the store.
    public let key: String
    /// Whether it is kept in the database; else in the memory of this process, for as long as that lives.
    public let isLasting: Bool

    /// A place from its parts.
    public init(store: String, key: String, isLasting: Bool) {
        self.store = store
        self.key = key
        self.isLasting = isLasting
    }
}

/// What a credential store keeps under a key.
public struct CredentialEntry: Sendable, Equatable {
    /// Where.
    public let place: CredentialPlace
    /// The credential.
    public let value: Secret
    /// Header fields that go with it, as the JSON text of an object with texts; nil for none.
    public let metadata: Secret?
    /// When it was written, milliseconds since 1970.
    public let createdAt: Int64

    /// An entry from its parts.
    public init(place: CredentialPlace, value: Secret, metadata: Secret?, createdAt: Int64) {
        self.place = place
        self.value = value
        self.metadata = metadata
        self.createdAt = createdAt
    }

    /// The entry with all secrets sealed for this place in the project, and nowhere else.
    public func sealed(by keyring: Keyring, in project: BranchKey) -> CredentialEntry {
        func seal(_ secret: Secret, _ context: [String]) -> Secret {
            guard case .plain(let text) = secret else { return secret }
            return .sealed(keyring.seal(text, in: context))
        }
        let context = place.sealingContext(in: project)
        return CredentialEntry(
            place: place, value: seal(value, context), metadata: metadata.map { seal($0, context + Self.metadataPart) },
            createdAt: createdAt)
    }

    /// What tells a sealed `metadata` from the sealed `value` of the same entry.
    fileprivate static let metadataPart = ["metadata"]
}

extension CredentialPlace {
    fileprivate func sealingContext(in project: BranchKey) -> [String] { project.sealingContext + [store, key] }
}

extension Keyring {
    /// The credential of an entry and the header fields that go with it. For whoever acts with them, at the moment of
    /// acting; they are neither kept nor shown nor logged.
    public func open(
        _ entry: CredentialEntry, of project: BranchKey
    ) throws(UnsealingError) -> (value: String, metadata: JSONObject) {
        let context = entry.place.sealingContext(in: project)
        let value = try open(entry.value, in: context)
        guard let metadata = entry.metadata else { return (value, [:]) }
        let text = try open(metadata, in: context + CredentialEntry.metadataPart)
        return (value, (try? JSONValue(parsing: text))?.object ?? [:])
    }

    private func open(_ secret: Secret, in context: [String]) throws(UnsealingError) -> String {
        guard case .sealed(let text) = secret else { throw .notSealed }
        return try open(text, in: context)
    }
}

/// The entries of a project's credential stores, inside a transaction: they are of no branch and have no history. A
/// struct of functions, as `Workspace` is.
public struct CredentialEntries {
    /// The entry, sealed, or nil.
    public let get: (CredentialPlace) throws -> CredentialEntry?
    /// Keeps an entry, sealed, in place of the one that is there. Throws `Problem` 400 when there is no room.
    public let put: (CredentialEntry) throws -> Void
    /// Lets an entry go, if there is one.
    public let delete: (CredentialPlace) throws -> Void

    /// Stores in which nothing is ever kept.
    public static var empty: CredentialEntries {
        CredentialEntries(get: { _ in nil }, put: { _ in }, delete: { _ in })
    }

    /// Entries from their functions.
    public init(
        get: @escaping (CredentialPlace) throws -> CredentialEntry?,
        put: @escaping (CredentialEntry) throws -> Void,
        delete: @escaping (CredentialPlace) throws -> Void
    ) {
        self.get = get
        self.put = put
        self.delete = delete
    }
}
