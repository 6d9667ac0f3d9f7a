import Kit

extension Bench {
    /// Streams that are held open to measure their memory.
    static let heldStreams = 256

    func footprint(of covey: CoveyProcess) throws -> Footprint {
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
        var step = Step("warmup", "warm-up", isStreamed: true, connections: 1, seconds: 10)
        step.requests = 50
        return step
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
        var hold = Step("hold", "held streams", isStreamed: true, connections: Self.heldStreams, seconds: 60)
        hold.delayMilliseconds = options.isQuick ? 100 : 300
        hold.requests = Self.heldStreams
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
        var step = Step("database", "database", isStreamed: isStreamed, connections: 8, seconds: 30)
        step.requests = turns
        let measured = try load(try covey.target(), step)
        try covey.stop()
        guard measured.turns > 0 else { throw Complaint("no turn for the database: \(measured.firstError ?? "")") }
        if covey.databaseLogBytes > 0 {
            results.failures.append("a clean stop left \(covey.databaseLogBytes) bytes in the database's log")
        }
        return Double(covey.databaseBytes - before) / Double(measured.turns)
    }
}
