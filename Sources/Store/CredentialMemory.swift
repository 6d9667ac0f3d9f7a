import Catalog
import Synchronization

/// The credentials that this process alone keeps: sealed like those in the database, apart by tenant and project, and
/// gone with the process. Never its environment (manage spec §4.6).
final class CredentialMemory: Sendable {
    /// Whose they are.
    struct Project: Hashable, Sendable {
        let tenant: String
        let project: String

        init(_ branch: BranchKey) {
            tenant = branch.tenant
            project = branch.project
        }
    }

    /// Entries of one project at most.
    static let countMax = 1000
    /// Bytes of sealed text in all, at most.
    static let bytesMax = 64 << 20

    private struct State {
        var entries: [Project: [CredentialPlace: CredentialEntry]] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())

    /// What one job reads and changes: the changes count for itself at once, and for others when it is done.
    struct Draft: Sendable {
        fileprivate let memory: CredentialMemory
        fileprivate var emptied: Set<Project> = []
        fileprivate var changes: [Project: [CredentialPlace: CredentialEntry?]] = [:]

        init(of memory: CredentialMemory) { self.memory = memory }

        /// Whether the job changes nothing.
        var isEmpty: Bool { emptied.isEmpty && changes.isEmpty }

        func get(_ place: CredentialPlace, in project: Project) -> CredentialEntry? {
            if let change = changes[project]?[place] { return change }
            return emptied.contains(project) ? nil : memory.get(place, in: project)
        }

        /// Throws `Problem` 400 when there is no room.
        mutating func put(_ entry: CredentialEntry, in project: Project) throws(Problem) {
            let added = changes[project, default: [:]].values.compactMap(\.self)
            let known = emptied.contains(project) ? 0 : memory.count(in: project)
            let isNew = get(entry.place, in: project) == nil
            guard !isNew || known + added.count < CredentialMemory.countMax else {
                throw Problem.badRequest(
                    "\(entry.place.store) is full: it keeps \(CredentialMemory.countMax) credentials of a project")
            }
            guard added.reduce(memory.bytes + entry.bytes, { $0 + $1.bytes }) <= CredentialMemory.bytesMax else {
                throw Problem.badRequest("\(entry.place.store) is full")
            }
            changes[project, default: [:]].updateValue(entry, forKey: entry.place)
        }

        mutating func delete(_ place: CredentialPlace, in project: Project) {
            changes[project, default: [:]].updateValue(nil, forKey: place)
        }

        mutating func deleteAll(in project: Project) {
            emptied.insert(project)
            changes[project] = nil
        }
    }

    private func get(_ place: CredentialPlace, in project: Project) -> CredentialEntry? {
        state.withLock { $0.entries[project]?[place] }
    }

    private func count(in project: Project) -> Int { state.withLock { $0.entries[project]?.count ?? 0 } }

    private var bytes: Int { state.withLock(\.bytes) }

    /// Makes the changes of a job that is done count.
    func apply(_ draft: Draft) {
        guard !draft.isEmpty else { return }
        state.withLock { state in
            for project in draft.emptied {
                for entry in (state.entries.removeValue(forKey: project) ?? [:]).values { state.bytes -= entry.bytes }
            }
            for (project, changes) in draft.changes {
                var entries = state.entries.removeValue(forKey: project) ?? [:]
                for (place, entry) in changes {
                    state.bytes += (entry?.bytes ?? 0) - (entries[place]?.bytes ?? 0)
                    entries[place] = entry
                }
                if !entries.isEmpty { state.entries[project] = entries }
            }
        }
    }
}

extension CredentialEntry {
    /// About how much memory it takes.
    fileprivate var bytes: Int {
        [value, metadata].compactMap(\.self).reduce(place.key.utf8.count) { sum, secret in
            guard case .sealed(let text) = secret else { return sum }
            return sum + text.utf8.count
        }
    }
}
