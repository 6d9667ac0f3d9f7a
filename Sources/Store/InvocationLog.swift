import Catalog

extension ConfigurationTransaction {
    /// The log of what resources of this branch set off.
    var invocationLog: InvocationLog {
        InvocationLog(
            page: { try self.invocations($0) },
            get: { source, id in try self.invocation(id, of: source) },
            latest: { source in
                try self.connection.rows(InvocationSQL.latest, self.branch.values + source.values) {
                    try $0.invocation()
                }
            },
            add: { invocation in
                try Self.problems {
                    _ = try self.connection.execute(InvocationSQL.insert, self.branch.values + invocation.values)
                }
            },
            update: { invocation in
                try self.connection.execute(
                    InvocationSQL.update,
                    self.branch.values + invocation.source.values + [.text(invocation.id)] + invocation.progress)
            })
    }

    private func invocation(_ id: String, of source: ResourceKey) throws -> Invocation? {
        try connection.first(InvocationSQL.get, branch.values + source.values + [.text(id)]) { try $0.invocation() }
    }

    private func invocations(_ query: InvocationQuery) throws -> (invocations: [Invocation], total: Int) {
        let window = SQLValue.window(query.page.number, query.page.limit)
        func page(_ count: Statement, _ pages: InvocationSQL.Pages, _ values: [SQLValue]) throws
            -> (invocations: [Invocation], total: Int)
        {
            try self.page(count, pages.statement(query.order), values, window)
        }
        switch query.origin {
        case .open(let kind, let parent, let includesRunning):
            let place = branch.values + [.text(kind), .text(parent), .integer(includesRunning ? 1 : 0)]
            return try page(InvocationSQL.countOpen, InvocationSQL.pageOpen, place)
        case .source(let source, let status):
            let times: [SQLValue] = [.integer(query.from ?? Int64.min), .integer(query.to ?? Int64.max)]
            let place = branch.values + source.values + times
            guard let status else { return try page(InvocationSQL.count, InvocationSQL.page, place) }
            return try page(
                InvocationSQL.countByStatus, InvocationSQL.pageByStatus, place + [.text(status.rawValue)])
        }
    }

    private func page(
        _ count: Statement, _ page: Statement, _ values: [SQLValue], _ window: [SQLValue]
    ) throws -> (invocations: [Invocation], total: Int) {
        let total = try connection.first(count, values) { $0.integer(0) } ?? 0
        return (try connection.rows(page, values + window) { try $0.invocation() }, Int(total))
    }
}

extension Invocation {
    /// The values of all columns from `kind` on.
    fileprivate var values: [SQLValue] {
        let place: [SQLValue] = source.values + [.text(id), .text(status.rawValue), .integer(dueAt)]
        let times: [SQLValue] = [.integer(startedAt), .integer(endedAt), Self.list(conversations)]
        let context: [SQLValue] = [.text(batch), .text(runAsUser), Self.json(ref), Self.json(request)]
        return place + times + context + [
            Self.json(payload), .text(error), .integer(Int64(attempt)), .text(idempotencyKey), .integer(createdAt),
        ]
    }

    /// The values that change while it goes on.
    fileprivate var progress: [SQLValue] {
        [
            .text(status.rawValue), .integer(startedAt), .integer(endedAt), Self.list(conversations), Self.json(ref),
            Self.json(payload), .text(error), .integer(Int64(attempt)),
        ]
    }

    private static func json(_ value: JSONValue?) -> SQLValue { value.map { .utf8($0.jsonBytes) } ?? .null }

    private static func list(_ texts: [String]) -> SQLValue {
        .utf8(JSONValue.array(texts.map(JSONValue.string)).jsonBytes)
    }
}

extension Row {
    /// Reads the columns from `kind` on.
    fileprivate func invocation() throws -> Invocation {
        guard let status = Invocation.Status(rawValue: text(4)) else {
            throw StoreError.corrupt("status of an invocation")
        }
        var invocation = Invocation(
            id: text(3), source: key(from: 0), status: status, dueAt: integer(5), createdAt: integer(17))
        invocation.startedAt = optionalInteger(6)
        invocation.endedAt = optionalInteger(7)
        invocation.conversations = (try json(8)?.array ?? []).compactMap(\.string)
        invocation.batch = optionalText(9)
        invocation.runAsUser = optionalText(10)
        invocation.ref = try json(11)
        invocation.request = try json(12)
        invocation.payload = try json(13)
        invocation.error = optionalText(14)
        invocation.attempt = Int(integer(15))
        invocation.idempotencyKey = optionalText(16)
        return invocation
    }
}
