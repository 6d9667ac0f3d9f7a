import Catalog
import Store
import Synchronization
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

    /// What was used since `start`: time on the wall, and processor time of this process, seconds.
    private struct Meter {
        let start = clock.now
        let startSeconds = processorSeconds()

        static func processorSeconds() -> Double {
            var used = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
            return Double(used.tv_sec) + Double(used.tv_nsec) / 1e9
        }

        func report(_ name: String, _ engine: Engine, count: Int) {
            let seconds = (clock.now - start) / .seconds(1)
            let processorSeconds = Self.processorSeconds() - startSeconds
            let each = { (seconds: Double) in Int(seconds * 1e6 / Double(count)) }
            let text = "\(engine.rawValue) \(name): \(Int(Double(count) / seconds))/s, \(each(seconds)) us each, "
            let line = Array("\(text)\(each(processorSeconds)) us of processor\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
        }
    }

    private func open(_ engine: Engine) async throws -> Store {
        if engine == .sqlite, let folder = getenv("COVEY_STORE_BENCHMARK_PATH") {
            let path = "\(String(cString: folder))/bench-\(UInt64.random(in: 0 ... .max)).db"
            return try await Store.open(url: "sqlite:\(path)", containers: Engine.containers)
        }
        return try await Store.open(try await engine.database(), containers: Engine.containers)
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
            let meter = Meter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<tasks {
                    group.addTask {
                        for _ in 0..<each { try await turn(Self.id(), store, durability) }
                    }
                }
                try await group.waitForAll()
            }
            meter.report("jobs (3 a turn), \(durability), \(tasks) tasks", engine, count: 3 * each * tasks)
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
        var meter = Meter()
        for number in 0..<count { try await store.commit([.events(run, [event(number)])], durability: .process) }
        meter.report("lone event jobs, process", engine, count: count)
        meter = Meter()
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
        meter.report("event jobs, process, 32 tasks", engine, count: 32 * count / 10)
        meter = Meter()
        for _ in 0..<count { _ = try await store.conversation(ConversationKey(tenant: "t", project: "p", id: "c")) }
        meter.report("point reads", engine, count: count)
        await store.close()
    }

    private static let idCount = Atomic<UInt64>(1_700_000_000_000)

    /// 21 of `[a-z0-9]` that begin with the time, as the product makes them: what is new together lies together.
    private static func id() -> String {
        let time = String(idCount.wrappingAdd(1, ordering: .relaxed).oldValue, radix: 36)
        let random = (UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max))
        return String((time + String(random.0, radix: 36) + String(random.1, radix: 36)).prefix(21))
    }
}
