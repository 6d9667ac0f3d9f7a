/// One kind of thing that users manage, declared once: its fields, place, identity, references, rules and names.
/// Routes, checks, links, the OpenAPI document and what other surfaces need are derived from it.
public struct Kind: Sendable {
    /// One declared member, as surfaces that know no types see it.
    public struct Member: Sendable {
        /// The name on the wire.
        public let name: String
        /// What it is for, written for users.
        public let help: String
        /// The JSON Schema of the value.
        public let schema: JSONObject
        /// Who may write and see it.
        public let mode: FieldMode
        /// Whether a create must name it.
        public let required: Bool
        /// Whether null is taken, and means "none".
        public let nullable: Bool
        /// What the value points at, or nil when it is no reference.
        public let reference: Reference?
    }

    /// A time that answers tell of a resource, by its name on the wire.
    public enum Time: String, Sendable, CaseIterable {
        case created = "createdAt"
        case updated = "updatedAt"
    }

    /// The name inside: in keys, links and the log. Never changes once there is data.
    public let name: String
    /// The name in sentences: `Sub-agent not found`.
    public let title: String
    /// The segment of the collection's path.
    public let plural: String
    /// The name of the schemas of answers in the document: `SubAgent`, `SubAgentResponse` …
    public let schemaName: String
    /// The name of the schemas of bodies in the document, before `Create` and `Update`.
    public let bodyName: String
    /// The name in the summaries of operations: `List Sub Agent Relations`.
    public let label: String
    /// The name of the resources' table as merges show them (manage spec §4.4, Appendix B).
    public let table: String
    /// Where the resources live.
    public let scope: Scope
    /// The groups of the operations in the document, the main one first.
    public let tags: [String]
    /// The name of the path parameter of one resource.
    public let itemParameter: String
    /// The declared members.
    public let members: [Member]
    /// How ids come about.
    public let identity: Identity
    /// What a create answers when the thing is there.
    public let onDuplicate: Duplicate
    /// Members that together name the thing: two resources in one place must not agree in them.
    public let unique: [String]
    /// Query parameters of the list with the member that each filters by: a top-level name, or names joined by dots
    /// into nested objects. References, choices, flags, whole numbers, texts, and lists of these.
    public let filters: [(query: String, member: String)]
    /// Whether an update that changes no declared member is a 400.
    public let refusesEmptyUpdate: Bool
    /// Whether members that are unset show as null; else they are left out.
    public let showsUnset: Bool
    /// Whether bodies are something else than the members, which those who take them declare.
    public let hasOwnBodies: Bool
    /// Whether the resources live on branches, with the rest of the configuration. Those that do not are the same
    /// whatever branch a request names: they are on the project's branch `BranchKey.unversioned`.
    public let isVersioned: Bool
    /// The member whose value is a resource's handle (`Workspace.setHandle`): set at its creation, never changed; nil
    /// for none.
    public let handle: String?
    /// The member that names the user whose own a resource is, if it is one's alone: others neither see nor change it,
    /// unless they are administrators. Lists filter by it. Nil for kinds whose resources are everybody's.
    public let owner: String?
    /// Where the secrets are in a stored document; nil when the kind has none.
    public let secrets: SecretPlaces?
    let names: OperationNames
    let permissions: Permissions
    let listParameters: [Operation.Parameter]
    let createStatuses: [Int]
    let updateErrors: [Int]
    let deleteErrors: [Int]
    /// The words for how a resource stands in the world; empty for kinds of which nothing is found out.
    public let statuses: [String]
    /// Whether answers to creates and updates may have a `warning` beside the data.
    let warns: Bool
    let schemas: Schemas
    let actions: Actions

    /// The schemas of a kind in its three uses.
    struct Schemas: Sendable {
        let create: JSONObject
        let update: JSONObject
        let view: JSONObject
    }

    /// What a kind does, with its type forgotten.
    struct Actions: Sendable {
        let create: @Sendable (JSONValue, [String: String], Workspace) throws -> (entry: Entry, status: Int)
        let update: @Sendable (Entry, JSONValue, Workspace) throws -> Entry
        let delete: @Sendable (Entry, Workspace) throws -> Void
        let view: @Sendable (Entry, BranchKey) -> JSONObject
        let masked: @Sendable (JSONValue) -> JSONObject
        let inContext: @Sendable (Entry, Workspace) throws -> JSONObject
        let status: @Sendable (Entry, Observation?, Workspace) throws -> String?
        let warning: @Sendable (Entry) -> String?
        let onGet: @Sendable (Entry, Workspace) throws -> JSONObject
        let onList: @Sendable ([String], Page, [String: String], Workspace) throws -> [String: JSONObject]
        let decode: @Sendable (JSONValue, JSONValue?) throws(Problem) -> JSONValue
    }

