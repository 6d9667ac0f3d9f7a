public import Catalog

/// Which conversations of a project a list wants.
public struct ConversationQuery: Sendable {
    /// Whose conversations are wanted.
    public enum Whose: Sendable, Equatable {
        /// Everybody's.
        case all
        /// Those of the end users of this name, whoever said so.
        case owner(String)
        /// Those that belong to this subject, who began them.
        case subject(String)

        /// The name that statements look for; nil for everybody's.
        var name: String? {
            switch self {
            case .all: nil
            case .owner(let name), .subject(let name): name
            }
        }
    }

    /// Whose are wanted.
    public var whose: Whose
    /// What id or title must contain, as `ListText.folded` gives it; nil for anything. Only the conversations that were
    /// changed last are searched, `Store.conversationsCounted` of them.
    public var search: String?
    /// Which end comes first of those by when they were last changed.
    public var order: ListQuery.Order
    /// The page, from 1.
    public var page: Int
    /// Conversations a page, 1–200.
    public var limit: Int

    /// A query for one page, last changed first unless told.
    public init(
        of whose: Whose = .all, search: String? = nil, order: ListQuery.Order = .descending, page: Int = 1,
        limit: Int = 20
    ) {
        self.whose = whose
        self.search = search
        self.order = order
        self.page = page
        self.limit = limit
    }
}

/// One page of a list of conversations.
public struct ConversationPage: Sendable {
    /// The conversations, in the order that was asked for.
    public let conversations: [ConversationRow]
    /// How many there are in all, counted up to `Store.conversationsCounted`; a page beyond that counts what is before
    /// and in it.
    public let total: Int
    /// Whether there are more after this page.
    public let hasMore: Bool
}

/// Reading conversations and their messages. What a read costs does not grow with the conversations of others.
extension Store {
    /// How far conversations and messages are counted.
    public static let conversationsCounted = 10_000

    /// One page of a project's conversations. Two statements.
    public func conversations(
        tenant: String, project: String, _ query: ConversationQuery
    ) async throws(StoreError) -> ConversationPage {
        try await database.read { connection in
            let place: [SQLValue] = [.text(tenant), .text(project)] + (query.whose.name.map { [.text($0)] } ?? [])
            let window = SQLValue.Window(query.page, query.limit)
            if let search = query.search {
                return try Self.searched(connection, tenant, project, query, search, place, window)
            }
            let selection = JournalSQL.selection(query.whose)
            let bound = SQLValue.integer(Int64(Self.conversationsCounted))
            let counted = try connection.first(selection.count, place + [bound]) { $0.integer(0) }
            var rows = try connection.rows(selection.pages.statement(query.order), place + window.withOneMore) {
                try $0.conversation(tenant, project)
            }
            let hasMore = rows.count > Int(window.limit)
            if hasMore { rows.removeLast() }
            return ConversationPage(
                conversations: rows, total: window.total(counted ?? 0, rows: rows.count, hasMore), hasMore: hasMore)
        }
    }

    /// Databases differ in what they take for the same letter, so the texts are looked at here.
    private static func searched(
        _ connection: any Connection, _ tenant: String, _ project: String, _ query: ConversationQuery,
        _ search: String, _ place: [SQLValue], _ window: SQLValue.Window
    ) throws -> ConversationPage {
        var ids: [String] = []
        let bound: [SQLValue] = [.integer(Int64(conversationsCounted)), .integer(0)]
        try connection.query(JournalSQL.selection(query.whose).texts.newestFirst, place + bound) { row in
            let id = row.text(0)
            let isFound =
                ListText.folded(id).contains(search)
                || row.optionalText(1).map { ListText.folded($0).contains(search) } == true
            if isFound { ids.append(id) }
        }
        if query.order == .ascending { ids.reverse() }
        let shown = Array(ids.dropFirst(window.start).prefix(min(Int(window.limit), JournalSQL.conversationsMax)))
        var rows: [String: ConversationRow] = [:]
        if let last = shown.last {
            let wanted = shown + repeatElement(last, count: JournalSQL.conversationsMax - shown.count)
            let values: [SQLValue] = [.text(tenant), .text(project)] + wanted.map { .text($0) }
            let found = try connection.rows(JournalSQL.conversationsByID, values) {
                try $0.conversation(tenant, project)
            }
            for row in found { rows[row.key.id] = row }
        }
        return ConversationPage(
            conversations: shown.compactMap { rows[$0] }, total: ids.count,
            hasMore: window.start + shown.count < ids.count)
    }

