public import Catalog

/// What is good once, until it expires: a link that sets a password, the state of a sign-in elsewhere.
public struct Ticket: Sendable, Equatable {
    /// What it is for; tickets for one purpose are none for another.
    public let purpose: String
    /// The digest of the text that is the ticket.
    public let digest: String
    /// Whom or what it is about; nil for nothing.
    public let subject: String?
    /// What else is to be known when it is used.
    public let data: JSONValue
    /// When it was made, milliseconds since 1970.
    public let createdAt: Int64
    /// When it is good no more, milliseconds since 1970.
    public let expiresAt: Int64

    /// A ticket from its parts.
    public init(
        purpose: String, digest: String, subject: String? = nil, data: JSONValue = [:], createdAt: Int64,
        expiresAt: Int64
    ) {
        self.purpose = purpose
        self.digest = digest
        self.subject = subject
        self.data = data
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

extension AccessTransaction {
    /// Keeps a ticket.
    public func insert(_ ticket: Ticket) throws {
        try connection.execute(
            TicketSQL.insert,
            [
                .text(ticket.purpose), .text(ticket.digest), .text(ticket.subject), .utf8(ticket.data.jsonBytes),
                .integer(ticket.createdAt), .integer(ticket.expiresAt),
            ])
    }

    /// Takes a ticket, so that nobody else does; nil when there is none, or it has expired.
    public func takeTicket(_ purpose: String, _ digest: String, at now: Int64) throws -> Ticket? {
        let values: [SQLValue] = [.text(purpose), .text(digest), .integer(now)]
        return try connection.first(TicketSQL.take, values) { try $0.ticket }
    }

    /// Looks at a ticket and leaves it; nil when there is none, or it has expired.
    public func ticket(_ purpose: String, _ digest: String, at now: Int64) throws -> Ticket? {
        let values: [SQLValue] = [.text(purpose), .text(digest), .integer(now)]
        return try connection.first(TicketSQL.look, values) { try $0.ticket }
    }

    /// Removes the tickets for a purpose that are about `subject`.
    public func removeTickets(_ purpose: String, of subject: String) throws {
        try connection.execute(TicketSQL.remove, [.text(purpose), .text(subject)])
    }
}

extension Row {
    fileprivate var ticket: Ticket {
        get throws {
            Ticket(
                purpose: text(0), digest: text(1), subject: optionalText(2), data: try json(3) ?? [:],
                createdAt: integer(4), expiresAt: integer(5))
        }
    }
}

/// The statements on tickets.
private enum TicketSQL {
    static let columns = "purpose, digest, subject, data, created_at, expires_at"

    static let insert = Statement("INSERT INTO ticket (\(columns)) VALUES ($1, $2, $3, $4, $5, $6)")
    static let take = Statement(
        "DELETE FROM ticket WHERE purpose = $1 AND digest = $2 AND expires_at > $3 RETURNING \(columns)")
    static let look = Statement(
        "SELECT \(columns) FROM ticket WHERE purpose = $1 AND digest = $2 AND expires_at > $3")
    static let remove = Statement("DELETE FROM ticket WHERE purpose = $1 AND subject = $2")
}
