import Events
import Store
import Synchronization

/// What keeps runs going beside the requests: picking up what a crash left, leases, time limits, stopping.
extension Runs {
    /// How often time limits and leases are looked at.
    private static let tick = Duration.seconds(1)

    /// Supervises until the task is cancelled: picks up unfinished runs at once and from then on those whose lease
    /// has run out, renews leases, ends what takes too long, and hears of cancels from other processes. Without it
    /// time limits are not kept, so every server runs it.
    public func supervise() async {
        world.store.attend(as: world.owner)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.recover() }
            group.addTask { await self.hearLetters() }
            group.addTask { await self.world.terms.listen() }
            group.addTask { await self.tickAlong() }
        }
    }

    /// After so many looks in a row, a tick apart, a process that is not seen is dead. One that lost its connection is
    /// back sooner.
    private static let absencesMax = 3

    private func tickAlong() async {
        let lease = Duration.milliseconds(world.limits.leaseMs)
        var absences: [String: Int] = [:]
        var renewal = world.clock.elapsed() + lease / 3
        while !Task.isCancelled {
            guard (try? await world.clock.pause(for: Self.tick)) != nil else { return }
            for active in registry.all { active.endOverdue() }
            if world.store.isShared { await takeOverFromTheDead(&absences) }
            guard world.clock.elapsed() >= renewal else { continue }
            renewal = world.clock.elapsed() + lease / 3
            await renewLeases()
            // Where the store fails here, the next tick tries again.
            _ = try? await world.store.wakeOverdue(now: world.clock.now())
            await claimUnfinished()
        }
    }

    /// Goes on with the runs of processes that died; those that only hang, or whose machine is gone without a word,
    /// lose theirs with their leases.
    private func takeOverFromTheDead(_ absences: inout [String: Int]) async {
        // Where the store fails here, the next tick looks again.
        guard let absent = try? await world.store.absentOwners(now: world.clock.now()) else { return }
        absences = Dictionary(
            uniqueKeysWithValues: absent.subtracting([world.owner]).map { ($0, absences[$0, default: 0] + 1) })
        for (owner, count) in absences where count >= Self.absencesMax {
            guard let released = try? await world.store.releaseLeases(ofAbsent: owner), released > 0 else { continue }
            world.report.say(
                RunReport(.notice, "a process died, and its runs are taken over", ["runs": String(released)]))
            await claimUnfinished()
        }
    }

    /// Keeps the leases of all runs under way; a run whose lease is lost is another process's now.
    func renewLeases() async {
        let active = registry.all.filter { $0.isCommitted && !$0.isOver }
        guard !active.isEmpty else { return }
        // When the store cannot be reached the leases stand until they run out; the next renewal tries again.
        guard
            let held = try? await world.store.renewLeases(
                owner: world.owner, active.map(\.key.id), until: world.leaseUntil)
        else { return }
        for run in active where !held.contains(run.key.id) && !run.isOver {
            world.metrics.leasesLost.add()
            run.say(.warning, "another process drives a run that was driven here")
            run.abandon(because: LeaseLost())
        }
    }

    private func hearLetters() async {
        for await signal in world.store.listen(Self.inboxChannel) {
            switch signal {
            case .message(let id):
                if let active = registry.run(id) { await readInbox(of: active) }
            case .catchUp:
                for active in registry.all { await readInbox(of: active) }
            }
        }
    }

    /// Stops: refuses new turns, lets the runs under way finish as long as `RuntimeLimits.shutdownMs` allows, and
    /// gives up the leases of the others, so that another process, or this one after its restart, goes on with them.
    public func shutdown() async {
        registry.close()
        namings.close()
        let clock = world.clock
        let limit = Duration.milliseconds(world.limits.shutdownMs)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.registry.drain() }
            group.addTask {
                try? await clock.pause(for: limit)
                self.registry.stopDraining()
            }
            await group.next()
            group.cancelAll()
        }
        for active in registry.all {
            active.abandon(because: CancellationError())
            let release = RunChange.runUpdated(
                active.key, .running, lease: nil, heldBy: world.owner, at: world.clock.now())
            // Where this fails the lease runs out by itself.
            try? await world.store.commit([release], durability: .process)
        }
    }
}

/// Another process drives the run now.
struct LeaseLost: Error {}

extension ActiveRun {
    /// Whether the run is in the log, and so has a lease.
    var isCommitted: Bool { state.withLock { $0.feed.last > 0 } }
}
