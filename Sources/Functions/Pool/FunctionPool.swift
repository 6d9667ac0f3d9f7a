import Catalog
public import Outbound

/// Runs functions, each in a worker process that belongs to one project.
///
/// A worker is kept for the next call of its project until it was used so often, had an error, or stood idle for so
/// long.
/// One that belongs to nobody yet stands ready, so that nobody waits for a start.
public actor FunctionPool {
    /// What it needs of the outside.
    public struct World: Sendable {
        /// The binary that is started as a worker.
        public var executable: String
        /// With what requests of functions are sent: it guards where they may go.
        public var http: HTTPClient
        /// The folder under which `<tenant>/<project>/node_modules` holds what an administrator has installed.
        public var packages: String
        /// Time since some moment before the first call; never goes back.
        public var elapsed: @Sendable () -> Duration
        /// Waits. Throws `CancellationError` when the task is cancelled.
        public var pause: @Sendable (Duration) async throws -> Void
        /// Told what a call wrote to its console, where it wrote anything.
        public var onConsole: @Sendable (FunctionOwner, String) -> Void
        /// Told once what walls there are.
        public var onWalls: @Sendable (Walls) -> Void

        /// A world of these parts.
        public init(
            executable: String, http: HTTPClient, packages: String, elapsed: @escaping @Sendable () -> Duration,
            pause: @escaping @Sendable (Duration) async throws -> Void,
            onWalls: @escaping @Sendable (Walls) -> Void = { _ in },
            onConsole: @escaping @Sendable (FunctionOwner, String) -> Void = { _, _ in }
        ) {
            self.executable = executable
            self.http = http
            self.packages = packages
            self.elapsed = elapsed
            self.pause = pause
            self.onWalls = onWalls
            self.onConsole = onConsole
        }
    }

    /// A worker without work.
    private struct Idle {
        let worker: Member
        let owner: FunctionOwner
        let since: Duration
    }

    /// A worker, and what is known of it.
    struct Member: Sendable {
        let process: WorkerProcess
        var isReady = false
        var uses = 0
    }

    private enum Look {
        case notYet
        case underWay([CheckedContinuation<Walls, Never>])
        case done(Walls)
    }

    private let world: World
    private let limits: FunctionLimits
    private let worker: WorkerCommand.Worker
    private let queue: CallQueue
    private var idle: [Idle] = []
    private var spare: [Member] = []
    private var look = Look.notYet
    private var isStopped = false
    /// Every worker that was started and may not be gone yet.
    private var started: [WorkerProcess] = []
    private nonisolated let wishes: AsyncStream<Void>
    private nonisolated let wish: AsyncStream<Void>.Continuation

    /// A pool that has started nothing.
    public init(_ world: World, limits: FunctionLimits = FunctionLimits()) {
        self.world = world
        self.limits = limits
        queue = CallQueue(limits)
        worker = WorkerCommand.Worker(executable: world.executable, settings: WorkerSettings(limits))
        (wishes, wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that functions will be called soon: where `supervise` runs, a worker is made ready.
    public nonisolated func prepare() { wish.yield() }

    /// Makes a call, waiting for a place.
    ///
    /// - Throws: `FunctionFailure` in words for the model, or `CancellationError`: then the function has been ended.
    public func call(_ call: FunctionCall) async throws -> FunctionResult {
        try await place(for: call.owner)
        defer { queue.release(call.owner) }
        guard !isStopped else { throw FunctionFailure.stopped }
        let walls = await walls()
        if let problem = walls.problem {
            throw FunctionFailure("Functions cannot be run on this server: \(problem).")
        }
        var member = take(for: call.owner, walls)
        if !isStopped { fill(walls) }
        let outcome = await make(call, on: member)
        member.isReady = true
        member.uses += 1
        let isKept = outcome.isReusable && member.uses < limits.useCount && !isStopped && !Task.isCancelled
        if isKept {
            keep(member, of: call.owner)
        } else {
            member.process.stop()
        }
        started.removeAll { $0.isOver }
        if !outcome.console.isEmpty { world.onConsole(call.owner, outcome.console) }
        try Task.checkCancellation()
        return try outcome.result.get()
    }

    private nonisolated func make(_ call: FunctionCall, on member: Member) async -> Conversation.Outcome {
        let conversation = Conversation(
            limits: limits,
            network: FunctionNetwork(
                http: world.http, owner: call.owner, allowedHosts: call.allowedHosts, limits: limits),
            modules: FunctionModules(
                folder: world.packages, owner: call.owner, dependencies: call.dependencies, limits: limits))
        return await withTaskCancellationHandler {
            if !member.isReady, let failure = await Self.readiness(of: member.process, limits) { return .over(failure) }
            return await conversation.make(call, on: member.process)
        } onCancel: {
            member.process.stop()
        }
    }

    /// Waits until a new worker is ready; nil when it is, or why it is none.
    private static func readiness(of process: WorkerProcess, _ limits: FunctionLimits) async -> FunctionFailure? {
        for await event in process.events {
            switch event {
            case .message(let message) where message["ready"] != nil: return nil
            case .message(let message):
                return FunctionFailure(.notStarted(message["broken"]?.string ?? "the worker fails"), limits)
            case .ended(.stopped): return .stopped
            case .ended(let end): return FunctionFailure(.notStarted(end.reason), limits)
            }
        }
        return .stopped
    }

    // MARK: Places

    private nonisolated func place(for owner: FunctionOwner) async throws {
        if queue.take(owner) { return }
        guard let number = queue.enter(owner) else { throw FunctionFailure.queue(limits) }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [queue] in try await queue.wait(number) }
                group.addTask { [world, limits] in
                    try await world.pause(.milliseconds(limits.queueMs))
                    throw FunctionFailure.queue(limits)
                }
                defer { group.cancelAll() }
                try await group.next()
            }
            queue.settle(number)
        } catch {
            queue.giveUp(number, owner)
            throw error
        }
    }

    // MARK: Workers

    /// A worker for a project: one that it had, or one that nobody had.
    private func take(for owner: FunctionOwner, _ walls: Walls) -> Member {
        while let place = idle.lastIndex(where: { $0.owner == owner }) {
            let member = idle.remove(at: place).worker
            if !member.process.isOver { return member }
        }
        while let member = spare.popLast() {
            if !member.process.isOver { return member }
        }
        return start(walls)
    }

    private func start(_ walls: Walls) -> Member {
        let process = WorkerProcess(walls.command(worker), limits)
        started.append(process)
        return Member(process: process)
    }

    private func fill(_ walls: Walls) {
        guard walls.problem == nil else { return }
        spare.removeAll { $0.process.isOver }
        while spare.count < limits.spareWorkers, !isStopped { spare.append(start(walls)) }
    }

    private func keep(_ member: Member, of owner: FunctionOwner) {
        idle.append(Idle(worker: member, owner: owner, since: world.elapsed()))
        while idle.count > limits.parallelCalls { idle.removeFirst().worker.process.stop() }
    }

    /// Looks once what walls there are; who asks meanwhile waits.
    private func walls() async -> Walls {
        switch look {
        case .done(let walls): return walls
        case .underWay:
            return await withCheckedContinuation { continuation in
                if case .underWay(let waiting) = look { look = .underWay(waiting + [continuation]) }
            }
        case .notYet:
            look = .underWay([])
            let walls = await Walls.inspect(worker, limits)
            guard case .underWay(let waiting) = look else { return walls }
            // What failed may work later, when memory is there or a package was installed.
            look = walls.problem == nil ? .done(walls) : .notYet
            world.onWalls(walls)
            for continuation in waiting { continuation.resume(returning: walls) }
            return walls
        }
    }

    // MARK: Life

    /// Keeps a worker ready once functions are called, and lets go of those that nobody used for long. Returns when the
    /// task is cancelled.
    public nonisolated func supervise() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in self.wishes { await self.fill() } }
            group.addTask { [world, limits] in
                while (try? await world.pause(.milliseconds(limits.cleanupMs))) != nil { await self.clean() }
            }
        }
    }

    private func fill() async {
        guard !isStopped, spare.isEmpty, idle.isEmpty else { return }
        fill(await walls())
    }

    private func clean() {
        let oldest = world.elapsed() - .milliseconds(limits.idleMs)
        for entry in idle where entry.since <= oldest { entry.worker.process.stop() }
        idle.removeAll { $0.since <= oldest || $0.worker.process.isOver }
        started.removeAll { $0.isOver }
    }

    /// Ends all workers and waits until they are gone. Calls that are under way fail, and so do later ones.
    public func shutdown() async {
        isStopped = true
        (idle, spare) = ([], [])
        for process in started { process.stop() }
        for process in started { await process.waitUntilGone() }
        started = []
    }

    /// The processes that are at work or stand ready.
    var processes: [WorkerProcess] { started }

    /// Calls that have a place.
    var callsUnderWay: Int { queue.count }

    /// Which process stands ready for which project.
    var kept: [(owner: FunctionOwner, process: WorkerProcess)] { idle.map { ($0.owner, $0.worker.process) } }
}
