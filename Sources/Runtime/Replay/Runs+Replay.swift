public import Catalog
import Events
import Models
public import Store

/// Recording runs and letting them happen again.
extension Runs {
    /// What a run was given from outside, and what its agent, as it is configured now, does with that.
    ///
    /// - Throws: `Problem` 409 for a run that was not completed, 404 when its agent is gone.
    public func recording(of row: RunRow) async throws -> RunRecording {
        guard row.status == .completed else { throw Problem.conflict("Only a run that was completed can be recorded") }
        let log = try await handle(row).log()
        guard case .started(let start)? = log.first?.event else { throw Problem.notFound("Run") }
        let conversation = ConversationKey(
            tenant: row.key.tenant, project: row.key.project, id: row.conversation)
        let (earlier, parts) = try await said(before: start, row, conversation)
        var recording = RunRecording(
            run: row.key.id, start: start, earlier: earlier, parts: parts,
            clientTime: RunRequest(row.request).clientTime, log: log)
        let branch = BranchKey(tenant: row.key.tenant, project: row.key.project, branch: row.branch)
        recording.steps = try await replay(recording, in: branch)
        return recording
    }

    /// What the agent of a recording, as it is configured now, does with it, step by step. Nobody is asked anything,
    /// and nothing is written.
    ///
    /// - Throws: `Problem` 404 when there is no such agent.
    public func replay(_ recording: RunRecording, in branch: BranchKey) async throws -> [JSONValue] {
        guard let agent = try await agent(recording.start.agent, in: branch) else { throw Problem.notFound("Agent") }
        return RunReplay.steps(of: agent, recording)
    }

    /// The messages before the one with which a run began, and the pieces of that one.
    func said(
        before start: RunStart, _ row: RunRow, _ conversation: ConversationKey
    ) async throws -> (earlier: [MessageRow], parts: [Part]) {
        let own = try await world.store.message(start.userMessage, in: conversation)
        var earlier = try await world.store.messages(conversation, limit: Self.historyMax, before: own?.position)
        if earlier.count == Self.historyMax { earlier = try await withSummary(earlier, conversation) }
        let parts = own == nil ? [] : await world.files.parts(of: own?.content ?? .null)
        return (earlier.filter { $0.run != row.key.id }, parts)
    }
}
