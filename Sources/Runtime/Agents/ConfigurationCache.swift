import Catalog
import Store
import Synchronization

/// The compiled agents of the projects in use, by the number of the last change, so that a turn reads one number and no
/// configuration. Bounded: the project that was not used for longest makes room.
public final class ConfigurationCache: Sendable {
    /// What of a project's configuration runs.
    typealias Definitions = @Sendable (ConfigurationGraph) throws -> [AgentDefinition]

    private let store: Store
    private let models: ModelSource
    private let limits: RuntimeLimits
    private let definitions: Definitions
    private let state = Mutex(State())

    private struct State {
        var projects: [BranchKey: Entry] = [:]
        var uses = 0
    }

    private struct Entry {
        let project: CompiledProject
        var used: Int
    }

    init(store: Store, models: ModelSource, limits: RuntimeLimits, definitions: @escaping Definitions) {
        self.store = store
        self.models = models
        self.limits = limits
        self.definitions = definitions
    }

    /// The agent as it is configured now; nil when there is none. Throws `StoreError`, or what a document that cannot
    /// be read throws.
    func agent(_ id: String, in branch: BranchKey) async throws -> CompiledAgent? {
        guard let head = try await store.head(of: branch) else { return nil }
        if let project = cached(branch, head) { return project.agents[id] }
        guard let graph = try await store.graph(of: branch) else { return nil }
        let project = CompiledProject(head: graph.head, try definitions(graph), models, limits)
        keep(project, branch)
        return project.agents[id]
    }

    private func cached(_ branch: BranchKey, _ head: Int64) -> CompiledProject? {
        state.withLock { state in
            guard let entry = state.projects[branch], entry.project.head == head else { return nil }
            state.uses += 1
            state.projects[branch]?.used = state.uses
            return entry.project
        }
    }

    private func keep(_ project: CompiledProject, _ branch: BranchKey) {
        state.withLock { state in
            if state.projects[branch] == nil, state.projects.count >= limits.cachedProjects,
                let oldest = state.projects.min(by: { $0.value.used < $1.value.used })
            {
                state.projects[oldest.key] = nil
            }
            state.uses += 1
            state.projects[branch] = Entry(project: project, used: state.uses)
        }
    }
}

/// The agents of one branch at one moment.
final class CompiledProject: Sendable {
    let head: Int64
    let agents: [String: CompiledAgent]

    init(head: Int64, _ agents: [AgentDefinition], _ models: ModelSource, _ limits: RuntimeLimits) {
        self.head = head
        self.agents = Dictionary(agents.map { ($0.id, CompiledAgent($0, models: models, limits: limits)) }) {
            first, _ in
            first
        }
    }
}
