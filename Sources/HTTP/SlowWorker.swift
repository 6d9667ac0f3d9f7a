import Catalog

/// Does works that are too slow for a transaction, one at a time: each takes a core and memory, and all that wait for
/// them are many.
actor SlowWorker {
    /// Does one, after those that wait.
    func run(_ work: SlowWork) -> String { work.run() }

    /// Runs `attempt` again and again, with the results of the works that the time before lacked, until it lacks none.
    /// `SlowWork.countMax` bounds how often.
    nonisolated func settle<Value: Sendable>(
        _ surroundings: Surroundings, _ attempt: @Sendable (Surroundings) async throws -> Value
    ) async throws -> Value {
        var results: [[String]: String] = [:]
        while true {
            do {
                var surroundings = surroundings
                surroundings.slowly = SlowWork.lookUp(in: results)
                return try await attempt(surroundings)
            } catch let outstanding as SlowWork.Outstanding {
                for work in outstanding.works { results[work.identity] = await run(work) }
            }
        }
    }
}
