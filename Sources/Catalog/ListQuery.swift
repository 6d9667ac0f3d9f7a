/// Which resources a list wants, in what order. The store answers it by its indexes, `page(of:)` from what is at hand;
/// both give the same.
public struct ListQuery: Sendable, Equatable {
    /// By what a list is sorted. What is equal is in the order of the ids.
    public enum Sort: String, Sendable, CaseIterable {
        case createdAt, updatedAt, name, id

        /// The order unless a request says otherwise: newest first, names and ids from A on.
        public var order: Order { self == .createdAt || self == .updatedAt ? .descending : .ascending }
    }

    /// Which end of the order comes first. Each is the other one backwards.
    public enum Order: String, Sendable, CaseIterable {
        case ascending = "asc"
        case descending = "desc"
    }

    /// A demand on one member of the resources.
    public struct Filter: Sendable, Equatable {
        /// The member: a top-level name of the document, or names joined by dots.
        public let member: String
        /// What it must be, or have among its elements: text, a whole number, `true` or `false`.
        public let value: String
        /// What the member must refer to when it is a reference that is kept as a link; nil for any other member.
        public let target: ResourceKey?

        /// A demand from its parts.
        public init(_ member: String, is value: String, target: ResourceKey? = nil) {
            self.member = member
            self.value = value
            self.target = target
        }
    }

    /// That a member must be unset, or be this: what a user has alone is nobody else's business.
    public struct Ownership: Sendable, Equatable {
        /// The member: a top-level name by which lists of the kind filter.
        public let member: String
        /// The user.
        public let user: String

        /// A demand from its parts.
        public init(_ member: String, of user: String) {
            self.member = member
            self.user = user
        }

        /// Whether a document belongs to the user, or to nobody alone.
        public func isMet(by document: JSONValue) -> Bool {
            let owners = ListText.values(of: member, in: document)
            return owners.isEmpty || owners == [value]
        }

        /// The user as the store keeps values of the member.
        public var value: String {
            let document: JSONObject = [member: .string(user)]
            return ListText.values(of: member, in: .object(document)).first ?? ""
        }
    }

    /// The kind's name.
    public var kind: String
    /// Where they live: empty for the project, `AGENT` or `AGENT/SUBAGENT`.
    public var parent: String
    /// The page, from 1.
    public var page: Int
    /// Resources a page, 1–100.
    public var limit: Int
    /// Only those that refer to this resource, by whatever member; nil for all.
    public var referringTo: ResourceKey?
    /// By what they are sorted.
    public var sort: Sort
    /// Which end comes first.
    public var order: Order
    /// Whether each of them has a name; then sorting by name or change needs no look at all of them.
    public var isNamed: Bool
    /// What id, name or description must contain, as `ListText.folded` gives it; nil for anything.
    public var search: String?
    /// What must hold beside, all of it.
    public var filters: [Filter]
    /// Whose those may be that somebody has alone; nil for anybody's.
    public var owned: Ownership?
    /// In lists of a tenant, the account that has a role in every project that is shown, and for what is in projects
    /// one of those who use them; nil for all projects.
    public var visibleTo: String?

    /// Demands on members in one query at most.
    public static let filtersMax = 16

    /// A query for one page: the newest first unless told otherwise.
    public init(
        kind: String, parent: String = "", page: Int = 1, limit: Int = 10, referringTo: ResourceKey? = nil,
        sort: Sort = .createdAt, order: Order? = nil, isNamed: Bool = false, search: String? = nil,
        filters: [Filter] = []
    ) {
        self.kind = kind
        self.parent = parent
        self.page = page
        self.limit = limit
        self.referringTo = referringTo
        self.sort = sort
        self.order = order ?? sort.order
        self.isNamed = isNamed
        self.search = search
        self.filters = filters
    }

    /// The page out of resources that are at hand, and how many there are in all.
    ///
    /// - Parameters:
    ///   - entries: resources in any order; those of other kinds and places are passed over.
    ///   - links: what a resource refers to.
    public func page(
        of entries: some Sequence<Entry>, links: (ResourceKey) -> some Sequence<ResourceLink>
    ) -> (entries: [Entry], total: Int) {
        var found = entries.filter { entry in
            entry.key.kind == kind && entry.key.parent == parent && isWanted(entry)
                && (referringTo == nil || links(entry.key).contains { $0.target == referringTo })
        }
        found.sort { order == .ascending ? isBefore($0, $1) : isBefore($1, $0) }
        let start = max(page - 1, 0).multipliedReportingOverflow(by: limit)
        guard !start.overflow, start.partialValue < found.count else { return ([], found.count) }
        return (Array(found[start.partialValue...].prefix(limit)), found.count)
    }

    /// Whether an entry has what is searched for and meets all demands on its members.
    func isWanted(_ entry: Entry) -> Bool {
        if let owned, !owned.isMet(by: entry.document) { return false }
        if let search, !ListText.search(entry.document).contains(search),
            !ListText.folded(entry.key.id).contains(search)
        {
            return false
        }
        return filters.allSatisfy { ListText.values(of: $0.member, in: entry.document).contains($0.value) }
    }

    /// The order called ascending. Of dates the later id comes first, so that backwards it is the usual order of lists:
    /// newest first, then by id.
    func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        let (leftID, rightID) = (left.key.id, right.key.id)
        return switch sort {
        case .createdAt: left.createdAt == right.createdAt ? leftID > rightID : left.createdAt < right.createdAt
        case .updatedAt: left.updatedAt == right.updatedAt ? leftID > rightID : left.updatedAt < right.updatedAt
        case .name: isBefore(ListText.name(left.document), ListText.name(right.document)) ?? (leftID < rightID)
        case .id: leftID < rightID
        }
    }

    /// By bytes, as databases do; nil when they are equal.
    private func isBefore(_ left: String, _ right: String) -> Bool? {
        left == right ? nil : left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// The texts by which lists are sorted, searched and filtered, as the store keeps them beside a document.
public enum ListText {
    /// Characters of a name by which lists are sorted; names that agree in them are in the order of their ids.
    static let nameCharactersMax = 64

    /// The text without regard to case: each character's capital form, made small, as Unicode maps them without regard
    /// to language. `STRASSE` is equal to `straße`; accents and composition count.
    public static func folded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 < 0x80 && $0 != 0 && !(0x41...0x5A).contains($0) }
        if isPlain { return text }
        return text.uppercased().lowercased().filter { $0 != "\0" }
    }

    /// What a document is sorted by when names count; empty when it has none.
    public static func name(_ document: JSONValue) -> String {
        guard let name = document["name"]?.string else { return "" }
        return folded(String(name.prefix(nameCharactersMax)))
    }

    /// Where in a document text is looked for: its name and description.
    public static func search(_ document: JSONValue) -> String {
        let texts = [document["name"]?.string, document["description"]?.string].compactMap(\.self)
        return folded(texts.joined(separator: "\n"))
    }

    /// The values of a member by which lists filter, each once: none when it is unset, several for a list.
    ///
    /// - Parameter member: a top-level name, or names joined by dots.
    public static func values(of member: String, in document: JSONValue) -> [String] {
        let value = member.split(separator: ".").reduce(Optional(document)) { $0?[String($1)] }
        var values: [String] = []
        for text in (value?.array ?? [value ?? .null]).compactMap(text) where !values.contains(text) {
            values.append(text)
        }
        return values
    }

    /// Characters of a value by which lists filter; of longer ones these count.
    static let valueCharactersMax = 256

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): String(text.filter { $0 != "\0" }.prefix(valueCharactersMax))
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        default: nil
        }
    }
}
