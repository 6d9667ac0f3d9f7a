import Catalog
import Events
import Models
import Runtime
import Testing

/// Thousands of runs in random orders of events.
@Suite struct RunPropertyTests {
    /// Plays a world around a run: answers, failures, outcomes, cancels and crashes as the numbers say.
    struct World {
        var numbers: SeededNumbers
        var run: Run
        var log: [RunEvent]
        var inFlight: [RunAction]
        let rules: RunRules
        let makeID = countingIDs()

        init(seed: UInt64) {
            numbers = SeededNumbers(seed: seed)
            var rules = RunRules.sample(
                transferLimit: Int.random(in: 0...3, using: &numbers),
                stepLimit: Int.random(in: 1...5, using: &numbers),
                streams: Bool.random(using: &numbers))
            // Some make artifacts, and one must and never can.
            let form = ArtifactRules(id: "doc", name: "Doc")
            if Bool.random(using: &numbers) { rules.subAgents["router"]?.answer = AnswerRules(artifacts: [form]) }
            if Bool.random(using: &numbers) { rules.subAgents["lookup"]?.answer = AnswerRules(artifacts: [form]) }
            if Int.random(in: 0..<4, using: &numbers) == 0 {
                rules.subAgents["search"]?.answer = AnswerRules(contract: ContractRules(artifacts: ["Doc"]))
            }
            self.rules = rules
            run = Run(rules: rules, makeID: makeID)
            let step = run.on(.started(.sample()))
            log = step.events
            inFlight = step.actions
        }

        mutating func take(_ step: RunStep) {
            log += step.events
            inFlight += step.actions
        }

        /// Something random happens.
        mutating func happen() {
            switch Int.random(in: 0..<100, using: &numbers) {
            case 0: take(run.on(.cancelled))
            case 1: take(run.on(.failed(RunFailure(code: "timed_out", message: "Too long."))))
            case 2...4: crash()
            case 5...9: decide()
            default: inFlight.isEmpty ? decide() : answer()
            }
        }

        /// The process dies after any event of the log and another one picks the run up.
        private mutating func crash() {
            log = Array(log.prefix(Int.random(in: 1...log.count, using: &numbers)))
            run = Run(rules: rules, log: log, makeID: makeID)
            inFlight = []
            take(run.on(.resumed(attempt: 2)))
        }

        /// A person decides on one of the calls that wait for it, if there are any.
        private mutating func decide() {
            guard let (_, call) = run.awaiting.randomElement(using: &numbers) else { return }
            let isApproved = Bool.random(using: &numbers)
            let input: JSONValue? = isApproved && Bool.random(using: &numbers) ? ["edited": true] : nil
            let decision = RunApprovalDecision(
                callID: call.call.id, isApproved: isApproved, reason: isApproved ? nil : "No.", input: input, by: "me")
            take(run.on(.decided(decision)))
        }

        private mutating func answer() {
            guard let position = inFlight.indices.randomElement(using: &numbers) else { return }
            switch inFlight[position] {
            case .equip(let frame):
                inFlight.remove(at: position)
                let tools = [RunToolRule("look", isIdempotent: true), RunToolRule("order", needsApproval: true)]
                let notice = RunNotice(.error, code: "no_tools_available", message: "One is missing.")
                take(
                    run.on(
                        .equipped(
                            frame: frame,
                            RunEquipment(subAgent: run.frames[frame].subAgent, tools: tools, notices: [notice]))))
            case .askModel(let frame, let call, _, _):
                if Int.random(in: 0..<8, using: &numbers) == 0 {
                    inFlight.remove(at: position)
                    let kinds: [ModelFailure.Kind] = [.cut, .overloaded, .auth, .contextLength, .timedOut]
                    let kind = kinds.randomElement(using: &numbers) ?? .cut
                    take(run.on(.modelFailed(frame: frame, call: call, ModelFailure(kind, "No."))))
                } else if Int.random(in: 0..<12, using: &numbers) == 0 {
                    inFlight.remove(at: position)
                    take(run.on(.compressed(frame: frame, call: call, compression())))
                } else {
                    let events = reply(at: position)
                    take(run.on(.model(frame: frame, call: call, events)))
                }
            case .callTool(let frame, let call):
                inFlight.remove(at: position)
                let isError = Bool.random(using: &numbers)
                take(run.on(.toolEnded(frame: frame, RunToolOutcome(callID: call.id, output: 1, isError: isError))))
            }
        }

        /// A summary of all, or nothing in place of the oldest.
        private mutating func compression() -> RunCompression {
            Bool.random(using: &numbers)
                ? RunCompression(.run, summary: ["high_level": "It went well."], messages: 2, before: 9)
                : RunCompression(.run, kept: 2, messages: 2, before: 9)
        }

        private static let texts = [
            "word ", "word ", "word ", "<artif", "<artifact:create id=\"a\" tool=\"call\" type=\"Doc\" base=\"@\" />",
            "<artifact:ref id=\"a\" tool=\"call\" />",
        ]

