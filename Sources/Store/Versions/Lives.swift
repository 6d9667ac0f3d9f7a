import Catalog

/// The life of a branch, from its making to its deletion.
struct Life {
    let life: Int64
    let name: String
    /// The number at which it began: its first change has the next one.
    let started: Int64
    /// The life and the number of the state that it was copied from; nil for a branch that began empty.
    let source: Int64?
    let base: Int64?
    let isAlive: Bool
    /// What was in it when it began.
    let vector: VersionVector
}

extension VersionVector {
    /// As the store keeps it: `LIFE:NUMBER,…`.
    var text: String { numbers.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: ",") }

    init(_ text: String) throws {
        var numbers: [Int64: Int64] = [:]
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: ":")
            guard parts.count == 2, let life = Int64(parts[0]), let number = Int64(parts[1]) else {
                throw StoreError.corrupt("a version vector")
            }
            numbers[life] = number
        }
        self.init(numbers)
    }
}

extension ConfigurationTransaction {
    private var project: [SQLValue] { [.text(branch.tenant), .text(branch.project)] }

    func lifeRow(_ life: Int64) throws -> Life? {
        try connection.first(SQL.life, project + [.integer(life)]) { row in
            Life(
                life: row.integer(0), name: row.text(1), started: row.integer(2), source: row.optionalInteger(3),
                base: row.optionalInteger(4), isAlive: row.bool(5), vector: try VersionVector(row.text(6)))
        }
    }

    /// The state of a life after its change of this number: what was not changed since a copy was made is a state of
    /// what was copied. Nil when there is no such state.
    func commit(_ life: Int64, _ number: Int64) throws -> Commit? {
        var number = number
        var next: Int64? = life
        while let row = try next.flatMap(lifeRow) {
            guard let source = row.source, let base = row.base else {
                // Before its first change a project is not there.
                return number > row.started ? Commit(life: row.life, number: number) : nil
            }
            if number > row.started { return Commit(life: row.life, number: number) }
            // Numbers between are those of an earlier branch of the same name.
            guard number == row.started || number <= base else { return nil }
            number = min(number, base)
            next = source
        }
        return nil
    }

    /// The branch's state; nil when there is no branch. A branch on which nothing was changed has the state that it was
    /// copied from.
    func headCommit() throws -> Commit? {
        if writing == nil { return try connection.first(SQL.branch, branch.values) { $0.branch() }?.commit }
        guard let (life, head) = try current() else { return nil }
        return try commit(life, head) ?? Commit(life: life, number: head)
    }

    /// The branch's life and head with what was changed here; nil when there is no branch.
    func current() throws -> (life: Int64, head: Int64)? {
        if writing != nil { return life.flatMap { life in head.map { (life, $0) } } }
        return try connection.first(SQL.branch, branch.values) { ($0.integer(1), $0.integer(2)) }
    }

    /// The lives that a state goes back to, the oldest first, each with its number in it. Empty when the state does not
    /// belong to the project as it is now.
    func lineage(of commit: Commit) throws -> [(life: Life, number: Int64)] {
        var steps: [(life: Life, number: Int64)] = []
        var next: Commit? = commit
        while let commit = next, let row = try lifeRow(commit.life) {
            steps.append((row, commit.number))
            next = row.source.flatMap { source in row.base.map { Commit(life: source, number: $0) } }
        }
        guard let root = steps.last?.life, root.source == nil, root.isAlive, root.name == BranchKey.main else {
            return []
        }
        return steps.reversed()
    }

    /// The state that a hash names, if there is one.
    func commit(hash: String) throws -> Commit? {
        guard let named = Commit(hash: hash, in: branch), let row = try lifeRow(named.life) else { return nil }
        guard try !lineage(of: named).isEmpty, named.number <= (try lastNumber(of: row)) else { return nil }
        return try commit(named.life, named.number)
    }

    /// The number of the last change of a life.
    private func lastNumber(of row: Life) throws -> Int64 {
        guard row.isAlive else {
            return try connection.first(SQL.lifeEnd, project + [.integer(row.life)]) { $0.integer(0) } ?? row.started
        }
        return try on(row.name).current()?.head ?? row.started
    }

    /// What is in a state: what was in its life when that began or last took in another, and the states of its line.
    func vector(of commit: Commit) throws -> VersionVector {
        let merged = try connection.first(
            SQL.mergedVector, project + [.integer(commit.life), .integer(commit.number)]
        ) { try VersionVector($0.text(0)) }
        let line = try lineage(of: commit)
        let known = merged ?? line.last?.life.vector ?? VersionVector()
        return line.reduce(known) { $0.including(Commit(life: $1.life.life, number: $1.number)) }
    }

    /// Notes that this branch has taken in a state of another, after what came of it was written.
    func record(_ merge: MergeRecord) throws {
        let (actor, at) = try writer()
        guard let life, let head else { return }
        let vector = try pruned(merge.vector.including(Commit(life: life, number: head)))
        let source: [SQLValue] = [.integer(merge.source.life), .integer(merge.source.number), .text(vector.text)]
        let who: [SQLValue] = [.integer(at), .text(actor), .text(merge.author), .text(merge.message)]
        try connection.execute(SQL.createMerge, project + [.integer(life), .integer(head)] + source + who)
    }

    /// Lives in a vector that are kept whether or not another branch has them.
    private static let livesKept = 64

    /// The vector without the lives that no other branch has: they can be the base of no merge. So it does not grow
    /// with every branch that there ever was.
    private func pruned(_ vector: VersionVector) throws -> VersionVector {
        guard vector.numbers.count > Self.livesKept, let commit = try headCommit() else { return vector }
        var known = Set(try lineage(of: commit).map(\.life.life))
        for other in try branches(holding: nil) where other.name != branch.branch {
            known.formUnion(try self.vector(of: other.own).numbers.keys)
        }
        return VersionVector(vector.numbers.filter { known.contains($0.key) })
    }

    /// All branches but that of the kinds outside branches.
    func branches(holding key: ResourceKey?) throws -> [Branch] {
        let statement = key == nil ? SQL.branches : SQL.branchesHolding
        return try connection.rows(statement, project + (key?.values ?? [])) { $0.branch() }
            .filter { $0.name != BranchKey.unversioned }
    }

    /// A branch by name; nil when there is none.
    func branch(named name: String) throws -> Branch? {
        guard name != BranchKey.unversioned else { return nil }
        let transaction = try on(name)
        guard let (life, head) = try transaction.current(), let commit = try transaction.headCommit() else {
            return nil
        }
        return Branch(name: name, commit: commit, own: Commit(life: life, number: head))
    }
}

extension Row {
    /// Reads name, life, head, started, source, base.
    func branch() -> Branch {
        let own = Commit(life: integer(1), number: integer(2))
        var commit = own
        if own.number == integer(3), let source = optionalInteger(4), let base = optionalInteger(5) {
            commit = Commit(life: source, number: base)
        }
        return Branch(name: text(0), commit: commit, own: own)
    }
}
