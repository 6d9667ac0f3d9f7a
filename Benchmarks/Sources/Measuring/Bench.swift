import Glibc
import Kit

/// One run: starts the servers, measures Covey apart, then puts each step on every target in turn.
public final class Bench {
    let options: Options
    let folder: Folder
    let tools: String
    let model: ModelProcess
    private var nginx: NginxProcess?
    private var covey: CoveyProcess?
    var results = Results()

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
    func attempt(_ what: String, _ work: () throws -> Void) -> Bool {
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
            self.covey = covey
            attempt("footprint") { if options.includes("footprint") { results.footprint = try footprint(of: covey) } }
            attempt("idle") { if options.includes("idle") { results.idle = try idleMemory(of: covey) } }
            attempt("growth") { if options.includes("growth") { results.growth = try growth(of: covey) } }
            attempt("manage") { if options.includes("manage") { results.management = try management(of: covey) } }
        }
    }

    // MARK: Steps

    /// The same load on every target, on the model itself first and last.
    private func perform(_ step: Step) -> StepResult {
        Output.note("bench: \(step.title)")
        var result = StepResult(step)
        func measureDirect() {
            guard !step.isForCoveyAlone else { return }
            attempt("\(step.name), direct") { result.direct.append(try load(model.target, step)) }
        }
        measureDirect()
        if let nginx, !step.isForCoveyAlone {
            attempt("\(step.name), nginx") { result.nginx = try load(nginx.target, step) }
        }
        if let covey { attempt("\(step.name), covey") { try measure(step, of: covey, into: &result) } }
        measureDirect()
        for (name, measured) in [("nginx", result.nginx), ("covey", result.covey)] {
            guard let measured, measured.errors > 0 else { continue }
            let line =
                "\(step.name), \(name): \(measured.errors) errors, the first: \(measured.firstError ?? "unknown")"
            results.failures.append(line)
            Output.note("bench: \(line)")
        }
        return result
    }

    private func measure(_ step: Step, of covey: CoveyProcess, into result: inout StepResult) throws {
        func measureWithout() throws {
            guard let other = step.withoutExtra else { return }
            result.without.append(try load(try covey.target(other.agent), other))
        }
        let target = step.extra == .key ? try covey.keyedTarget() : try covey.target(step.agent)
        try measureWithout()
        result.covey = try load(target, step)
        try measureWithout()
    }

    func load(_ target: Target, _ step: Step) throws -> Measured {
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

    func startLoad(_ target: Target, _ step: Step) throws -> Child {
        let headers = target.headers.flatMap { ["--header", $0] }
        return try Child(
            [
                tools + "/load", "--port", String(target.port), "--path", target.path, "--body", step.body,
                "--connections", String(step.connections), "--requests", String(step.requests),
                "--seconds", String(step.seconds), "--warmup-seconds", String(step.warmupSeconds),
                "--request-seconds", "30",
            ] + expectations(step) + headers,
            output: .pipe
        )
    }

    /// What a whole answer is.
    private func expectations(_ step: Step) -> [String] {
        if let text = step.stopsAt { return ["--required", text, "--stops-at-required"] }
        return ["--marker", "benchtok ", "--markers", String(step.chunks)]
            + (step.isStreamed ? ["--required", "data: [DONE]"] : [])
    }
}
