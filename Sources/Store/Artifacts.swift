public import Catalog

/// An artifact as the ledger keeps it (run spec §32).
public struct ArtifactRow: Sendable, Equatable {
    /// The conversation it belongs to.
    public var conversation: ConversationKey
    /// The id that its maker chose; unique only together with `toolCall` and `run`.
    public var id: String
    /// The call whose outcome it was made of.
    public var toolCall: String
    /// The run that it was made in.
    public var run: String
    /// The sub-agent that made it.
    public var subAgent: String
    /// The name of its form, or of what kind of thing it is.
    public var type: String
    /// What it is called.
    public var name: String
    /// What it is; empty when that was not said.
    public var description: String
    /// What others see of it at first, an object.
    public var summary: JSONValue
    /// All of it, an object.
    public var full: JSONValue
    /// The media type; nil where it is data.
    public var mediaType: String?
    /// `user-facing`, or `internal` when users never see it.
    public var visibility: String
    /// Whether its name is final: a person or a model gave it.
    public var isNamed: Bool
    /// Whether it is too large for a model to read at once.
    public var isOversized: Bool
    /// When it was made, milliseconds since 1970.
    public var createdAt: Int64

    /// An artifact from its parts.
    public init(
        conversation: ConversationKey, id: String, toolCall: String, run: String, subAgent: String, type: String,
        name: String, description: String = "", summary: JSONValue = [:], full: JSONValue, mediaType: String? = nil,
        visibility: String = "user-facing", isNamed: Bool = false, isOversized: Bool = false, createdAt: Int64
    ) {
        self.conversation = conversation
        self.id = id
        self.toolCall = toolCall
        self.run = run
        self.subAgent = subAgent
        self.type = type
        self.name = name
        self.description = description
        self.summary = summary
        self.full = full
        self.mediaType = mediaType
        self.visibility = visibility
        self.isNamed = isNamed
        self.isOversized = isOversized
        self.createdAt = createdAt
    }
}

/// The ledger of artifacts. They are written with the events of the run that makes them (`RunChange.artifact`).
extension Store {
    /// The artifacts of a conversation, the newest first, without all of their data.
    ///
    /// - Parameter limit: how many, 1–1,000.
    public func artifacts(
        _ conversation: ConversationKey, limit: Int
    ) async throws(StoreError) -> [ArtifactRow] {
        try await database.read { connection in
            let values = conversation.values + [.integer(limit.clamped(to: 1...1000))]
            return try connection.rows(ArtifactSQL.newest, values) { try $0.artifact(in: conversation, .null) }
        }
    }

    /// The artifacts of these ids and calls, without all of their data, the newest last of those that share both.
    ///
    /// - Parameter names: The first 1,000 of them are looked for.
    public func artifacts(
        _ names: [(id: String, toolCall: String)], in conversation: ConversationKey
    ) async throws(StoreError) -> [ArtifactRow] {
        guard !names.isEmpty else { return [] }
        return try await database.read { connection in
            var found: [ArtifactRow] = []
            let wanted = names.prefix(1000)
            for start in stride(from: 0, to: wanted.count, by: ArtifactSQL.namedMax) {
                var values = conversation.values
                for position in start..<(start + ArtifactSQL.namedMax) {
                    let name = position < wanted.count ? wanted[position] : (id: "", toolCall: "")
                    values += [.text(name.id), .text(name.toolCall)]
                }
                found += try connection.rows(ArtifactSQL.named, values) { try $0.artifact(in: conversation, .null) }
            }
            return found
        }
    }

    /// The newest artifact of this id that was made of this call; nil when the conversation has none.
    public func artifact(
        _ id: String, of toolCall: String, in conversation: ConversationKey
    ) async throws(StoreError) -> ArtifactRow? {
        try await database.read { connection in
            try connection.first(ArtifactSQL.one, conversation.values + [.text(id), .text(toolCall)]) {
                try $0.artifact(in: conversation, try $0.json(14) ?? .null)
            }
        }
    }

    /// The artifacts that a run made and that have no final name yet, with all of their data.
    public func unnamedArtifacts(
        of run: String, in conversation: ConversationKey
    ) async throws(StoreError) -> [ArtifactRow] {
        try await database.read { connection in
            try connection.rows(ArtifactSQL.unnamed, conversation.values + [.text(run)]) {
                try $0.artifact(in: conversation, try $0.json(14) ?? .null)
            }
        }
    }

