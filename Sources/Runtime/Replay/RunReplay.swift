import Catalog
import Events
import Models
import Store
import Synchronization

/// Lets a recorded run happen again with an agent as it is configured: models and tools are not asked, what they said
/// then is what they say now. The result is what was done, step by step, for comparison with another time.
struct RunReplay {
    private let agent: CompiledAgent
    private let recording: RunRecording
    private let talk: ConversationSoFar
    private var run: Run
    private var left: [RunRecording.Happening]
    private var outstanding: [RunAction] = []
    private var steps: [JSONValue] = []
    /// Calls that were made, so that what was refused is told apart.
    private var made: Set<String> = []

    /// Steps at most: a replay ends with its recording, so this is for recordings that people have changed.
    private static let stepsMax = 10_000

    /// What an agent does with a recording.
    static func steps(of agent: CompiledAgent, _ recording: RunRecording) -> [JSONValue] {
        var replay = RunReplay(agent, recording)
        replay.play()
        return replay.steps
    }

    private init(_ agent: CompiledAgent, _ recording: RunRecording) {
        self.agent = agent
        self.recording = recording
        talk = ConversationSoFar(
            id: recording.start.conversation, earlier: recording.earlier, parts: recording.parts,
            clientTime: recording.clientTime)
        let count = Mutex(0)
        run = Run(rules: agent.rules(streams: false)) {
            count.withLock {
                $0 += 1
                return String($0)
            }
        }
        left = recording.happenings
    }

    private mutating func play() {
        take(.started(recording.start))
        while !run.isOver, steps.count < Self.stepsMax {
            // Nothing that is waited for was recorded.
            guard goOn() else { return missing() }
        }
    }

    private mutating func take(_ input: RunInput) {
        let step = run.on(input)
        for event in step.events { note(event) }
        for action in step.actions {
            note(action)
            outstanding.append(action)
        }
    }

    /// Lets the first thing of the recording happen that is waited for. False when there is none.
    private mutating func goOn() -> Bool {
        for (place, happening) in left.enumerated() {
            if case .decision(let decision) = happening,
                run.awaiting.contains(where: { $0.call.call.id == decision.callID })
            {
                left.remove(at: place)
                take(.decided(decision))
                return true
            }
            guard let waiting = outstanding.firstIndex(where: { happening.ends($0) }) else { continue }
            left.remove(at: place)
            end(outstanding.remove(at: waiting), by: happening)
            return true
        }
        return false
    }

    private mutating func end(_ action: RunAction, by happening: RunRecording.Happening) {
        switch (happening, action) {
        case (.equipment(_, let equipment), .equip(let frame)): take(.equipped(frame: frame, equipment))
        case (.reply(let reply), .askModel(let frame, let call, _, _)):
            var events: [ModelEvent] = reply.text.isEmpty ? [] : [.text(reply.text)]
            events += reply.calls.map { .toolCall($0) } + [.usage(reply.usage), .finished(reply.stop)]
            take(.model(frame: frame, call: call, events))
        case (.outcome(_, var outcome), .callTool(let frame, let call)):
            outcome.callID = call.id
            take(.toolEnded(frame: frame, outcome))
        default: return
        }
    }

    private mutating func missing() {
        for (_, call) in run.awaiting {
            steps.append(["missing": .string("a decision on the call of \(call.call.name)")])
        }
        for action in outstanding {
            switch action {
            case .askModel(let frame, _, _, _):
                steps.append(["missing": .string("a reply of the model of frame \(frame)")])
            case .callTool(_, let call): steps.append(["missing": .string("an outcome of the tool \(call.name)")])
            case .equip(let frame): steps.append(["missing": .string("the tools of frame \(frame)'s sources")])
            }
        }
    }

    // MARK: Steps

    private mutating func note(_ action: RunAction) {
        switch action {
        case .equip: return
        case .askModel(let frame, _, _, _): steps.append(request(frame))
        case .callTool(let frame, let call):
            made.insert(call.id)
            steps.append([
                "tool": [
                    "frame": .integer(Int64(frame)), "name": .string(call.name), "call": .string(call.id),
                    "input": call.input,
                ]
            ])
        }
    }

    /// What a model is asked.
    private func request(_ number: Int) -> JSONValue {
        guard let frame = run.frame(number), let subAgent = agent.subAgents[frame.subAgent] else {
            return ["model": ["frame": .integer(Int64(number)), "missing": "the sub-agent"]]
        }
        let templates = TemplateValues(document: nil, conversation: talk.id)
        let system = subAgent.prompt.blocks(templates).map(\.text).joined(separator: "\n\n")
        let messages = talk.messages(for: frame, as: subAgent.history)
        return [
            "model": [
                "frame": .integer(Int64(number)), "subAgent": .string(frame.subAgent),
                "name": .string(subAgent.modelName),
                "tools": .array(
                    subAgent.toolset.definitions.map {
                        [
                            "name": .string($0.name), "description": .string($0.description),
                            "input": $0.inputSchema,
                        ]
                    } + (frame.equipment?.tools ?? []).map { ["name": .string($0.name)] }),
                // Behind the tools, which it names: who has changed a tool is told of the tool.
                "system": .string(system),
                "messages": .array(messages.map(\.step)),
            ]
        ]
    }

    private mutating func note(_ event: RunEvent) {
        switch event {
        case .transferred(let frame, let from, let to, _):
            steps.append([
                "transfer": ["frame": .integer(Int64(frame)), "from": .string(from), "to": .string(to)]
            ])
        case .delegated(let delegation):
            steps.append([
                "delegation": [
                    "frame": .integer(Int64(delegation.frame)), "from": .string(delegation.from),
                    "to": .string(delegation.to), "task": .string(delegation.task),
                ]
            ])
        case .approvalRequested(let frame, let request):
            steps.append(["approval": ["frame": .integer(Int64(frame)), "call": .string(request.callID)]])
        case .toolEnded(let frame, let outcome) where outcome.isError && !made.contains(outcome.callID):
            steps.append([
                "refused": [
                    "frame": .integer(Int64(frame)), "call": .string(outcome.callID), "reason": outcome.output,
                ]
            ])
        case .finished(let end):
            var step: JSONObject = ["answer": .string(run.answer)]
            switch end.outcome {
            case .completed: step["outcome"] = "completed"
            case .cancelled: step["outcome"] = "cancelled"
            case .failed(let failure):
                step["outcome"] = "failed"
                step["code"] = .string(failure.code)
            }
            steps.append(["end": .object(step)])
        default: return
        }
    }
}

extension RunRecording.Happening {
    /// Whether it is what an action waits for.
    fileprivate func ends(_ action: RunAction) -> Bool {
        switch (self, action) {
        case (.reply(let reply), .askModel(let frame, _, _, _)): reply.frame == frame
        case (.outcome(_, let outcome), .callTool(_, let call)): outcome.callID == call.id
        case (.equipment(let frame, _), .equip(let asked)): frame == asked
        default: false
        }
    }
}

extension Message {
    /// As a step shows it.
    fileprivate var step: JSONValue {
        switch self {
        case .user: ["user": .string(text)]
        case .assistant(let text, let calls):
            ["assistant": .string(text), "calls": .array(calls.map { .string($0.name) })]
        case .toolResults: ["results": .string(text)]
        }
    }
}