        private mutating func reply(at position: Int) -> [ModelEvent] {
            var events: [ModelEvent] = []
            if Bool.random(using: &numbers) {
                events.append(.text(Self.texts.randomElement(using: &numbers) ?? ""))
            }
            if Bool.random(using: &numbers) { return events }
            inFlight.remove(at: position)
            let names = [
                "clock", "pay", "send", "look", "order", "nothing", "transfer_to_billing", "transfer_to_router",
                "transfer_to_search", "transfer_to_shop",
                "delegate_to_lookup", "delegate_to_search",
            ]
            for _ in 0..<Int.random(in: 0...3, using: &numbers) {
                events.append(.call(names.randomElement(using: &numbers) ?? "", ["message": "do it"], id: "call"))
            }
            return events + [.usage(Usage(inputTokens: 1, outputTokens: 1)), .finished(.endTurn)]
        }
    }

    @Test(arguments: 0..<20)
    func `random runs always wait for something or are over, pair every call and keep their limits`(block: UInt64) {
        for seed in block * 200..<(block + 1) * 200 {
            var world = World(seed: seed)
            var moves = 0
            while !world.run.isOver, moves < 2000 {
                moves += 1
                #expect(
                    !world.inFlight.isEmpty || (world.run.isSuspended && !world.run.awaiting.isEmpty),
                    "seed \(seed) waits for nothing")
                world.happen()
            }
            #expect(world.run.isOver, "seed \(seed) did not end in \(moves) moves")
            check(world, seed)
        }
    }

    private func check(_ world: World, _ seed: UInt64) {
        var open: [Int: Set<String>] = [:]
        var seen: Set<String> = []
        var asked: Set<String> = []
        var transfers = 0
        var steps: [Int: Int] = [:]
        for (position, event) in world.log.enumerated() {
            switch event {
            case .answered(let frame, let answer):
                #expect(open[frame, default: []].isEmpty, "seed \(seed): asked with open calls")
                steps[frame, default: 0] += 1
                let limit = world.rules.subAgents[answer.subAgent]?.stepLimit ?? 0
                #expect(steps[frame, default: 0] <= limit, "seed \(seed): too many steps")
                for call in answer.calls {
                    #expect(seen.insert(call.id).inserted, "seed \(seed): id twice")
                    open[frame, default: []].insert(call.id)
                }
            case .approvalRequested(_, let request):
                #expect(asked.insert(request.callID).inserted, "seed \(seed): asked twice")
            case .approvalDecided(_, let decision):
                #expect(asked.remove(decision.callID) != nil, "seed \(seed): decided without being asked")
            case .toolStarted(_, let callID):
                #expect(!asked.contains(callID), "seed \(seed): begun before a person decided")
            case .suspended:
                #expect(!asked.isEmpty, "seed \(seed): suspended for nobody")
            case .toolEnded(let frame, let outcome):
                #expect(open[frame]?.remove(outcome.callID) != nil, "seed \(seed): outcome without a call")
            case .transferred(let frame, _, _, _):
                transfers += 1
                steps[frame] = 0
            case .delegated(let delegation):
                #expect(delegation.workerFrame ?? 0 < world.rules.frameLimit)
            case .finished:
                #expect(position == world.log.count - 1, "seed \(seed): something after the end")
            default: break
            }
        }
        let unpaired = open.values.filter { !$0.isEmpty }
        #expect(unpaired.isEmpty, "seed \(seed): a call without an outcome")
        #expect(transfers <= world.rules.transferLimit, "seed \(seed): too many transfers")
        #expect(world.log.filter { $0.brief.hasPrefix("finished") }.count == 1)
    }

    /// Whether every outcome stands behind the answer that has its call.
    private static func isPaired(_ transcript: [Message]) -> Bool {
        transcript.indices.allSatisfy { position in
            guard case .toolResults(let results) = transcript[position] else { return true }
            guard position > 0, case .assistant(_, let calls) = transcript[position - 1] else { return false }
            return calls.map(\.id) == results.map(\.callID)
        }
    }

    @Test func `folding a log gives the state that wrote it`() {
        for seed in UInt64(10_000)..<10_300 {
            var world = World(seed: seed)
            for _ in 0..<200 where !world.run.isOver { world.happen() }
            let folded = Run(rules: world.rules, log: world.log, makeID: countingIDs())
            #expect(folded.isOver == world.run.isOver)
            #expect(folded.end == world.run.end)
            #expect(folded.outstanding.map(\.brief) == world.run.outstanding.map(\.brief), "seed \(seed)")
            #expect(folded.isSuspended == world.run.isSuspended)
            #expect(folded.awaiting.map(\.call.call) == world.run.awaiting.map(\.call.call))
            #expect(folded.frames.map(\.transcript) == world.run.frames.map(\.transcript))
            #expect(folded.frames.map(\.allText) == world.run.frames.map(\.allText))
            #expect(folded.answerParts == world.run.answerParts)
            #expect(world.run.frames.allSatisfy { Self.isPaired($0.transcript) }, "seed \(seed)")
            #expect(folded.usage == world.run.usage)
        }
    }
}
