public import Catalog
public import Cryptography
import Domain
public import MCP
public import Store
import Synchronization

/// Finds out about the servers of tools, beside the requests, and keeps what it finds: whoever asks is told what is
/// known.
///
/// A tool is looked at when it is new, when what decides about it has changed, and from time to time; one that fails
/// ever more rarely. Of several processes on one database one looks at a tool at a time.
public final class HealthMonitor: Sendable {
    struct State {
        var queue = HealthQueue()
        var changed: Set<BranchKey> = []
        var isComparing = false
        var isRunning = false
        var waiters: [ToolKey: [Int: CheckedContinuation<Void, Never>]] = [:]
        var waiterCount = 0
    }

    let store: Store
    let keyring: Keyring
    let client: MCPClient
    let clock: RuntimeClock
    let limits: RuntimeLimits
    let state = Mutex(State())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// A monitor over a store.
    ///
    /// - Parameters:
    ///   - keyring: opens the secrets among the header fields of tools, and their credentials.
    ///   - client: speaks with the servers.
    ///   - clock: the time.
    ///   - limits: how often and how much.
    public init(
        store: Store, keyring: Keyring, client: MCPClient, clock: RuntimeClock, limits: RuntimeLimits
    ) {
        self.store = store
        self.keyring = keyring
        self.client = client
        self.clock = clock
        self.limits = limits
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: What operations tell and ask

    /// Something on a branch was changed: tools whose configuration is another now are looked at.
    public func changed(_ branch: BranchKey) {
        state.withLock { state in
            guard state.isRunning, state.changed.count < HealthQueue.lengthMax else { return }
            // Credentials are of no branch; most tools that have one are on the main branch, others are found in time.
            let isOutside = branch.branch == BranchKey.unversioned
            state.changed.insert(
                isOutside ? BranchKey(tenant: branch.tenant, project: branch.project) : branch)
        }
        wake.yield()
    }

    /// Waits until something is known of a tool of which nothing is, at most `RuntimeLimits.toolHealthWaitMs`.
    public func settle(_ tool: String, in branch: BranchKey) async {
        let key = ToolKey(branch: branch, tool: tool)
        guard state.withLock({ $0.isRunning }), let target = try? await self.target(key), !target.isKnown,
            target.tool.credentialScope == .project
        else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.finished(key) }
            group.addTask { try? await self.clock.pause(for: .milliseconds(self.limits.toolHealthWaitMs)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Returns when the tool has been looked at, or when the task is cancelled.
    private func finished(_ key: ToolKey) async {
        let number = state.withLock { state in
            state.waiterCount += 1
            return state.waiterCount
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.isRunning, !Task.isCancelled else { return false }
                    state.waiters[key, default: [:]][number] = continuation
                    state.queue.add(key, isUrgent: true)
                    return true
                }
                if waits { wake.yield() } else { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters[key]?.removeValue(forKey: number)
                if state.waiters[key]?.isEmpty == true { state.waiters[key] = nil }
                return waiter
            }
            waiter?.resume()
        }
    }

    // MARK: Work

    /// How often what is due is looked for.
    private static let tick = Duration.seconds(5)
    /// Ticks between searches for tools that nothing is known of, which a crash or a copied branch has left.
    private static let searchTicks = 12

    /// Works until the task is cancelled. Does nothing where the interval is 0.
    public func supervise() async {
        guard limits.toolHealthIntervalMs > 0 else { return }
        state.withLock { $0.isRunning = true }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tickAlong() }
            for await _ in wakes {
                if Task.isCancelled { break }
                let compares = state.withLock { state in
                    guard !state.isComparing, !state.changed.isEmpty else { return false }
                    state.isComparing = true
                    return true
                }
                if compares { group.addTask { await self.compareChanged() } }
                while let key = state.withLock({ $0.queue.next(limit: limits.toolHealthProbes) }) {
                    group.addTask { await self.work(on: key) }
                }
            }
            group.cancelAll()
        }
        let waiters = state.withLock { state in
            state.isRunning = false
            defer { state.waiters = [:] }
            return state.waiters.values.flatMap { $0.values }
        }
        for waiter in waiters { waiter.resume() }
    }

    private func tickAlong() async {
        var ticks = 0
        while !Task.isCancelled {
            await findDue(searches: ticks % Self.searchTicks == 0)
            ticks += 1
            guard (try? await clock.pause(for: Self.tick)) != nil else { break }
        }
        wake.finish()
    }

    /// Where the store fails here, the next tick tries again.
    private func findDue(searches: Bool) async {
        guard
            let keys = try? await store.dueTools(now: clock.now(), limit: HealthQueue.lengthMax, findsNew: searches)
        else { return }
        add(keys)
    }

    private func add(_ keys: [ToolKey]) {
        guard !keys.isEmpty else { return }
        state.withLock { state in
            for key in keys { state.queue.add(key) }
        }
        wake.yield()
    }

    /// How long changes gather before their branches are compared again.
    private static let gathering = Duration.seconds(1)

    /// Finds the tools of changed branches of which nothing is known as they are now.
    private func compareChanged() async {
        let branches = state.withLock { state in
            defer { state.changed = [] }
            return state.changed
        }
        for branch in branches {
            let stale = try? await store.readConfiguration(in: branch) { [keyring] transaction in
                let workspace = transaction.reading(keyring)
                let known = try transaction.observedStatuses()
                return try workspace.all(Tool.self).filter { try known[$0.id]?.basis != $0.basis(in: workspace) }
                    .map(\.id)
            }
            add((stale ?? []).map { ToolKey(branch: branch, tool: $0) })
        }
        try? await clock.pause(for: Self.gathering)
        state.withLock { $0.isComparing = false }
        wake.yield()
    }

    private func work(on key: ToolKey) async {
        await probe(key)
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.queue.finish(key) else { return [] }
            return Array((state.waiters.removeValue(forKey: key) ?? [:]).values)
        }
        for waiter in waiters { waiter.resume() }
        wake.yield()
    }
}

extension ConfigurationTransaction {
    /// What operations read with, for work that is nobody's request.
    func reading(_ keyring: Keyring, now: Int64 = 0) -> Workspace {
        workspace(
            WorkspaceTools(
                projectKind: Project.kind.name, now: now, makeID: { "" }, sealing: Sealing(keyring, kinds: [])))
    }
}
