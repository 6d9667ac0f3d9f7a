import Catalog
import Synchronization

/// The heads of branches, in memory. Right only where no other process writes the database: every turn asks for the
/// head, and no answer changes but by a write of this process.
final class HeadCache: Sendable {
    private struct State {
        var heads: [BranchKey: Int64] = [:]
        /// Grows with every write, so that a head read before one is not kept after it.
        var generation = 0
    }

    /// Branches kept; beyond that all are forgotten.
    private static let branchesMax = 10_000

    private let state = Mutex(State())

    /// The head, if it is known, and what to hand to `keep` when it is not.
    func head(of branch: BranchKey) -> (head: Int64?, generation: Int) {
        state.withLock { ($0.heads[branch], $0.generation) }
    }

    /// Keeps a head that was read from the database, unless something was written meanwhile.
    func keep(_ head: Int64, of branch: BranchKey, _ generation: Int) {
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.heads.count >= Self.branchesMax { state.heads = [:] }
            state.heads[branch] = head
        }
    }

    /// Forgets all heads: configuration was written.
    func forget() {
        state.withLock { state in
            state.generation += 1
            state.heads = [:]
        }
    }
}
