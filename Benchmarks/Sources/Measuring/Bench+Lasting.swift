import Kit

/// What turns leave behind.
extension Bench {
    // MARK: Memory of idle conversations

    /// Turns after which the database's page cache, which is bounded and grows with the database, is full.
    static let cacheFillingTurns = 7_000
    /// Loads whose conversations are held against the memory before them: the allocator's moods come to half a
    /// megabyte.
    static let idleLoads = 3

    /// The growth of the process's own memory by conversations that nobody goes on with.
    func idleMemory(of covey: CoveyProcess) throws -> IdleMemory {
        try covey.stop()
        try covey.start()
        var idle = IdleMemory()
        let turns = options.isQuick ? 200 : 1_000
        idle.conversations = turns * Self.idleLoads
        var finished = Step("idle", "finished turns", isStreamed: true, connections: 32, seconds: 60)
        finished.requests = turns
        var waiting = Step("waiting", "turns that wait", isStreamed: true, connections: 32, seconds: 60)
        waiting.requests = turns
        waiting.agent = .approval
        waiting.stopsAt = "\"tool-approval-request\""
        var filling = finished
        filling.requests = Self.cacheFillingTurns
        try finish(filling, on: try covey.target())
        idle.kilobytesPerFinished = try growthOfMemory(by: finished, on: try covey.target())
        idle.kilobytesPerWaiting = try growthOfMemory(by: waiting, on: try covey.chatTarget(.approval))
        return idle
    }

    /// Kilobytes for each turn of some loads after an equal one: what is allocated once, and what the allocator keeps,
    /// is not taken for theirs.
    private func growthOfMemory(by step: Step, on target: Target) throws -> Double {
        func held() throws -> Int {
            try finish(step, on: target)
            // Clients that have gone are noticed, and what was theirs is given back.
            Clock.pause(milliseconds: 1_000)
            return ProcessFigures.privateKilobytes([target.process])
        }
        let before = try held()
        var after = before
        for _ in 0..<Self.idleLoads { after = try held() }
        return Double(after - before) / Double(Self.idleLoads * step.requests)
    }

    /// Does all turns of a step. Throws when one was answered wrong.
    private func finish(_ step: Step, on target: Target) throws {
        let client = try startLoad(target, step)
        let report = try JSON(reading: try client.readOutput(seconds: Int(step.seconds) + 60))
        guard report["errors"]?.double == 0, report["total"]?.double == Double(step.requests) else {
            throw Complaint("\(step.title): \(report["first_error"]?.string ?? report.line)")
        }
    }

    // MARK: Growth

    /// Conversations that the turns go to, one for each connection.
    static let growingConversations = 8

    /// Many turns in few conversations, in equal parts with a clean stop after each.
    func growth(of covey: CoveyProcess) throws -> Growth {
        try covey.stop()
        var growth = Growth()
        var step = Step(
            "growth", "growth", isStreamed: true, connections: Self.growingConversations, seconds: 120)
        step.requests = options.isQuick ? 200 : 2_000
        step.conversation = "growth-{{connection}}"
        for part in 0..<5 {
            let bytes = covey.databaseBytes
            try covey.start()
            let measured = try load(try covey.target(), step)
            try covey.stop()
            guard measured.errors == 0, measured.turns == step.requests else {
                throw Complaint("\(measured.turns) of \(step.requests) turns: \(measured.firstError ?? "")")
            }
            growth.parts.append(
                Growth.Part(
                    before: part * step.requests, turns: step.requests, bytes: covey.databaseBytes - bytes,
                    p50: measured.p50, processorPerTurn: measured.processorPerTurn))
        }
        try covey.start()
        return growth
    }
}
