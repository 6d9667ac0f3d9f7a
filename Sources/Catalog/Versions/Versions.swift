/// Which state of a project a request wants (manage spec §4.2). Without a name it is the main branch as it is now.
public struct Ref: Sendable, Equatable {
    /// The name of a branch, with or without the prefix of the project, or the hash of a state; nil for main.
    public var name: String?
    /// The number of the change after which the state is wanted; nil for now.
    public var at: Int64?

    /// A reference from its parts.
    public init(_ name: String? = nil, at: Int64? = nil) {
        self.name = name
        self.at = at
    }

    /// The name of the branch, if it is one, as the store has it.
    public func branch(tenant: String, project: String) -> BranchKey {
        BranchKey(
            tenant: tenant, project: project, branch: BranchKey.shortName(name ?? BranchKey.main, tenant, project))
    }
}

extension BranchKey {
    /// The name of the branch among all of the database: `TENANT_PROJECT_NAME`.
    public var fullName: String { Self.prefix(tenant, project) + branch }

    private static func prefix(_ tenant: String, _ project: String) -> String { "\(tenant)_\(project)_" }

    /// The name of a branch without the prefix of its project, if it has that.
    public static func shortName(_ name: String, _ tenant: String, _ project: String) -> String {
        let prefix = prefix(tenant, project)
        return name.hasPrefix(prefix) && name != prefix ? String(name.dropFirst(prefix.count)) : name
    }
}

/// A branch as it stands.
public struct Branch: Sendable, Equatable {
    /// Its name, without the prefix of the project.
    public let name: String
    /// Its state. While nothing was changed on it, that is the one that it was made from.
    public let commit: Commit
    /// Its own life and the number of its last change. What is in the branch goes by this one: a merge that changed
    /// nothing moved no number of the branch that this one was made from, and is yet none of this one's.
    public let own: Commit

    /// A branch from its parts.
    public init(name: String, commit: Commit, own: Commit) {
        self.name = name
        self.commit = commit
        self.own = own
    }
}

/// That one branch has taken in the state of another.
public struct MergeRecord: Sendable {
    /// The state that was taken in.
    public let source: Commit
    /// What is in the target from now on.
    public let vector: VersionVector
    /// What the one who merged says of it; nil for nothing.
    public let message: String?
    /// On whose behalf, as the one who merged says; nil for nobody.
    public let author: String?

    /// A record from its parts.
    public init(source: Commit, vector: VersionVector, message: String?, author: String?) {
        self.source = source
        self.vector = vector
        self.message = message
        self.author = author
    }
}

/// What an operation may ask of and do with the branches of a project and their states. A part of `Workspace`.
///
/// The branch of the kinds outside branches is none to these functions: it is in no list and has no state.
public struct Versions {
    /// What the workspace stands on: a branch as it is now, or a state.
    public let standing: () throws -> (ref: String, isBranch: Bool, commit: Commit)?
    /// All branches, by name; those alone that have a resource when one is given.
    public let branches: (_ holding: ResourceKey?) throws -> [Branch]
    /// A branch by its name without prefix, or nil. In an operation that writes, nobody else changes it until the end.
    public let branch: (String) throws -> Branch?
    /// The state that a hash names, or nil when there is none.
    public let commit: (_ hash: String) throws -> Commit?
    /// The state of the branch after its change of this number, or nil when there is none.
    public let past: (_ number: Int64) throws -> Commit?
    /// Makes a branch of this name as a copy of a state.
    public let create: (String, Commit) throws -> Branch
    /// Deletes a branch with all that was recorded on it. Its log stays.
    public let remove: (String) throws -> Void
    /// Reads resources as they are in a state: those that are there, by key.
    public let reader: (Commit) throws -> ([ResourceKey]) throws -> [ResourceKey: Entry]
    /// The resources in which two states may differ; no others do.
    public let touched: (Commit, Commit) throws -> Set<ResourceKey>
    /// What is in a state.
    public let vector: (Commit) throws -> VersionVector
    /// The lines of the log that led to the workspace's state, by number, and how many there are in all.
    public let history: (HistoryQuery) throws -> (lines: [HistoryLine], total: Int)
    /// Stores resources as they are given, with the links that follow from their declarations; nil deletes one, without
    /// what lives in it or refers to it. New ones keep the time of their making. Equal ones write nothing.
    public let apply: ([(key: ResourceKey, entry: Entry?)]) throws -> Void
    /// Notes a merge into the workspace's branch, after it was applied.
    public let record: (MergeRecord) throws -> Void

    /// Versions from their functions.
    public init(
        standing: @escaping () throws -> (ref: String, isBranch: Bool, commit: Commit)?,
        branches: @escaping (ResourceKey?) throws -> [Branch], branch: @escaping (String) throws -> Branch?,
        commit: @escaping (String) throws -> Commit?, past: @escaping (Int64) throws -> Commit?,
        create: @escaping (String, Commit) throws -> Branch, remove: @escaping (String) throws -> Void,
        reader: @escaping (Commit) throws -> ([ResourceKey]) throws -> [ResourceKey: Entry],
        touched: @escaping (Commit, Commit) throws -> Set<ResourceKey>,
        vector: @escaping (Commit) throws -> VersionVector,
        history: @escaping (HistoryQuery) throws -> (lines: [HistoryLine], total: Int),
        apply: @escaping ([(key: ResourceKey, entry: Entry?)]) throws -> Void,
        record: @escaping (MergeRecord) throws -> Void
    ) {
        self.standing = standing
        self.branches = branches
        self.branch = branch
        self.commit = commit
        self.past = past
        self.create = create
        self.remove = remove
        self.reader = reader
        self.touched = touched
        self.vector = vector
        self.history = history
        self.apply = apply
        self.record = record
    }
}