    /// Declares the kind of `type`.
    ///
    /// - Parameters:
    ///   - name: The name inside: in keys, links and the log.
    ///   - table: The name of the table in merges; that inside, as a plural with underscores, unless told.
    ///   - title: The name in sentences.
    ///   - plural: The segment of the collection's path.
    ///   - scope: Where the resources live.
    ///   - tags: The groups in the document, the main one first.
    ///   - names: The operations' names in the contract; none unless told.
    ///   - schemaName: The name of the schemas; the type's own unless told.
    ///   - bodyName: The name of the schemas of bodies; `schemaName` unless told.
    ///   - label: The name in summaries; the title in capitals unless told.
    ///   - permissions: Who may call the operations.
    ///   - identity: How ids come about.
    ///   - onDuplicate: What a create answers when the thing is there.
    ///   - unique: Members that together name the thing within its place; none unless told.
    ///   - filters: Query parameters of the list with the members that they filter by; the document describes them by
    ///     the members' types, and the store finds by them without looking at every resource.
    ///   - listParameters: Further query parameters of the list, for the document.
    ///   - refusesEmptyUpdate: Whether an update that names no declared member is a 400.
    ///   - showsUnset: Whether unset members show as null.
    ///   - times: The times that answers tell; both unless told.
    ///   - hasOwnBodies: Whether bodies are something else than the members, which those who take them declare.
    ///   - isVersioned: Whether the resources live on branches.
    ///   - handle: The member by which a resource is found without its tenant being known; none unless told.
    ///   - owner: The member that names the user whose own a resource is; none unless told.
    ///   - rules: What one field cannot say.
    ///   - extras: Members of answers beside the declared ones.
    public init<R: Resource>(
        _ type: R.Type, _ name: String, table: String? = nil, title: String, plural: String, in scope: Scope,
        tags: [String] = [],
        names: OperationNames = OperationNames(), schemaName: String? = nil, bodyName: String? = nil,
        label: String? = nil, permissions: Permissions = .usual,
        identity: Identity = .chosen, onDuplicate: Duplicate = .conflict, unique: [String] = [],
        filters: [(query: String, member: String)] = [], listParameters: [Operation.Parameter] = [],
        refusesEmptyUpdate: Bool = false, showsUnset: Bool = true, times: [Time] = Time.allCases,
        hasOwnBodies: Bool = false,
        isVersioned: Bool = true, handle: String? = nil, owner: String? = nil, rules: Rules<R> = Rules(),
        extras: Extras<R> = Extras()
    ) {
        self.name = name
        self.table = table ?? name.replacing("-", with: "_") + "s"
        self.title = title
        self.plural = plural
        self.schemaName = schemaName ?? "\(type)"
        self.bodyName = bodyName ?? self.schemaName
        self.label = label ?? title.inCapitals
        self.scope = scope
        self.tags = tags
        self.itemParameter = "id"
        self.names = names
        self.permissions = permissions
        self.identity = identity
        self.onDuplicate = onDuplicate
        self.unique = unique
        self.filters = filters
        self.listParameters = listParameters
        self.refusesEmptyUpdate = refusesEmptyUpdate
        self.showsUnset = showsUnset
        self.isVersioned = isVersioned
        self.handle = handle
        self.owner = owner
        self.hasOwnBodies = hasOwnBodies
        secrets = R.secrets
        deleteErrors = rules.beforeDelete == nil ? [] : [409]
        statuses = extras.standing?.statuses ?? []
        warns = extras.warning != nil
        createStatuses = rules.replaces == nil ? [201] : [200, 201]
        // What a create takes the place of stands in the way of an update.
        updateErrors = rules.replaces == nil ? [] : [409]
        members = R.fields.map {
            Member(
                name: $0.name, help: $0.help, schema: $0.schema, mode: $0.mode, required: $0.required,
                nullable: $0.nullable, reference: $0.reference)
        }
        schemas = Schemas(
            create: R.schema(for: .create), update: R.schema(for: .update),
            view: Self.viewSchema(R.self, extras, times, withNulls: showsUnset))
        actions = TypedActions(rules: rules, extras: extras, showsUnset: showsUnset, times: times).erased
    }

