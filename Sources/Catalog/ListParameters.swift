/// By what a list can be sorted and searched: what every list takes beside its page and its filters, declared and read
/// in one way.
public struct ListOrder: Sendable {
    private let sorts: [ListQuery.Sort]
    private let ownOrder: String?
    private let searched: String?

    /// An order from its parts.
    ///
    /// - Parameters:
    ///   - sorts: By what it can be sorted; empty for a list that has one order alone.
    ///   - ownOrder: The order when a request names none, in words; nil when that is by the first of `sorts`.
    ///   - searched: Where `q` looks, in words; nil for a list in which there is nothing to look for.
    public init(_ sorts: [ListQuery.Sort], otherwise ownOrder: String? = nil, searched: String? = nil) {
        self.sorts = sorts
        self.ownOrder = ownOrder
        self.searched = searched
    }

    /// The parameters, as the document has them.
    public var parameters: [Operation.Parameter] {
        func choice(_ values: [String]) -> JSONObject {
            ["type": "string", "enum": .array(values.map(JSONValue.string))]
        }
        var parameters: [Operation.Parameter] = []
        if !sorts.isEmpty {
            var sort = choice(sorts.map(\.rawValue))
            if ownOrder == nil { sort["default"] = sorts.first.map { .string($0.rawValue) } }
            let otherwise = ownOrder.map { " Unless told: \($0)." } ?? ""
            parameters.append(
                Operation.Parameter(
                    "sort", in: .query, "By what the list is sorted; names regardless of case.\(otherwise)",
                    schema: sort))
        }
        let direction =
            sorts.isEmpty
            ? "The direction. The list has one order alone: \(ownOrder ?? "")."
            : "The direction; desc for times, asc for names and ids unless told."
        parameters.append(
            Operation.Parameter(
                "order", in: .query, direction, schema: choice(ListQuery.Order.allCases.map(\.rawValue))))
        if let searched {
            parameters.append(
                Operation.Parameter(
                    "q", in: .query, "Only those whose \(searched) contains this, regardless of case.",
                    schema: ["type": "string", "maxLength": .integer(Int64(QueryRule.charactersMax))]))
        }
        return parameters
    }

    /// What a request sorts by; nil when it names nothing.
    func sort(_ query: [String: String]) -> ListQuery.Sort? {
        query["sort"].flatMap(ListQuery.Sort.init).flatMap { sorts.contains($0) ? $0 : nil }
    }

    /// What a request searches for, as lists have it; nil for nothing.
    public static func search(_ query: [String: String]) -> String? {
        query["q"].flatMap { $0.isEmpty ? nil : ListText.folded($0) }
    }

    /// The direction that a request names; nil for none.
    public static func order(_ query: [String: String]) -> ListQuery.Order? {
        query["order"].flatMap(ListQuery.Order.init)
    }

    /// A query for what a request asks of a list: its page, order and search.
    public func query(
        kind: String, parent: String = "", isNamed: Bool = false, _ query: [String: String]
    ) -> ListQuery {
        let page = Page(query: query)
        return ListQuery(
            kind: kind, parent: parent, page: page.number, limit: page.limit,
            sort: sort(query) ?? sorts.first ?? .createdAt, order: Self.order(query), isNamed: isNamed,
            search: Self.search(query))
    }
}

/// A list of few elements that is made anew for each request. It comes whole, unless a request asks for a page of it.
public struct WholeList: Sendable {
    /// One element.
    public struct Element {
        /// What it is sorted and searched by.
        let entry: Entry
        /// What is shown.
        let view: JSONValue

        /// A resource, or what stands for one.
        public init(_ entry: Entry, view: JSONValue) {
            self.entry = entry
            self.view = view
        }

        /// What is no resource.
        ///
        /// - Parameter createdAt: When it was made, milliseconds since 1970; 0 where lists are not sorted by that.
        public init(
            id: String, name: String? = nil, description: String? = nil, createdAt: Int64 = 0, view: JSONValue
        ) {
            var document = JSONObject()
            document["name"] = name.map(JSONValue.string)
            document["description"] = description.map(JSONValue.string)
            let entry = Entry(
                key: ResourceKey(kind: "", id: id), document: .object(document), createdAt: createdAt,
                updatedAt: createdAt, revision: 1)
            self.init(entry, view: view)
        }
    }

    private let order: ListOrder
    private let hasPagination: Bool

    /// A list.
    ///
    /// - Parameters:
    ///   - order: By what it is sorted and searched; unless a request says, it is in the order in which it was made.
    ///   - hasPagination: Whether the answer has a pagination block also when it comes whole.
    public init(_ order: ListOrder, hasPagination: Bool = false) {
        self.order = order
        self.hasPagination = hasPagination
    }

    /// The parameters, as the document has them.
    public var parameters: [Operation.Parameter] {
        let whole = "The list comes whole when neither page nor limit is given."
        let limit: JSONObject = ["type": "number", "minimum": 1, "maximum": .integer(Int64(Page.limitMax))]
        return [
            Operation.Parameter(
                "page", in: .query, "The page, from 1. \(whole)", schema: ["type": "number", "minimum": 1]),
            Operation.Parameter(
                "limit", in: .query, "Elements a page; \(Page.limitDefault) unless told.", schema: limit),
        ] + order.parameters
    }

