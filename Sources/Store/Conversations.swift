/// One page of a list of conversations.
public struct ConversationPage: Sendable {
    /// The conversations, last changed first.
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

    /// One page of a project's conversations, last changed first. Two statements.
    ///
    /// - Parameters:
    ///   - owner: only those of the end users of this name; nil for all.
    ///   - subject: only those that belong to this one; nil for all. Goes before `owner`.
    ///   - page: from 1.
    ///   - limit: conversations a page, 1–1,000.
    public func conversations(
        tenant: String, project: String, owner: String? = nil, subject: String? = nil, page: Int, limit: Int
    ) async throws(StoreError) -> ConversationPage {
        try await database.read { connection in
            let place: [SQLValue] = [.text(tenant), .text(project)] + ((subject ?? owner).map { [.text($0)] } ?? [])
            let (count, read) =
                switch (subject, owner) {
                case (nil, nil): (JournalSQL.conversationCount, JournalSQL.conversationPage)
                case (nil, _): (JournalSQL.ownedCount, JournalSQL.ownedPage)
                default: (JournalSQL.ofSubjectCount, JournalSQL.ofSubjectPage)
                }
            let bound = SQLValue.integer(Int64(Self.conversationsCounted))
            let counted = try connection.first(count, place + [bound]) { $0.integer(0) }
            let window = SQLValue.Window(page, limit)
            var rows = try connection.rows(read, place + window.withOneMore) { try $0.conversation(tenant, project) }
            let hasMore = rows.count > Int(window.limit)
            if hasMore { rows.removeLast() }
            return ConversationPage(
                conversations: rows, total: window.total(counted ?? 0, rows: rows.count, hasMore), hasMore: hasMore)
        }
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

    /// The message; nil when the conversation has none of that id.
    public func message(_ id: String, in conversation: ConversationKey) async throws(StoreError) -> MessageRow? {
        try await database.read { connection in
            try connection.first(JournalSQL.message, conversation.values + [.text(id)]) {
                try $0.message(in: conversation)
            }
        }
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