    private static func viewSchema<R: Resource>(
        _ type: R.Type, _ extras: Extras<R>, _ shown: [Time], withNulls: Bool
    ) -> JSONObject {
        let times = JSONObject(shown.map { ($0.rawValue, OpenAPI.times[$0.rawValue] ?? [:]) })
        let extended = R.schema(for: .view, withNulls: withNulls).adding(extras.schemas, required: extras.schemas.keys)
        return extended.adding(extras.optionalSchemas).adding(times, required: times.keys)
    }

    /// The key of the resource `id` in the place that a path names.
    public func key(_ id: String, _ path: [String: String]) -> ResourceKey {
        ResourceKey(kind: name, parent: scope.parent(path), id: id)
    }

    /// The document to store for a create body: decoded, checked, defaults in place. Rules that need the stored world
    /// are not asked here.
    public func create(_ body: JSONValue) throws(Problem) -> JSONValue { try actions.decode(body, nil) }

    /// The document to store after `patch` was laid over a stored one.
    public func update(_ stored: JSONValue, _ patch: JSONValue) throws(Problem) -> JSONValue {
        try actions.decode(patch, stored)
    }

    /// The resource as clients see it.
    public func view(_ entry: Entry, in branch: BranchKey) -> JSONObject { actions.view(entry, branch) }

    /// Every member of a stored document as it may be shown, hidden ones too; of a secret only that there is one.
    public func masked(_ document: JSONValue) -> JSONObject { actions.masked(document) }

    /// What a document refers to, from its declarations; loose references are not among them.
    public func links(_ key: ResourceKey, _ document: JSONValue) -> [ResourceLink] {
        var links: [ResourceLink] = []
        for member in members {
            guard let reference = member.reference, reference.rule != .loose else { continue }
            for id in Self.ids(document[member.name]) {
                let target = reference.target(id, from: key)
                links.append(ResourceLink(target: target, role: member.name, rule: reference.rule))
            }
        }
        return links
    }

    static func ids(_ value: JSONValue?) -> [String] {
        switch value {
        case .string(let id): [id]
        case .array(let elements): elements.compactMap(\.string)
        default: []
        }
    }

    /// What is broken in a document because it names what does not exist.
    ///
    /// - Parameter old: What is stored now; what it refers to is there and not looked for again.
    public func brokenReferences(
        _ key: ResourceKey, _ document: JSONValue, old: JSONValue?, in workspace: Workspace
    ) throws -> [Problem.Broken] {
        var broken: [Problem.Broken] = []
        let kept = Set(old.map { links(key, $0) } ?? [])
        // What lives outside branches refers to the main one.
        let world = isVersioned ? workspace : try workspace.on(BranchKey.main)
        for link in links(key, document) where !kept.contains(link) {
            if try world.get(link.target) == nil {
                broken.append(Problem.Broken([link.role], Self.unknown(link.target)))
            }
        }
        return broken
    }

    /// The other resources in the same place that agree with a document in the members that together name the thing.
    /// They are found by what they refer to, so that it does not matter how many others there are.
    public func rivals(_ key: ResourceKey, _ document: JSONValue, in workspace: Workspace) throws -> [Entry] {
        guard !unique.isEmpty else { return [] }
        let link = links(key, document).first { unique.contains($0.role) }
        let others =
            try link.map { link in
                let users = try workspace.referrers(link.target)
                    .filter { $0.kind == key.kind && $0.parent == key.parent }
                return Array(try workspace.several(users).values)
            } ?? workspace.all(key.kind, key.parent)
        return others.filter { other in
            other.key != key && unique.allSatisfy { other.document[$0] == document[$0] }
        }
    }

    /// The reason for a reference to what does not exist.
    public static func unknown(_ target: ResourceKey) -> String {
        "names the \(target.kind) \(target.id), which does not exist"
    }
}

extension String {
    /// The words of a title, each with a capital: `Data component` as `Data Component`.
    var inCapitals: String {
        split(separator: " ").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
    }
}
