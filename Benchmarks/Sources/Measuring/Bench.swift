import Glibc
import Kit

/// One run: starts the servers, measures Covey apart, then puts each step on every target in turn.
public final class Bench {
    /// Streams that are held open to measure their memory.
    static let heldStreams = 256

    private let options: Options
    private let folder: Folder
    private let tools: String
    private let model: ModelProcess
    private var nginx: NginxProcess?
    private var covey: CoveyProcess?
    private var results = Results()

    /// Starts the scripted model. The programs `model-server` and `load` are expected beside the running one.
    public init(_ options: Options) throws {
        Children.cleanUpWhenInterrupted()
        self.options = options
        folder = try Folder()
        tools = try Self.ownFolder()
        model = try ModelProcess(tools: tools)
        results.startedAt = Clock.unixSeconds()
        results.isQuick = options.isQuick
        results.processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    }

    /// Does the whole run and ends every server. What cannot be measured is noted in the results' failures; the rest
    /// goes on.
    public func perform() -> Results {
        defer { cleanUp() }
        startNginx()
        if let binary = options.covey { measureCoveyApart(binary) }
        for step in Step.all(seconds: options.isQuick ? 0.5 : 5) where options.includes(step.name) {
            let rounds = (0..<options.rounds).map { _ in perform(step) }
            results.steps += rounds.min { $0.noise < $1.noise }.map { [$0] } ?? []
        }
        attempt("stopping covey") { try covey?.stop() }
        return results
    }

    private func cleanUp() {
        nginx?.child.stop()
        model.child.stop()
        if options.keepsFolder {
            Output.note("bench: logs and data are in \(folder.path)")
        } else {
            folder.remove()
        }
    }

