/// A resource as it is stored.
public struct Entry: Sendable, Equatable {
    /// What names it within its branch.
    public let key: ResourceKey
    /// Its declared members as JSON, unset ones left out.
    public let document: JSONValue
    /// When it was made, milliseconds since 1970.
    public let createdAt: Int64
    /// When it was last changed, milliseconds since 1970.
    public let updatedAt: Int64
    /// How often it was written; grows by one with each write.
    public let revision: Int64

    /// An entry from its parts.
    public init(key: ResourceKey, document: JSONValue, createdAt: Int64, updatedAt: Int64, revision: Int64) {
        self.key = key
        self.document = document
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.revision = revision
    }
}

/// A page of what is in several projects, and how many there are in all.
public typealias TenantPage = (entries: [Entry], total: Int)

/// What an operation on configuration may read and change, inside one transaction on one branch. A struct of functions:
/// the server hands in the store's, so that kinds know no database. Used on one thread, for one operation.
public struct Workspace {
    /// The branch worked on. For operations on the tenant alone its project is empty.
    public let branch: BranchKey
    /// The time of the operation, milliseconds since 1970.
    public let now: Int64
    /// A fresh id: 21 of `[a-z0-9]`, random (manage spec §0.3).
    public let makeID: () -> String
    /// The resource, or nil.
    public let get: (ResourceKey) throws -> Entry?
    /// Those of these resources that are there, by key. Reads up to 100 in one statement. An operation that writes may
    /// then ask for each alone at no cost.
    public let several: ([ResourceKey]) throws -> [ResourceKey: Entry]
    /// What lives in a resource, or in what lives in it, in one read, oldest first.
    public let contents: (ResourceKey) throws -> [Entry]
    /// All resources of a kind in one place, oldest first.
    public let all: (_ kind: String, _ parent: String) throws -> [Entry]
    /// All resources of the branch in one read, oldest first.
    public let everything: () throws -> [Entry]
    /// One page, and how many there are in all.
    public let page: (ListQuery) throws -> (entries: [Entry], total: Int)
    /// One page of the tenant's projects on their main branches, and how many there are in all. Of the query kind and
    /// parent do not count.
    public let projects: (ListQuery) throws -> (entries: [Entry], total: Int)
    /// All resources of a kind at the top of projects, at most 100, oldest first, with the project.
    public let inProjects: (_ kind: String, _ projects: [String]) throws -> [(project: String, entry: Entry)]
    /// Who refers to a resource.
    public let referrers: (ResourceKey) throws -> [ResourceKey]
    /// Stores a document with its links, over what is there. Equal documents and links write nothing.
    public let put: (ResourceKey, JSONValue, [ResourceLink]) throws -> Entry
    /// Deletes a resource, what lives in it, and by the declared rules what refers to it.
    /// Throws `Problem` 409 when a rule forbids it.
    public let delete: (ResourceKey) throws -> Void
    /// Whether the branch exists.
    public let exists: () throws -> Bool
    /// Makes the branch, empty.
    public let createBranch: () throws -> Void
    /// Deletes the project with all its branches and everything in them.
    public let deleteProject: () throws -> Void
    /// The same project on the branch of this name, in the same transaction. What is changed there counts with what is
    /// changed here, or not at all. The branch need not exist: ask it.
    public let on: (_ branch: String) throws -> Workspace
    /// Gives a resource a name by which it is found without its tenant and project being known, as keys and apps are.
    /// It is unique among all resources of the kind, goes with the resource, and never changes.
    /// Throws `Problem` 409 when another has it.
    public let setHandle: (ResourceKey, String) throws -> Void
    /// One page of what is at the top of all projects of the tenant, on this branch of each, and how many there are in
    /// all.
    public var inTenant: (ListQuery) throws -> TenantPage = { _ in ([], 0) }
    /// A document with each of its sealed secrets that another document of the same resource has too, whatever its
    /// form, in the form that it has there; the two can then be compared. Secrets stay sealed.
    public var aligned: (_ document: JSONValue, _ kind: String, _ other: JSONValue) -> JSONValue = { document, _, _ in
        document
    }
    /// The log of what resources of the branch set off.
    public var invocations = InvocationLog.empty
    /// The entries of the project's credential stores, whatever the branch.
    public var credentials = CredentialEntries.empty
    /// All resources of a kind at the top of the project, of each of its branches.
    public var onAllBranches: (_ kind: String) throws -> [Entry] = { _ in [] }
    /// Who belongs to the tenant and to the project of the branch.
    public var members = Members.nobody
    /// Resources in which a member by which lists filter has this value, of all kinds and on all branches of the
    /// project. At most 10,000.
    public var holders: (_ member: String, _ value: String) throws -> [(branch: String, entry: Entry)] = { _, _ in [] }
    /// What was found out about resources of the branch.
    public var observations = Observations.none
    /// Who calls, and the server.
    public var surroundings = Surroundings()
    /// The project's branches and their states.
    public let versions: Versions

    /// A workspace from its functions.
    public init(
        branch: BranchKey, now: Int64, makeID: @escaping () -> String,
        get: @escaping (ResourceKey) throws -> Entry?,
        several: @escaping ([ResourceKey]) throws -> [ResourceKey: Entry],
        contents: @escaping (ResourceKey) throws -> [Entry],
        all: @escaping (String, String) throws -> [Entry],
        everything: @escaping () throws -> [Entry],
        page: @escaping (ListQuery) throws -> (entries: [Entry], total: Int),
        projects: @escaping (ListQuery) throws -> (entries: [Entry], total: Int),
        inProjects: @escaping (String, [String]) throws -> [(project: String, entry: Entry)],
        referrers: @escaping (ResourceKey) throws -> [ResourceKey],
        put: @escaping (ResourceKey, JSONValue, [ResourceLink]) throws -> Entry,
        delete: @escaping (ResourceKey) throws -> Void,
        exists: @escaping () throws -> Bool,
        createBranch: @escaping () throws -> Void,
        deleteProject: @escaping () throws -> Void,
        on: @escaping (String) throws -> Workspace,
        setHandle: @escaping (ResourceKey, String) throws -> Void,
        versions: Versions
    ) {
        self.branch = branch
        self.now = now
        self.makeID = makeID
        self.get = get
        self.several = several
        self.contents = contents
        self.all = all
        self.everything = everything
        self.page = page
        self.projects = projects
        self.inProjects = inProjects
        self.referrers = referrers
        self.put = put
        self.delete = delete
        self.exists = exists
        self.createBranch = createBranch
        self.deleteProject = deleteProject
        self.on = on
        self.setHandle = setHandle
        self.versions = versions
    }
}