    /// The newest messages of a conversation, oldest of them first.
    ///
    /// - Parameters:
    ///   - limit: how many, 1–10,000.
    ///   - before: only those before this position; nil for all.
    ///   - includesInternal: whether also what sub-agents said among each other.
    public func messages(
        _ conversation: ConversationKey, limit: Int, before: Int64? = nil, includesInternal: Bool = true
    ) async throws(StoreError) -> [MessageRow] {
        try await database.read { connection in
            let values = conversation.values + [.integer(before ?? .max), .integer(limit.clamped(to: 1...10_000))]
            let read = includesInternal ? JournalSQL.messages : JournalSQL.shownMessages
            return try connection.rows(read, values) { try $0.message(in: conversation) }.reversed()
        }
    }

    /// One page of what the user of a conversation sees of it, oldest first, and how many messages that are in all,
    /// counted as conversations are. Two statements.
    ///
    /// - Parameters:
    ///   - page: from 1.
    ///   - limit: messages a page, 1–1,000.
    public func shownMessages(
        _ conversation: ConversationKey, page: Int, limit: Int
    ) async throws(StoreError) -> (messages: [MessageRow], total: Int) {
        try await database.read { connection in
            let bound = SQLValue.integer(Int64(Self.conversationsCounted))
            let counted = try connection.first(JournalSQL.shownCount, conversation.values + [bound]) { $0.integer(0) }
            let window = SQLValue.Window(page, limit)
            let rows = try connection.rows(JournalSQL.shownPage, conversation.values + window.values) {
                try $0.message(in: conversation)
            }
            return (rows, window.total(counted ?? 0, rows: rows.count, false))
        }
    }

    /// The newest message of the type `compression_summary` before a position; nil when there is none.
    public func latestSummary(
        in conversation: ConversationKey, before position: Int64
    ) async throws(StoreError) -> MessageRow? {
        try await database.read { connection in
            try connection.first(JournalSQL.latestSummary, conversation.values + [.integer(position)]) {
                try $0.message(in: conversation)
            }
        }
    }

    /// The message; nil when the conversation has none of that id.
    public func message(_ id: String, in conversation: ConversationKey) async throws(StoreError) -> MessageRow? {
        try await database.read { connection in
            try connection.first(JournalSQL.message, conversation.values + [.text(id)]) {
                try $0.message(in: conversation)
            }
        }
    }
}

extension JournalSQL.ConversationPages {
    fileprivate func statement(_ order: ListQuery.Order) -> Statement {
        order == .ascending ? oldestFirst : newestFirst
    }
}

extension SQLValue {
    /// Which rows a page has.
    struct Window {
        let limit: Int64
        private let offset: Int64

        /// Page from 1, limit 1–1,000. One beyond what can be counted is as empty as one beyond the end.
        init(_ page: Int, _ limit: Int) {
            self.limit = limit.clamped(to: 1...1000)
            let offset = Int64(max(page, 1) - 1).multipliedReportingOverflow(by: self.limit)
            self.offset = offset.overflow ? Int64.max : offset.partialValue
        }

        /// How many rows are before the page.
        var start: Int { Int(offset) }

        /// Limit and offset.
        var values: [SQLValue] { [.integer(limit), .integer(offset)] }

        /// Limit and offset with one row of the next page, which tells whether there is one.
        var withOneMore: [SQLValue] { [.integer(limit + 1), .integer(offset)] }

        /// How many rows there are, where they were counted up to a bound and this page has `rows` of them.
        func total(_ counted: Int64, rows: Int, _ hasMore: Bool) -> Int {
            guard rows > 0 else { return Int(counted) }
            return max(Int(counted), Int(offset) + rows + (hasMore ? 1 : 0))
        }
    }

    /// Limit and offset of a page.
    static func window(_ page: Int, _ limit: Int) -> [SQLValue] { Window(page, limit).values }
}
