extension Store {
    /// Takes up to `limit` (1–1,000) unfinished runs that nobody drives, in whichever tenant: their lease ran out by
    /// `now` or was never made. Each comes with its new lease and one more attempt. No two callers get the same run.
    ///
    /// - Parameters:
    ///   - owner: this process, as it names itself.
    ///   - now: milliseconds since 1970.
    ///   - leaseUntil: when the new leases run out, milliseconds since 1970.
    public func claimRuns(
        owner: String, now: Int64, leaseUntil: Int64, limit: Int
    ) async throws(StoreError) -> [RunRow] {
        let values: [SQLValue] = [
            .text(owner), .integer(leaseUntil), .integer(now), .integer(limit.clamped(to: 1...1000)),
        ]
        return try await database.write(.full) { connection in
            try connection.rows(JournalSQL.claim, values) { try $0.run() }
        }
    }

    /// Moves the end of this owner's leases to `until` (milliseconds since 1970) and returns those runs of `ids` that
    /// it still holds. Who lost one must stop driving it.
    public func renewLeases(owner: String, _ ids: [String], until: Int64) async throws(StoreError) -> Set<String> {
        try await database.write(.process) { connection in
            var held: Set<String> = []
            for id in ids {
                let values: [SQLValue] = [.text(id), .text(owner), .integer(until)]
                if let id = try connection.first(JournalSQL.renew, values, { $0.text(0) }) { held.insert(id) }
            }
            return held
        }
    }

    /// Shows other processes on the database that this owner of leases is there, as long as this process lives.
    public func attend(as owner: String) { database.attend(as: owner) }

    /// The owners of leases, at a time in milliseconds since 1970, who are not there: their process is dead, or has
    /// lost its connection for the moment. None on a database that is not shared.
    public func absentOwners(now: Int64) async throws(StoreError) -> Set<String> {
        try await database.read { connection in
            Set(try connection.rows(JournalSQL.absentOwners, [.integer(now)]) { $0.text(0) })
        }
    }

    /// Ends the leases of an owner, unless they are there again, and returns how many.
    public func releaseLeases(ofAbsent owner: String) async throws(StoreError) -> Int {
        try await database.write(.full) { connection in
            try connection.execute(JournalSQL.releaseAbsent, [.text(owner)])
        }
    }

    /// Ends the leases of every other owner and returns how many. For the start of a process on a database that is not
    /// shared: whoever held them is dead.
    @discardableResult public func releaseLeases(exceptOf owner: String) async throws(StoreError) -> Int {
        try await database.write(.full) { connection in
            try connection.execute(JournalSQL.releaseAll, [.text(owner)])
        }
    }
}
