import Catalog

/// The inboxes of runs: how people and other processes tell a run something, whoever drives it, and also when nobody
/// does.
extension Store {
    /// Puts a letter into the inbox of a run that is not over, and wakes the run where it waits. False when it is over
    /// or has a letter of that id already.
    public func send(_ letter: RunLetter, to run: RunKey) async throws(StoreError) -> Bool {
        try await database.write(.full) { connection in
            // The run is locked first, so that it is not suspended between the two without seeing the letter.
            guard try connection.execute(InboxSQL.wake, run.values) > 0 else { return false }
            let values: [SQLValue] = [
                .text(run.id), .text(letter.id), .integer(letter.at), .utf8(letter.body.jsonBytes),
            ]
            return try connection.execute(InboxSQL.insert, values) > 0
        }
    }

    /// The letters in the inbox of a run, the oldest first.
    public func letters(of run: RunKey) async throws(StoreError) -> [RunLetter] {
        try await database.read { connection in
            try connection.rows(InboxSQL.letters, run.values) { row in
                RunLetter(id: row.text(0), at: row.integer(1), body: try row.json(2) ?? .null)
            }
        }
    }

    /// Lets those runs that wait and whose `wakeAt` is up be claimed; returns how many.
    @discardableResult public func wakeOverdue(now: Int64) async throws(StoreError) -> Int {
        try await database.write(.process) { connection in
            try connection.execute(InboxSQL.wakeOverdue, [.integer(now)])
        }
    }

    /// Takes a run that waits, with a lease, as if it had been woken. Nil when it does not wait any more.
    public func claimWaiting(_ run: RunKey, owner: String, now: Int64, leaseUntil: Int64) async throws(StoreError)
        -> RunRow?
    {
        let values = run.values + [.text(owner), .integer(leaseUntil), .integer(now)]
        return try await database.write(.full) { connection in
            try connection.first(InboxSQL.claimWaiting, values) { try $0.run() }
        }
    }
}

enum InboxSQL {
    static let suspend = Statement(
        """
        UPDATE run
        SET status = 'waiting', lease_owner = NULL, lease_until = 0, attempt = 0, updated_at = $4, wake_at = $5
        WHERE id = $1 AND tenant = $2 AND project = $3 AND lease_owner = $6
        """)

    static let insert = Statement(
        """
        INSERT INTO run_letter (run, id, at, body) VALUES ($1, $2, $3, $4) ON CONFLICT (run, id) DO NOTHING
        """)

    static let wake = Statement(
        """
        UPDATE run SET lease_until = CASE WHEN status = 'waiting' THEN 0 ELSE lease_until END, status = 'running',
            wake_at = NULL
        WHERE id = $1 AND tenant = $2 AND project = $3 AND finished_at IS NULL
        """)

    static let wakeForLetters = Statement(
        """
        UPDATE run SET status = 'running', wake_at = NULL
        WHERE id = $1 AND EXISTS (SELECT 1 FROM run_letter WHERE run = $1)
        """)

    static let wakeOverdue = Statement(
        """
        UPDATE run SET status = 'running', lease_until = 0, wake_at = NULL WHERE status = 'waiting' AND wake_at <= $1
        """)

    static let letters = Statement(
        """
        SELECT id, at, body FROM run_letter
        WHERE run = $1 AND EXISTS (SELECT 1 FROM run WHERE run.id = $1 AND run.tenant = $2 AND run.project = $3)
        ORDER BY at, id
        """)

    static let lock = Statement("UPDATE run SET wake_at = NULL WHERE id = $1")

    static let remove = Statement("DELETE FROM run_letter WHERE run = $1 AND id = $2")

    static let claimWaiting = Statement(
        """
        UPDATE run SET status = 'running', lease_owner = $4, lease_until = $5, updated_at = $6, wake_at = NULL,
            attempt = attempt + 1
        WHERE id = $1 AND tenant = $2 AND project = $3 AND status = 'waiting' RETURNING \(JournalSQL.runColumns)
        """)
}
