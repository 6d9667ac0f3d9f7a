/// What a list of a kind takes beside `page` and `limit`, from the declaration: `sort`, `order`, `q` and a filter per
/// declared member.
extension Kind {
    /// Whether every resource has a name.
    var isNamed: Bool { members.contains { $0.name == "name" && $0.required && !$0.nullable } }

    /// By what the list can be sorted.
    private var sorts: [ListQuery.Sort] { ListQuery.Sort.allCases.filter { $0 != .name || isNamed } }

    /// Characters that are searched for at most.
    private static let searchCharactersMax = 256

    /// The parameters for order and search, as the document has them.
    var orderParameters: [Operation.Parameter] {
        func choice(_ values: [String]) -> JSONObject {
            ["type": "string", "enum": .array(values.map(JSONValue.string))]
        }
        var sort = choice(sorts.map(\.rawValue))
        sort["default"] = .string(ListQuery.Sort.createdAt.rawValue)
        return [
            Operation.Parameter(
                "sort", in: .query, "By what the list is sorted; names regardless of case.", schema: sort,
                isChecked: true),
            Operation.Parameter(
                "order", in: .query, "The direction; desc for times, asc for names and ids unless told.",
                schema: choice(ListQuery.Order.allCases.map(\.rawValue)), isChecked: true),
            Operation.Parameter(
                "q", in: .query, "Only those whose id, name or description contains this, regardless of case.",
                schema: ["type": "string", "maxLength": .integer(Int64(Self.searchCharactersMax))]),
        ]
    }

    /// The parameters that filter, as the document has them.
    var filterParameters: [Operation.Parameter] {
        filters.map { filter in
            Operation.Parameter(
                filter.query, in: .query, "Only those whose \(filter.member) is this.",
                schema: FilterValue(schema(of: filter.member)).schema, isChecked: true)
        }
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

    /// The page and the query that a request asks for; throws a 400 with everything that is broken in it.
    func listQuery(_ input: OperationInput) throws(Problem) -> (page: Page, query: ListQuery) {
        var decoding = Decoding()
        let page = Page(query: input.query, &decoding)
        let sort = Self.choice("sort", sorts, input.query, &decoding) ?? .createdAt
        let order = Self.choice("order", ListQuery.Order.allCases, input.query, &decoding)
        var query = ListQuery(
            kind: name, parent: scope.parent(input.path), page: page.number, limit: page.limit, sort: sort,
            order: order, isNamed: isNamed)
        if let text = input.query["q"], !text.isEmpty {
            if let reason = Self.refusal(of: text, charactersMax: Self.searchCharactersMax) {
                decoding.fail(reason, at: "q")
            }
            query.search = ListText.folded(text)
        }
        for filter in filters {
            guard let text = input.query[filter.query] else { continue }
            let reason =
                Self.refusal(of: text, charactersMax: ListText.valueCharactersMax)
                ?? FilterValue(schema(of: filter.member)).refusal(of: text)
            if let reason { decoding.fail(reason, at: filter.query) }
            let source = ResourceKey(kind: name, parent: query.parent, id: "")
            query.filters.append(
                ListQuery.Filter(filter.member, is: text, target: linked(filter.member)?.target(text, from: source)))
        }
        try decoding.finish()
        return (page, query)
    }

    private static func choice<Value: RawRepresentable<String>>(
        _ name: String, _ values: [Value], _ query: [String: String], _ decoding: inout Decoding
    ) -> Value? {
        guard let text = query[name] else { return nil }
        if let value = values.first(where: { $0.rawValue == text }) { return value }
        decoding.fail(FilterValue.oneOf(values.map(\.rawValue)), at: name)
        return nil
    }

    private static func refusal(of text: String, charactersMax: Int) -> String? {
        if text.count > charactersMax { return "must have at most \(charactersMax) characters" }
        return text.utf8.contains(0) ? "must not have the character U+0000" : nil
    }
}

/// What a filter's value may be, from the schema of the member that it is compared with.
struct FilterValue {
    private let choices: [String]
    private let isInteger: Bool

    /// The values that fit a member, or the elements of a list.
    init(_ member: JSONObject) {
        let schema = member["items"]?.object ?? member
        // A member that may be null has its type beside null, in one list or in alternatives.
        let plain = schema["anyOf"]?.array?.compactMap(\.object).first { $0["type"] != "null" } ?? schema
        let types = plain["type"]?.array?.compactMap(\.string) ?? [plain["type"]?.string ?? ""]
        let choices = plain["enum"]?.array?.compactMap(\.string) ?? plain["const"]?.string.map { [$0] } ?? []
        self.choices = types.contains("boolean") ? ["true", "false"] : choices
        isInteger = types.contains("integer")
    }

    /// The JSON Schema of the query parameter.
    var schema: JSONObject {
        if isInteger { return ["type": "integer"] }
        if choices.isEmpty { return ["type": "string"] }
        return ["type": "string", "enum": .array(choices.map(JSONValue.string))]
    }

    /// Why a text cannot be a value of the member, or nil when it can.
    func refusal(of text: String) -> String? {
        if isInteger { return Int64(text).map(String.init) == text ? nil : "must be a whole number" }
        return choices.isEmpty || choices.contains(text) ? nil : Self.oneOf(choices)
    }

    /// That a value must be one of these.
    static func oneOf(_ values: [String]) -> String { "must be one of \(values.joined(separator: ", "))" }
}
