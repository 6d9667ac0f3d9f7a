import Catalog
public import Events
import Models
public import Store
import Synchronization

/// What is told to a run from outside, whoever drives it: a letter in its inbox, which is taken in the commit of the
/// events that it gives rise to. So nothing that somebody was told is "taken" is lost, and nothing is taken twice.
enum Letter {
    /// Stop.
    case cancel
    /// A person decided on a call.
    case decision(RunApprovalDecision)

    /// One letter of a kind, and one decision on a call, can be on its way at a time.
    var id: String {
        switch self {
        case .cancel: "cancel"
        case .decision(let decision): "decision \(decision.callID)"
        }
    }

    var json: JSONValue {
        switch self {
        case .cancel: return ["type": "cancel"]
        case .decision(let decision):
            var json: JSONObject = [
                "type": "decision", "callId": .string(decision.callID), "approved": .bool(decision.isApproved),
            ]
            json["reason"] = decision.reason.map(JSONValue.string)
            json["input"] = decision.input
            json["by"] = decision.by.map(JSONValue.string)
            return .object(json)
        }
    }

    /// What a letter says; nil when this version does not know.
    init?(_ json: JSONValue) {
        switch json["type"]?.string {
        case "cancel": self = .cancel
        case "decision":
            guard let call = json["callId"]?.string, let isApproved = json["approved"]?.bool else { return nil }
            self = .decision(
                RunApprovalDecision(
                    callID: call, isApproved: isApproved, reason: json["reason"]?.string, input: json["input"],
                    by: json["by"]?.string))
        default: return nil
        }
    }

    var input: RunInput {
        switch self {
        case .cancel: .cancelled
        case .decision(let decision): .decided(decision)
        }
    }
}

extension Runs {
    /// On this channel processes are told that a run's inbox has a letter.
    static let inboxChannel = "covey_inbox"

    /// What became of a person's decision.
    public enum Decided: Sendable {
        /// It was taken, and nothing can lose it any more.
        case taken
        /// There was a decision on the call before, or it needs none any more.
        case alreadyDecided
    }

    /// Takes a person's decision on a call that waits, wherever the run is.
    ///
    /// - Throws: `Problem` 404 when the run has no such call, 409 when the call waits for nobody.
    public func decide(_ decision: RunApprovalDecision, in row: RunRow) async throws -> Decided {
        let calls = try await calls(of: row)
        guard calls.has(decision.callID) else { throw Problem.notFound("Tool call") }
        guard calls.all.contains(where: { $0.call.id == decision.callID }) else {
            if calls.decisions[decision.callID] != nil { return .alreadyDecided }
            throw Problem.conflict("The tool call \(decision.callID) does not wait for an approval.")
        }
        do {
            return try await tell(.decision(decision), to: row.key) ? .taken : .alreadyDecided
        } catch let error as StoreError {
            throw error.problem
        }
    }

    /// Puts a letter into a run's inbox and sees to it that it is read. False when the run is over or has such a
    /// letter.
    func tell(_ letter: Letter, to run: RunKey) async throws -> Bool {
        let sent = RunLetter(id: letter.id, at: world.clock.now(), body: letter.json)
        let isNew = try await world.store.send(sent, to: run)
        // From here on the letter is read whatever happens: whoever drives or claims the run looks into its inbox. Who
        // comes second looks, too: a claim passes over runs that others have locked, and the last one finds it free.
        if let active = registry.run(run.id) {
            await readInbox(of: active)
            return isNew
        }
        await claimUnfinished()
        if isNew, world.store.isShared { try? await world.store.notify(Self.inboxChannel, run.id) }
        return isNew
    }

    /// Lets a run of this process take what is in its inbox. Where it is suspended meanwhile, it is claimed anew.
    func readInbox(of active: ActiveRun) async {
        // Where the store fails here, the letter stays in the inbox, and the next look finds it.
        guard let letters = try? await world.store.letters(of: active.key) else { return }
        do {
            try await active.take(letters)
        } catch is RunSuspended {
            await claimUnfinished()
        } catch {
            // The run has been given up, and whoever claims it reads the inbox.
        }
    }
}

extension ActiveRun {
    /// Takes letters, each once.
    func take(_ letters: [RunLetter]) async throws {
        for sent in letters {
            guard let letter = Letter(sent.body) else {
                // A newer version may know what it says; here nothing can come of it.
                state.withLock { $0.letters.append(sent.id) }
                continue
            }
            for action in try await take(letter.input, letter: sent.id) { spawn(action) }
        }
    }
}
