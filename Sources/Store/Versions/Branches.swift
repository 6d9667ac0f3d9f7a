import Catalog

extension ConfigurationTransaction {
    /// Makes the branch: empty, or as a copy of another branch of the project. With the main branch comes that of the
    /// kinds outside branches. The log goes on behind the number at which an earlier branch of that name ended, or from
    /// the one at which the copied one stands.
    ///
    /// - Throws: `StoreError.uniqueViolation` when it exists, `.notFound` when `source` does not.
    public func createBranch(from source: String? = nil) throws {
        guard let source else {
            try begin(from: nil)
            known.note([], in: .branch)
            known.noteLinks(of: .branch)
            return
        }
        let other = try on(source)
        guard let commit = try other.headCommit() else {
            throw StoreError.notFound("Branch \(source) of project \(branch.project)")
        }
        try begin(from: commit)
        try copy(source)
    }

    /// Makes the branch as a copy of a state.
    ///
    /// - Throws: `StoreError.uniqueViolation` when it exists, `.conflict` when the state cannot be made any more
    ///   because what was allowed to be missing then must be there now.
    func createBranch(at commit: Commit) throws {
        let past = try past(commit)
        guard let source = past.anchor else { throw StoreError.notFound("The state of the new branch") }
        try begin(from: commit)
        try copy(source.branch.branch)
        // What differs from the copied branch is put right, and is no change of the new one.
        for key in past.entries.keys where try connection.execute(SQL.delete, branch.values + key.values) > 0 {
            moved[Place(kind: key.kind, parent: key.parent), default: 0] -= 1
        }
        for case let (key, entry?) in past.entries {
            let links = Set(declared.links(key, entry.document).filter { $0.rule != .loose })
            for link in links where try past.get(link.target) == nil {
                throw StoreError.conflict(
                    "\(key.kind) \(key.id) of that state refers to the \(link.target.kind) \(link.target.id), "
                        + "which it does not have.")
            }
            try insert(entry, links)
            moved[Place(kind: key.kind, parent: key.parent), default: 0] += 1
        }
    }

    private func begin(from commit: Commit?) throws {
        guard let writing else { preconditionFailure("a job that writes configuration is Store.write, not a read") }
        guard head == nil else {
            throw StoreError.uniqueViolation("Branch \(branch.branch) of project \(branch.project)")
        }
        let last = try connection.first(SQL.lastNumber, branch.values) { $0.optionalInteger(0) } ?? nil
        // Nothing is at the number of a copy that something else was at under the same name.
        let start = max(last.map { commit == nil ? $0 : $0 + 1 } ?? 0, commit?.number ?? 0)
        let life = Int64.random(in: .min ... .max)
        let source = try commit.flatMap { try lifeRow($0.life) }
        try connection.execute(
            SQL.createBranch,
            branch.values
                + [
                    .integer(start), .integer(commit?.number), .text(source?.name), .integer(writing.at),
                    .integer(life),
                ])
        let project: [SQLValue] = [.text(branch.tenant), .text(branch.project)]
        let known = try commit.map { try vector(of: $0).text } ?? ""
        let origin: [SQLValue] = [.integer(start), .integer(commit?.life), .integer(commit?.number), .text(known)]
        try connection.execute(
            SQL.createLife,
            project + [.integer(life), .text(branch.branch)] + origin + [.integer(writing.at), .text(writing.actor)])
        head = start
        headAtStart = start
        self.life = life
        if branch.branch == BranchKey.main { try on(BranchKey.unversioned).createBranch() }
    }

    private func copy(_ source: String) throws {
        try connection.execute(SQL.copyResources, branch.values + [.text(source)])
        for copy in [SQL.copyLinks, SQL.copyFacets, SQL.copyTally] {
            try connection.execute(copy, branch.values + [.text(source)])
        }
        known = KnownResources()
    }

    /// Deletes the branch with its resources and what was recorded on it. Its log stays, and its states can be read.
    ///
    /// - Throws: `StoreError.notFound` when it does not exist.
    func deleteBranch() throws {
        let (actor, at) = try writer()
        try finish()
        let project: [SQLValue] = [.text(branch.tenant), .text(branch.project)]
        try connection.execute(
            SQL.endLife, project + [.integer(life), .integer(head), .integer(at), .text(actor)])
        for statement in SQL.deleteBranch { try connection.execute(statement, branch.values) }
        leave()
    }

    /// Deletes the project with all its branches, conversations and runs. Each branch's log stays, with a deletion for
    /// every resource. Nothing happens when there is no such project.
    public func deleteProject() throws {
        guard let writing else { preconditionFailure("a job that writes configuration is Store.write, not a read") }
        try finish()
        let project: [SQLValue] = [.text(branch.tenant), .text(branch.project)]
        let who: [SQLValue] = [.integer(writing.at), .text(writing.actor)]
        try connection.execute(SQL.logProjectDeletion, project + who)
        try connection.execute(SQL.endLives, project + who)
        for statement in SQL.deleteProject { try connection.execute(statement, project) }
        credentialDraft.deleteAll(in: CredentialMemory.Project(branch))
        leaveAll()
    }
}
