public import Catalog

extension ConfigurationTransaction {
    /// What operations may ask of and do with branches and states.
    ///
    /// - Parameter state: The state that the workspace stands on; nil for the branch as it is.
    func versions(at state: Commit?) -> Versions {
        Versions(
            standing: { try self.standing(state) },
            branches: { key in try self.still { try self.branches(holding: key) } },
            branch: { name in try self.still { try self.branch(named: name) } },
            commit: { hash in try self.still { try self.commit(hash: hash) } },
            past: { number in try self.still { try self.past(number: number, before: state) } },
            create: { name, commit in
                try Self.problems {
                    try self.on(name).createBranch(at: commit)
                    return try self.branch(named: name) ?? Branch(name: name, commit: commit, own: commit)
                }
            },
            remove: { name in try Self.problems { try self.on(name).deleteBranch() } },
            reader: { commit in
                let past = try self.still { try self.past(commit) }
                return { try past.several($0) }
            },
            touched: { one, other in try self.still { try self.touched(one, other) } },
            vector: { commit in try self.still { try self.vector(of: commit) } },
            history: { query in
                try self.still {
                    guard let commit = try state ?? self.headCommit() else { return ([], 0) }
                    return try self.history(query, to: commit)
                }
            },
            apply: { rows in try Self.problems { try self.apply(rows) } },
            record: { merge in try self.record(merge) })
    }

    private func still<T>(_ body: () throws -> T) throws -> T {
        try holdStill()
        return try body()
    }

    private func standing(_ state: Commit?) throws -> (ref: String, isBranch: Bool, commit: Commit)? {
        if let state { return (state.hash(in: branch), false, state) }
        guard let commit = try still({ try headCommit() }) else { return nil }
        return (branch.branch, true, commit)
    }

    /// The state after a change of this number, of those that led to the one that the workspace stands on.
    private func past(number: Int64, before state: Commit?) throws -> Commit? {
        let last = try state.map { ($0.life, $0.number) } ?? current().map { ($0.life, $0.head) }
        guard let (life, head) = last, number <= head else { return nil }
        return try commit(life, number)
    }

    // MARK: References

    /// What a reference of a request leads to, as operations that read see it (manage spec §4.2).
    ///
    /// - Throws: A 404 for what is not there. Without the project there is no branch: the operation says so.
    public func workspace(at ref: Ref, _ tools: WorkspaceTools) throws -> Workspace {
        guard ref.name != nil || ref.at != nil else { return workspace(tools) }
        try holdStill()
        let named = try ref.name.map { try resolve($0) } ?? (self, nil)
        guard let (transaction, state) = named else {
            guard try on(BranchKey.main).exists() else { return try on(BranchKey.main).workspace(tools) }
            throw Problem(.notFound, "Unknown ref: \(ref.name ?? "")")
        }
        guard let number = ref.at else {
            guard let state else { return transaction.workspace(tools) }
            return try transaction.workspace(of: state, tools)
        }
        guard try transaction.exists() else { return transaction.workspace(tools) }
        guard let past = try transaction.past(number: number, before: state) else {
            throw Problem(.notFound, "Unknown change: \(number)")
        }
        return try transaction.workspace(of: past, tools)
    }

    /// The branch that a name means, or the state that a hash names; nil when it is neither.
    private func resolve(_ name: String) throws -> (ConfigurationTransaction, Commit?)? {
        let branchName = BranchKey.shortName(name, branch.tenant, branch.project)
        if branchName == BranchKey.main { return (try on(BranchKey.main), nil) }
        if try branch(named: branchName) != nil { return (try on(branchName), nil) }
        guard let commit = try commit(hash: name), let life = try lifeRow(commit.life) else { return nil }
        return (try on(life.name), commit)
    }

    /// Refuses an operation that would change what is no branch.
    ///
    /// - Throws: 400 for a state, 404 for what is not there. A main branch that is not there may be about to be made.
    public func requireBranch(_ ref: Ref) throws {
        guard ref.at == nil else { throw Problem.badRequest("A past state cannot be changed; at is for reading") }
        guard let name = ref.name, head == nil || branch.branch == BranchKey.unversioned else { return }
        guard branch.branch != BranchKey.main else { return }
        guard try on(BranchKey.main).exists() else { throw Problem.notFound("Project") }
        guard try commit(hash: name) == nil else {
            throw Problem.badRequest("Only branches can be changed, and \(name) is a commit")
        }
        throw Problem(.notFound, "Unknown ref: \(name)")
    }
}
