import Catalog
import Store
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Prints jobs a second and microseconds a job. Figures of a debug build mean little: run it with
/// `COVEY_STORE_BENCHMARK=1 swift test -c release --filter StoreBenchmark`. `COVEY_STORE_BENCHMARK_PATH` names a folder
/// for the SQLite file; without it the file is in memory.
@Suite(
    .serialized,
    .enabled(if: getenv("COVEY_STORE_BENCHMARK") != nil, "set COVEY_STORE_BENCHMARK to measure"))
struct StoreBenchmark {
    private static let clock = ContinuousClock()

    private func open(_ engine: Engine) async throws -> Store {
        if engine == .sqlite, let folder = getenv("COVEY_STORE_BENCHMARK_PATH") {
            let path = "\(String(cString: folder))/bench-\(UInt64.random(in: 0 ... .max)).db"
            return try await Store.open(url: "sqlite:\(path)", containers: Engine.containers)
        }
        return try await Store.open(try await engine.database(), containers: Engine.containers)
    }

    private func report(_ name: String, _ engine: Engine, count: Int, _ duration: Duration) {
        let seconds = duration / .seconds(1)
        let rate = Int(Double(count) / seconds)
        let microseconds = Int(seconds * 1e6 / Double(count))
        let line = Array("\(engine.rawValue) \(name): \(rate)/s, \(microseconds) us each\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }

    /// What one turn of a conversation commits, in three jobs.
    private func turn(_ number: String, _ store: Store, _ durability: Durability) async throws {
        let conversation = ConversationKey(tenant: "t", project: "p", id: "c\(number)")
        let lease = Lease(owner: "me", until: 99)
        let run = RunRow(
            key: RunKey(tenant: "t", project: "p", id: "r\(number)"), conversation: conversation.id, agent: "support",
            branch: "main", request: ["model": "x"], startedAt: 1, updatedAt: 1, lease: lease)
        let body = Array(#"{"text":"\#(String(repeating: "x", count: 200))"}"#.utf8)
        let events = (1...3).map { StoredEvent(sequence: $0, at: 1, type: "text", body: body) }
        try await store.commit(
            [
                .conversation(.sample(id: conversation.id)), .message(.sample("u\(number)", in: conversation)),
                .runStarted(run),
            ], durability: durability)
        try await store.commit([.events(run.key, events)], durability: durability)
        try await store.commit(
            [
                .message(.sample("a\(number)", in: conversation)),
                .runUpdated(run.key, .completed, lease: nil, heldBy: "me", at: 2),
            ], durability: durability)
    }

    @Test(arguments: Engine.available, [Durability.process, .full])
    func `turns a second`(_ engine: Engine, _ durability: Durability) async throws {
        let store = try await open(engine)
        for tasks in [1, 32] {
            let each = (durability == .full || engine == .postgres ? 1600 : 16000) / tasks
            let duration = try await Self.clock.measure {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<tasks {
                        group.addTask {
                            for number in 0..<each { try await turn("\(tasks)-\(task)-\(number)", store, durability) }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            report("jobs (3 a turn), \(durability), \(tasks) tasks", engine, count: 3 * each * tasks, duration)
        }
        await store.close()
    }

    @Test(arguments: Engine.available) func `small jobs and reads a second`(_ engine: Engine) async throws {
        let store = try await open(engine)
        try await store.commit([.conversation(.sample()), .runStarted(.sample("r"))], durability: .process)
        let run = RunKey(tenant: "t", project: "p", id: "r")
        let count = engine == .postgres ? 2000 : 20000
        let event = { @Sendable (number: Int) in
            StoredEvent(sequence: Int64(number), at: 1, type: "text", body: Array(#"{"text":"x"}"#.utf8))
        }
        report("lone event jobs, process", engine, count: count, try await Self.clock.measure {
            for number in 0..<count { try await store.commit([.events(run, [event(number)])], durability: .process) }
        })
        report("event jobs, process, 32 tasks", engine, count: 32 * count / 10, try await Self.clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 1...32 {
                    group.addTask {
                        for number in 0..<count / 10 {
                            let events = [event(task * 1_000_000 + number)]
                            try await store.commit([.events(run, events)], durability: .process)
                        }
                    }
                }
                try await group.waitForAll()
            }
        })
        report("point reads", engine, count: count, try await Self.clock.measure {
            for _ in 0..<count { _ = try await store.conversation(ConversationKey(tenant: "t", project: "p", id: "c")) }
        })
        await store.close()
    }
}
