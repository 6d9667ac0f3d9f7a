/// That a field holds the id of another resource, where that one lives, and what its deletion does to this one.
public struct Reference: Sendable, Equatable {
    /// What deleting the target does to the resource that refers to it.
    public enum Rule: String, Sendable {
        /// It is deleted too.
        case cascade
        /// The deletion is refused with a 409 that names who refers.
        case restrict
        /// The referring member becomes null.
        case clear
        /// Nothing: the id may name what is not there (yet). Not kept as a link.
        case loose
    }

    /// Where the target lives, seen from the resource that refers.
    public enum Place: Sendable, Equatable {
        /// In the project.
        case project
        /// In the same agent.
        case sameAgent
        /// In the agent that this resource is.
        case ownAgent
    }

    /// The name of the target's kind.
    public let kind: String
    /// Where the target lives.
    public let place: Place
    /// What the target's deletion does.
    public let rule: Rule

    /// A reference to a `kind` that lives at `place`.
    public static func to(_ kind: String, _ place: Place = .project, onDelete rule: Rule = .cascade) -> Reference {
        Reference(kind: kind, place: place, rule: rule)
    }

    /// The key of the target `id` when `source` refers to it.
    public func target(_ id: String, from source: ResourceKey) -> ResourceKey {
        switch place {
        case .project: ResourceKey(kind: kind, parent: "", id: id)
        case .sameAgent: ResourceKey(kind: kind, parent: source.agent, id: id)
        case .ownAgent: ResourceKey(kind: kind, parent: source.id, id: id)
        }
    }
}

/// What names a resource within one branch of a project.
public struct ResourceKey: Sendable, Hashable {
    /// The kind's name.
    public let kind: String
    /// Empty for what lives in the project, `AGENT` or `AGENT/SUBAGENT` for what lives in those.
    public let parent: String
    /// The id, unique within kind and parent.
    public let id: String

    /// A key from its parts.
    public init(kind: String, parent: String = "", id: String) {
        self.kind = kind
        self.parent = parent
        self.id = id
    }

    /// The id of the agent this lives in; empty for what lives in the project.
    public var agent: String { String(parent.prefix { $0 != "/" }) }

    /// The parent of what lives in this resource.
    public var place: String { parent.isEmpty ? id : "\(parent)/\(id)" }
}

/// A branch of a project: the unit that has a head, a graph and a history.
public struct BranchKey: Sendable, Hashable {
    /// The tenant's id.
    public let tenant: String
    /// The project's id.
    public let project: String
    /// The branch's name; `main` unless a request names another.
    public let branch: String

    /// The name of the branch that every project has.
    public static let main = "main"

    /// The name of the branch of a project's kinds that live outside branches, `Kind.isVersioned`. No branch that a
    /// user makes can be called so, and no list, reference or merge shows it.
    public static let unversioned = "~"

    /// A branch, `main` unless named.
    public init(tenant: String, project: String, branch: String = BranchKey.main) {
        self.tenant = tenant
        self.project = project
        self.branch = branch
    }
}

/// A reference of one resource to another, as the store keeps it.
public struct ResourceLink: Sendable, Hashable {
    /// What is referred to.
    public let target: ResourceKey
    /// The member that refers, a top-level name of the document.
    public let role: String
    /// What deleting the target does.
    public let rule: Reference.Rule

    /// A link from its parts.
    public init(target: ResourceKey, role: String, rule: Reference.Rule) {
        self.target = target
        self.role = role
        self.rule = rule
    }
}
