import Catalog
import Events
import Models
import Store
import Synchronization

/// A sub-agent's stay in a frame: its tools, those of its sources included, and the prompt that names them.
struct Stay: Sendable {
    let toolset: Toolset
    let prompt: SystemPrompt
    /// Lets go of what the sources hold.
    let close: @Sendable () async -> Void
}

/// The stays of a run whose sources were asked, by frame. They are not in the log: after a restart the sources are
/// asked again.
struct Stays {
    private struct Entry {
        let subAgent: String
        let stay: Task<Stay, Never>
    }

    private var entries: [Int: Entry] = [:]

    /// The stay of this sub-agent in the frame, asked for by `open` where there is none; and the one before it, to be
    /// closed.
    mutating func stay(
        of subAgent: String, in frame: Int, open: () -> Task<Stay, Never>
    ) -> (stay: Task<Stay, Never>, former: Task<Stay, Never>?) {
        if let entry = entries[frame], entry.subAgent == subAgent { return (entry.stay, nil) }
        let former = entries[frame]?.stay
        let stay = open()
        entries[frame] = Entry(subAgent: subAgent, stay: stay)
        return (stay, former)
    }

    /// Takes all of them out.
    mutating func removeAll() -> [Task<Stay, Never>] {
        defer { entries = [:] }
        return entries.values.map(\.stay)
    }
}

extension ActiveRun {
    /// Asks the sources of the frame's sub-agent, and logs what they gave.
    func equip(_ number: Int, as task: Int) async throws -> [RunAction] {
        guard let frame = state.withLock({ $0.run.frame(number) }), let subAgent = agent.subAgents[frame.subAgent]
        else { return [] }
        let toolset = await stay(of: frame, subAgent, try await templates()).toolset
        let equipment = toolset.equipment(of: subAgent.id, beside: subAgent.toolset)
        return try await take(.equipped(frame: number, equipment), from: task)
    }

    /// What the frame's sub-agent has to work with.
    func stay(of frame: RunFrame, _ subAgent: CompiledSubAgent, _ templates: TemplateValues) async -> Stay {
        guard !subAgent.toolset.sources.isEmpty else {
            return Stay(toolset: subAgent.toolset, prompt: subAgent.prompt, close: {})
        }
        let context = context(frame, call: nil, templates)
        let (stay, former) = state.withLock { state in
            state.stays.stay(of: subAgent.id, in: frame.number) { Self.spawn { await subAgent.open(context) } }
        }
        if let former { Self.close([former]) }
        return await stay.value
    }

    /// What tools and sources of a frame know of this run.
    func context(_ frame: RunFrame, call: String?, _ templates: TemplateValues) -> ToolContext {
        let findings = frame.compression.findings
        let subAgent = frame.subAgent
        let depth = state.withLock { $0.run.rules.depth }
        return ToolContext(
            scope: scope, frame: frame.number, subAgent: frame.subAgent,
            idempotencyKey: call.map { "\(key.id)-\($0)" } ?? "", templates: templates, clock: world.clock,
            delegation: frame.calls.first { $0.call.id == call }?.sent?.id, isGivenUp: { self.isGivenUp },
            depth: depth + frame.depth, askTeam: { try await self.askTeam($0) },
            forwardedHeaders: { try await self.forwardedHeaders() },
            artifact: { [world, conversation, key] id, toolCall in
                if let found = findings[id] {
                    return ArtifactRow(
                        conversation: conversation, id: id, toolCall: toolCall, run: key.id, subAgent: subAgent,
                        type: ReferenceTool.outcomeType, name: id, summary: found, full: [:],
                        visibility: "internal", createdAt: 0)
                }
                return try await world.store.artifact(id, of: toolCall, in: conversation)
            }
        ) { notice in
            // Where the log cannot be written the run is over for this process, and its readers know why.
            _ = try? await self.take(.notice(frame: frame.number, notice))
        }
    }

    /// Closes stays beside everything else: a server that does not answer holds up nobody.
    static func close(_ stays: [Task<Stay, Never>]) {
        guard !stays.isEmpty else { return }
        spawn {
            for stay in stays { await stay.value.close() }
        }
    }
}

extension CompiledSubAgent {
    /// Asks all sources at the same time.
    fileprivate func open(_ context: ToolContext) async -> Stay {
        let opened = await withTaskGroup(of: (Int, OpenedTools).self) { group in
            for (position, source) in toolset.sources.enumerated() {
                group.addTask { (position, await source.open(context)) }
            }
            var opened: [(Int, OpenedTools)] = []
            for await one in group { opened.append(one) }
            return opened.sorted { $0.0 < $1.0 }.map(\.1)
        }
        let equipped = toolset.adding(opened)
        return Stay(toolset: equipped, prompt: prompt.equipped(with: equipped)) {
            for one in opened { await one.close() }
        }
    }
}