    /// The schema of the answer.
    public func schema(of element: JSONObject) -> JSONObject {
        var schema = OpenAPI.listEnvelope(element)
        if !hasPagination { schema["required"] = ["data"] }
        return schema
    }

    /// The answer to a request.
    ///
    /// - Parameters:
    ///   - elements: All of them, in the list's own order.
    ///   - filters: What must hold of the elements.
    public func answer(
        _ elements: [Element], _ query: [String: String], filters: [ListQuery.Filter] = []
    ) -> OperationOutput {
        var wanted = order.query(kind: "", query)
        wanted.filters = filters
        var found = elements.filter { wanted.isWanted($0.entry) }
        if order.sort(query) != nil {
            found.sort { left, right in
                wanted.order == .ascending
                    ? wanted.isBefore(left.entry, right.entry) : wanted.isBefore(right.entry, left.entry)
            }
        } else if ListOrder.order(query) == .descending {
            found.reverse()
        }
        let views = found.map(\.view)
        guard query["page"] != nil || query["limit"] != nil else {
            return hasPagination ? Page.whole(views) : .data(.array(views))
        }
        let page = Page(query: query)
        let start = (page.number - 1) * page.limit
        return page.answer(Array(views.dropFirst(start).prefix(page.limit)), total: views.count)
    }
}

/// What a list of a kind takes beside `page` and `limit`, from the declaration: `sort`, `order`, `q` and a filter per
/// declared member.
extension Kind {
    /// Whether every resource has a name.
    var isNamed: Bool { members.contains { $0.name == "name" && $0.required && !$0.nullable } }

    /// By what the list is sorted and searched.
    public var listOrder: ListOrder {
        ListOrder(listSorts, searched: isNamed ? "id, name or description" : "id")
    }

    /// By what resources can be sorted: the newest first unless told.
    var listSorts: [ListQuery.Sort] { ListQuery.Sort.allCases.filter { $0 != .name || isNamed } }

    /// The parameters that filter, as the document has them.
    public var filterParameters: [Operation.Parameter] {
        filters.map { filter in
            Operation.Parameter(
                filter.query, in: .query, "Only those whose \(filter.member) is this.",
                schema: Self.filterSchema(schema(of: filter.member)))
        }
    }

    /// The JSON Schema of a filter's value, from the schema of the member that it is compared with, or whose elements
    /// are.
    private static func filterSchema(_ member: JSONObject) -> JSONObject {
        let schema = member["items"]?.object ?? member
        // A member that may be null has its type beside null, in one list or in alternatives.
        let plain = schema["anyOf"]?.array?.compactMap(\.object).first { $0["type"] != "null" } ?? schema
        let types = plain["type"]?.array?.compactMap(\.string) ?? [plain["type"]?.string ?? ""]
        if types.contains("integer") { return ["type": "integer"] }
        let choices = plain["enum"]?.array?.compactMap(\.string) ?? plain["const"]?.string.map { [$0] } ?? []
        let words = types.contains("boolean") ? ["true", "false"] : choices
        return words.isEmpty ? ["type": "string"] : ["type": "string", "enum": .array(words.map(JSONValue.string))]
    }

    /// The members that lists filter by and that no link has: what the store keeps as facets.
    public var facets: [String] {
        var facets: [String] = []
        for filter in filters where linked(filter.member) == nil && !facets.contains(filter.member) {
            facets.append(filter.member)
        }
        return facets
    }

    /// The reference of a member that is kept as a link, or nil.
    private func linked(_ member: String) -> Reference? {
        members.first { $0.name == member }?.reference.flatMap { $0.rule == .loose ? nil : $0 }
    }

    /// The JSON Schema of a member, a top-level name or names joined by dots.
    private func schema(of path: String) -> JSONObject {
        let names = path.split(separator: ".").map(String.init)
        guard let member = members.first(where: { $0.name == names.first }) else {
            preconditionFailure("the list of \(name) filters by \(path), which is not declared")
        }
        return names.dropFirst().reduce(member.schema) { $0["properties"]?[$1]?.object ?? [:] }
    }

    /// What a request demands of members of resources in a place.
    func demands(_ query: [String: String], in parent: String) -> [ListQuery.Filter] {
        let source = ResourceKey(kind: name, parent: parent, id: "")
        return filters.compactMap { filter in
            query[filter.query].map {
                ListQuery.Filter(filter.member, is: $0, target: linked(filter.member)?.target($0, from: source))
            }
        }
    }

    /// The query that a request makes of the list.
    public func listQuery(_ input: OperationInput, _ workspace: Workspace) -> ListQuery {
        let parent = scope.parent(input.path)
        var query = listOrder.query(kind: name, parent: parent, isNamed: isNamed, input.query)
        query.filters = demands(input.query, in: parent)
        query.owned = ownership(workspace)
        return query
    }

    /// What a caller may see of resources that somebody has alone: only the own ones, unless as an administrator
    /// (manage spec §7, 26). Nil for everything.
    public func ownership(_ workspace: Workspace) -> ListQuery.Ownership? {
        let caller = workspace.surroundings.caller
        return caller.isAdministrator ? nil : owner.map { ListQuery.Ownership($0, of: caller.name) }
    }
}
