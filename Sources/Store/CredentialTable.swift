import Catalog
import Cryptography

extension ConfigurationTransaction {
    /// The entries of this project's credential stores, which are of no branch.
    func credentialEntries(_ keyring: Keyring) -> CredentialEntries {
        let project = CredentialMemory.Project(branch)
        return CredentialEntries(
            get: { place in
                guard place.isLasting else { return self.credentialDraft.get(place, in: project) }
                return try self.connection.first(CredentialSQL.get, self.values(of: place)) { row in
                    CredentialEntry(
                        place: place, value: .sealed(row.text(0)), metadata: row.optionalText(1).map(Secret.sealed),
                        createdAt: row.integer(2))
                }
            },
            put: { entry in
                let sealed = entry.sealed(by: keyring, in: self.branch)
                guard entry.place.isLasting else { return try self.credentialDraft.put(sealed, in: project) }
                guard case .sealed(let value) = sealed.value else { throw UnsealingError.notSealed }
                var metadata: String?
                if case .sealed(let text) = sealed.metadata { metadata = text }
                try self.connection.execute(
                    CredentialSQL.put,
                    self.values(of: entry.place) + [.text(value), .text(metadata), .integer(entry.createdAt)])
            },
            delete: { place in
                guard place.isLasting else { return self.credentialDraft.delete(place, in: project) }
                try self.connection.execute(CredentialSQL.delete, self.values(of: place))
            })
    }

    private func values(of place: CredentialPlace) -> [SQLValue] {
        [.text(branch.tenant), .text(branch.project), .text(place.store), .text(place.key)]
    }

    /// Resources that have this value in a member by which lists filter, on whatever branch of the project.
    func holders(of member: String, _ value: String) throws -> [(branch: String, entry: Entry)] {
        let wanted: [SQLValue] = [.text(branch.tenant), .text(branch.project), .text(member), .text(value)]
        return try connection.rows(CredentialSQL.holders, wanted) { (branch: $0.text(7), entry: try $0.entry(from: 0)) }
    }

    /// All resources of a kind at the top of the project, of each of its branches.
    func onAllBranches(_ kind: String) throws -> [Entry] {
        try connection.rows(
            CredentialSQL.onAllBranches, [.text(branch.tenant), .text(branch.project), .text(kind)]
        ) { try $0.entry(from: 0) }
    }
}

/// The statements on entries of credential stores. `$1` and `$2` are always tenant and project.
private enum CredentialSQL {
    private static let place = "tenant = $1 AND project = $2 AND store = $3 AND key = $4"

    static let get = Statement("SELECT value, metadata, created_at FROM credential_entry WHERE \(place)")

    static let put = Statement(
        """
        INSERT INTO credential_entry (tenant, project, store, key, value, metadata, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant, project, store, key) DO UPDATE SET
            value = excluded.value, metadata = excluded.metadata, created_at = excluded.created_at
        """)

    static let delete = Statement("DELETE FROM credential_entry WHERE \(place)")

    static let holders = Statement(
        """
        SELECT r.kind, r.parent, r.id, r.document, r.created_at, r.updated_at, r.revision, r.branch
        FROM facet f JOIN resource r ON r.tenant = f.tenant AND r.project = f.project AND r.branch = f.branch
            AND r.kind = f.kind AND r.parent = f.parent AND r.id = f.id
        WHERE f.tenant = $1 AND f.project = $2 AND f.member = $3 AND f.value = $4
        ORDER BY r.branch, r.kind, r.parent, r.id LIMIT 10000
        """)

    /// Branch by branch, so that the index of each is used.
    static let onAllBranches = Statement(
        """
        SELECT r.kind, r.parent, r.id, r.document, r.created_at, r.updated_at, r.revision
        FROM branch b JOIN resource r
            ON r.tenant = b.tenant AND r.project = b.project AND r.branch = b.name AND r.kind = $3 AND r.parent = ''
        WHERE b.tenant = $1 AND b.project = $2
        """)
}