    private static func ownFolder() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0 else { throw SystemError("find the own program") }
        let path = String(decoding: buffer[0..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let slash = path.lastIndex(of: "/") else { throw Complaint("'\(path)' is no absolute path") }
        return String(path[..<slash])
    }

    /// Runs `work`; a failure becomes a line of the results. Answers whether it went well.
    @discardableResult
    private func attempt(_ what: String, _ work: () throws -> Void) -> Bool {
        do {
            try work()
            return true
        } catch {
            results.failures.append("\(what): \(error)")
            Output.note("bench: \(what) failed: \(error)")
            return false
        }
    }

    private func startNginx() {
        guard let binary = options.nginx else { return }
        attempt("starting nginx") {
            nginx = try NginxProcess(binary: binary, modelPort: model.port, folder: folder)
        }
    }

    // MARK: Covey apart

    private func measureCoveyApart(_ binary: String) {
        attempt("covey") {
            let covey = try CoveyProcess(
                binary: binary, arguments: options.coveyArguments, modelPort: model.port, folder: folder
            )
            try covey.start()
            try covey.createProject()
            try covey.verify()
            if options.includes("footprint") { results.footprint = try footprint(of: covey) }
            if options.includes("manage") { results.management = try management(of: covey) }
            self.covey = covey
        }
    }

    private func footprint(of covey: CoveyProcess) throws -> Footprint {
        var footprint = Footprint()
        try covey.stop()
        for _ in 0..<(options.isQuick ? 3 : 9) {
            footprint.coldStarts.append(try covey.startCold())
            try covey.stop()
        }
        try covey.start()
        try measureMemory(of: covey, into: &footprint)
        try covey.stop()
        footprint.databaseBytesPerPlainTurn = try databaseBytesPerTurn(covey, isStreamed: false)
        footprint.databaseBytesPerStreamedTurn = try databaseBytesPerTurn(covey, isStreamed: true)
        try model.reset()
        try covey.start()
        let turns = try load(try covey.target(), memoryWarmup)
        footprint.modelCallsPerTurn = try model.statistic("requests") / Double(max(1, turns.turns))
        return footprint
    }

    /// A few turns, so that what is allocated once is not taken for what a stream needs.
    private var memoryWarmup: Step {
        Step("warmup", "warm-up", isStreamed: true, connections: 1, requests: 50, seconds: 10, warmupSeconds: 0)
    }

    private func measureMemory(of covey: CoveyProcess, into footprint: inout Footprint) throws {
        Clock.pause(milliseconds: 1_000)
        let target = try covey.target()
        let family = ProcessFigures.family(target.process)
        footprint.idleKilobytes = ProcessFigures.residentKilobytes(family)
        footprint.idlePrivateKilobytes = ProcessFigures.privateKilobytes(family)
        _ = try load(target, memoryWarmup)
        try model.reset()
        let before = ProcessFigures.residentKilobytes(family)
        let hold = Step(
            "hold", "held streams", isStreamed: true, connections: Self.heldStreams,
            delayMilliseconds: options.isQuick ? 100 : 300, requests: Self.heldStreams, seconds: 60, warmupSeconds: 0
        )
        let client = try startLoad(target, hold)
        var highest = before
        let end = Clock.now() + 60_000_000_000
        while client.isRunning, Clock.now() < end {
            highest = max(highest, ProcessFigures.residentKilobytes(family))
            Clock.pause(milliseconds: 50)
        }
        let report = try JSON(reading: try client.readOutput(seconds: 5))
        guard report["errors"]?.double == 0 else {
            throw Complaint("with \(Self.heldStreams) open streams: \(report["first_error"]?.string ?? "no answer")")
        }
        footprint.streamsOpen = Int(try model.statistic("in_flight_max"))
        footprint.kilobytesPerStream = Double(highest - before) / Double(Self.heldStreams)
    }

    /// How much the database grew per turn between two stops, at which Covey moves its log into the database.
    private func databaseBytesPerTurn(_ covey: CoveyProcess, isStreamed: Bool) throws -> Double {
        let turns = options.isQuick ? 500 : 5_000
        let before = covey.databaseBytes
        try covey.start()
        let step = Step(
            "database", "database", isStreamed: isStreamed, connections: 8, requests: turns, seconds: 30,
            warmupSeconds: 0
        )
        let measured = try load(try covey.target(), step)
        try covey.stop()
        guard measured.turns > 0 else { throw Complaint("no turn for the database: \(measured.firstError ?? "")") }
        if covey.databaseLogBytes > 0 {
            results.failures.append("a clean stop left \(covey.databaseLogBytes) bytes in the database's log")
        }
        return Double(covey.databaseBytes - before) / Double(measured.turns)
    }

    // MARK: Management

    /// Measures on the running Covey. The project that it fills is made anew afterwards: turns are measured in a small
    /// one.
    private func management(of covey: CoveyProcess) throws -> ManagementResults {
        let target = try covey.target()
        let port = target.port
        var fillingMilliseconds = 0.0
        let management = Management(
            connection: try KeptConnection(port: port),
            write: try BareWrite(path: folder.path + "/bare.db", bytes: 600), isQuick: options.isQuick
        ) { count in fillingMilliseconds += try self.makeAgents(count, port) }
        func own() -> Double {
            target.processorMilliseconds + ProcessFigures.processorMilliseconds([getpid()]) + fillingMilliseconds
        }
        let (begin, machine, used) = (Clock.now(), ProcessFigures.machineMilliseconds(), own())
        var results = try management.perform()
        let others = ProcessFigures.machineMilliseconds() - machine - (own() - used)
        results.noise = max(0, others / Clock.milliseconds(from: begin, to: Clock.now()))
        let path = "/manage/tenants/default/project-full/bench"
        let answer = try HTTPCall("DELETE", port: port, path, seconds: 300)
        guard answer.status == 204 else { throw Complaint("DELETE \(path) answered \(answer.status)") }
        try covey.createProject()
        return results
    }

    /// Makes agents, many at a time; milliseconds of processor time that this took the client.
    private func makeAgents(_ count: Int, _ port: UInt16) throws -> Double {
        let body = "{\"id\":\"filled-{{run}}-{{n}}\",\"name\":\"Agent {{n}}\",\"description\":\"One of many agents.\"}"
        let client = try Child(
            [
                tools + "/load", "--port", String(port), "--path", "/manage/tenants/default/projects/bench/agents",
                "--body", body, "--connections", "32", "--requests", String(count), "--seconds", "600",
            ], output: .pipe)
        let report = try JSON(reading: try client.readOutput(seconds: 660))
        guard report["errors"]?.double == 0, report["finished"]?.double == Double(count) else {
            throw Complaint("making \(count) agents: \(report.line.prefix(600))")
        }
        return report["client_cpu_ms"]?.double ?? 0
    }

    // MARK: Steps

    /// The same load on every target, on the model itself first and last.
    private func perform(_ step: Step) -> StepResult {
        Output.note("bench: \(step.title)")
        var result = StepResult(step)
        attempt("\(step.name), direct") { result.direct.append(try load(model.target, step)) }
        if let nginx { attempt("\(step.name), nginx") { result.nginx = try load(nginx.target, step) } }
        if let covey {
            attempt("\(step.name), covey") {
                let keyed = step.isKeyed ? try covey.keyedTarget() : nil
                if step.isKeyed { result.keyless.append(try load(try covey.target(), step)) }
                result.covey = try load(try keyed ?? covey.target(), step)
                if step.isKeyed { result.keyless.append(try load(try covey.target(), step)) }
            }
        }
        attempt("\(step.name), direct again") { result.direct.append(try load(model.target, step)) }
        for (name, measured) in [("nginx", result.nginx), ("covey", result.covey)] {
            guard let measured, measured.errors > 0 else { continue }
            let line =
                "\(step.name), \(name): \(measured.errors) errors, the first: \(measured.firstError ?? "unknown")"
            results.failures.append(line)
            Output.note("bench: \(line)")
        }
        return result
    }

    private func load(_ target: Target, _ step: Step) throws -> Measured {
        let isDirect = target.process == model.child.identifier
        let begin = Clock.now()
        let machine = ProcessFigures.machineMilliseconds()
        let used = target.processorMilliseconds
        let modelUsed = model.target.processorMilliseconds
        let client = try startLoad(target, step)
        // The client's own limits end it long before this does.
        let text = try client.readOutput(seconds: Int(step.seconds) + 60)
        client.stop(graceMilliseconds: 2_000)
        let report = try JSON(reading: text)
        let own = target.processorMilliseconds - used
        let models = isDirect ? 0 : model.target.processorMilliseconds - modelUsed
        let all = ProcessFigures.machineMilliseconds() - machine
        let elapsed = Clock.milliseconds(from: begin, to: Clock.now())
        let others = all - own - models - (report["client_cpu_ms"]?.double ?? 0)
        return try Measured(report: report, processorMilliseconds: own, noise: max(0, others / elapsed))
    }

    private func startLoad(_ target: Target, _ step: Step) throws -> Child {
        let headers = target.headers.flatMap { ["--header", $0] }
        return try Child(
            [
                tools + "/load", "--port", String(target.port), "--path", target.path, "--body", step.body,
                "--connections", String(step.connections), "--requests", String(step.requests),
                "--seconds", String(step.seconds), "--warmup-seconds", String(step.warmupSeconds),
                "--request-seconds", "30", "--marker", "benchtok ", "--markers-minimum", String(step.chunks),
            ] + (step.isStreamed ? ["--required", "data: [DONE]"] : []) + headers,
            output: .pipe
        )
    }
}