    /// Gives an artifact its final name. Does nothing when it is gone.
    public func name(_ artifact: ArtifactRow, at time: Int64) async throws(StoreError) {
        let key: [SQLValue] = artifact.conversation.values + [.text(artifact.id), .text(artifact.toolCall)]
        let values: [SQLValue] = [
            .text(artifact.run), .text(artifact.name), .text(artifact.description), .integer(time),
        ]
        try await database.write(.process) { connection in _ = try connection.execute(ArtifactSQL.name, key + values) }
    }
}

extension Connection {
    /// Keeps an artifact. One of the same id, call and run is replaced: a model call that was made again has made it
    /// again.
    func put(_ row: ArtifactRow) throws {
        let values: [SQLValue] = [
            .text(row.conversation.tenant), .text(row.conversation.id), .text(row.conversation.project), .text(row.id),
            .text(row.toolCall), .text(row.run), .text(row.subAgent), .text(row.type), .text(row.name),
            .text(row.description), .utf8(row.summary.jsonBytes), .utf8(row.full.jsonBytes), .text(row.mediaType),
            .text(row.visibility), .integer(row.isNamed ? 1 : 0), .integer(row.isOversized ? 1 : 0),
            .integer(row.createdAt),
        ]
        try execute(ArtifactSQL.put, values)
    }
}

extension Row {
    fileprivate func artifact(in conversation: ConversationKey, _ full: JSONValue) throws -> ArtifactRow {
        ArtifactRow(
            conversation: conversation, id: text(0), toolCall: text(1), run: text(2), subAgent: text(3), type: text(4),
            name: text(5), description: text(6), summary: try json(7) ?? [:], full: full, mediaType: optionalText(8),
            visibility: text(9), isNamed: integer(10) == 1, isOversized: integer(11) == 1, createdAt: integer(12))
    }
}

private enum ArtifactSQL {
    private static let columns = """
        id, tool_call, run, sub_agent, type, name, description, summary, media_type, visibility, is_named,
        is_oversized, created_at, updated_at
        """
    private static let inConversation = "tenant = $1 AND conversation = $2 AND project = $3"

    static let newest = Statement(
        "SELECT \(columns) FROM artifact WHERE \(inConversation) ORDER BY created_at DESC, id, tool_call, run LIMIT $4")

    static let one = Statement(
        """
        SELECT \(columns), data FROM artifact
        WHERE \(inConversation) AND id = $4 AND tool_call = $5
        ORDER BY created_at DESC, run DESC LIMIT 1
        """)

    /// Artifacts read by their names at once.
    static let namedMax = 50

    static let named = Statement(
        """
        SELECT \(columns) FROM (VALUES \(names)) AS wanted CROSS JOIN artifact
        WHERE \(inConversation) AND id = wanted.column1 AND tool_call = wanted.column2
        ORDER BY created_at, run
        """)

    private static let names = (0..<namedMax).map { "($\(4 + 2 * $0), $\(5 + 2 * $0))" }.joined(separator: ", ")

    static let unnamed = Statement(
        """
        SELECT \(columns), data FROM artifact
        WHERE \(inConversation) AND run = $4 AND is_named = 0
        ORDER BY created_at, id LIMIT 100
        """)

    static let put = Statement(
        """
        INSERT INTO artifact
            (tenant, conversation, project, id, tool_call, run, sub_agent, type, name, description, summary, data,
            media_type, visibility, is_named, is_oversized, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
        ON CONFLICT (tenant, conversation, id, tool_call, run) DO UPDATE SET
            sub_agent = excluded.sub_agent, type = excluded.type, name = excluded.name,
            description = excluded.description, summary = excluded.summary, data = excluded.data,
            media_type = excluded.media_type, visibility = excluded.visibility, is_named = excluded.is_named,
            is_oversized = excluded.is_oversized, updated_at = excluded.updated_at
        """)

    static let name = Statement(
        """
        UPDATE artifact SET name = $7, description = $8, is_named = 1, updated_at = $9
        WHERE \(inConversation) AND id = $4 AND tool_call = $5 AND run = $6
        """)
}
