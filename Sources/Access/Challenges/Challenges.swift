public import Catalog
import Cryptography
import Store
import Synchronization

/// Issues challenges and takes their solutions, each once (run spec §2.2, §2.3).
public final class Challenges: Sendable {
    /// What a solution is handed in with.
    enum Envelope {
        /// A solution of version 1.
        case number(JSONObject)
        /// A solution of version 2.
        case derived(JSONObject)
        /// A receipt for a solution of version 2.
        case receipt(JSONObject)
    }

    /// Bytes of a solution that are looked at.
    public static let bytesMax = 8192
    /// A window in which challenges are counted, milliseconds.
    static let windowMs: Int64 = 10_000
    /// Challenges within a window for which the work doubles once more.
    static let loadStep = 200
    /// How often it doubles at most.
    static let doublingsMax = 4

    private struct State {
        /// When the window began, milliseconds since 1970.
        var since: Int64 = 0
        var issued = 0
        var issuedBefore = 0
        var sweptAt: Int64 = 0
    }

    private let work: ProofOfWork
    private let difficulty: Int
    private let store: Store
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    private static let purpose = "challenge"

    init(secret: String, difficulty: Int, store: Store, now: @escaping @Sendable () -> Int64) {
        work = ProofOfWork(secret: secret)
        self.difficulty = difficulty
        self.store = store
        self.now = now
    }

    // MARK: Issuing

    /// How much work the next challenge is: as configured, doubled for every `loadStep` challenges of the last window
    /// or this one, up to `doublingsMax` times. Each process counts its own.
    private func nextDifficulty(at now: Int64) -> Int {
        let issued = state.withLock { state in
            if now - state.since >= Self.windowMs || now < state.since {
                state.issuedBefore = now - state.since < 2 * Self.windowMs ? state.issued : 0
                state.issued = 0
                state.since = now
            }
            state.issued += 1
            return max(state.issued - 1, state.issuedBefore)
        }
        let doublings = min(issued / Self.loadStep, Self.doublingsMax)
        return min(difficulty << doublings, max(difficulty, RunnerConfiguration.workDifficultyRange.upperBound))
    }

    /// A challenge of version 1.
    public func legacyChallenge() -> JSONObject {
        let now = now()
        return work.challenge(difficulty: nextDifficulty(at: now), at: now)
    }

    /// A challenge of version 2 for an app.
    ///
    /// - Parameter verifyURL: where its solution is changed into a receipt.
    public func challenge(for app: String, verifyURL: String) -> JSONObject {
        let now = now()
        var challenge = work.challenge(for: app, difficulty: nextDifficulty(at: now), at: now)
        challenge["configuration"] = ["verifyUrl": .string(verifyURL)]
        return challenge
    }

    // MARK: Taking solutions

    /// Takes what the header of a request for an app's session holds; throws the refusals of run spec §2.2.
    public func take(header: String?, for app: String) async throws {
        guard let header, !header.isEmpty else {
            throw Problem.badRequest("Bot protection challenge solution is required.")
        }
        guard let envelope = Self.envelope(header) else {
            throw Problem.badRequest("Bot protection challenge solution is invalid.")
        }
        do {
            try await spend(envelope, for: app)
        } catch let refusal as ProofOfWork.Refusal {
            guard case .number = envelope else {
                throw Problem(.forbidden, "Bot protection verification failed")
            }
            switch refusal {
            case .expired:
                throw Problem.badRequest("Proof-of-work challenge has expired. Please request a new challenge.")
            case .invalid: throw Problem.badRequest("Proof-of-work challenge solution is invalid.")
            }
        }
    }

    /// A receipt for a solution of version 2, in base64; nil for what is none, with the reason in one word.
    public func receipt(for payload: String, app: String) async throws -> (receipt: String?, reason: String?) {
        guard payload.utf8.count <= Self.bytesMax, let solution = Self.object(payload), solution["solution"] != nil
        else { return (nil, "invalid") }
        do {
            try await spend(.derived(solution), for: app)
        } catch let refusal as ProofOfWork.Refusal {
            return (nil, refusal == .expired ? "expired" : "invalid")
        }
        return (Base64.standard.text(JSONValue.object(work.receipt(for: app, at: now())).jsonBytes), nil)
    }

    private static func envelope(_ header: String) -> Envelope? {
        guard header.utf8.count <= bytesMax, let outer = object(header) else { return nil }
        guard let payload = outer["payload"] else {
            let members = ["algorithm", "challenge", "number", "salt", "signature"]
            return members.allSatisfy { outer[$0] != nil } ? .number(outer) : nil
        }
        guard let text = payload.string, let inner = object(text) else { return nil }
        if inner["verificationData"] != nil { return .receipt(inner) }
        return inner["solution"] != nil ? .derived(inner) : nil
    }

    private static func object(_ base64: String) -> JSONObject? {
        guard let bytes = Base64.standard.bytes(base64) else { return nil }
        return (try? JSONValue(strictly: bytes))?.object
    }

    /// Checks a solution and notes that it is used; a store that does not answer lets nobody through.
    private func spend(_ envelope: Envelope, for app: String) async throws {
        let now = now()
        let solved =
            switch envelope {
            case .number(let solution): try work.check(solution, at: now)
            case .derived(let solution): try work.checkDerived(solution, at: now)
            case .receipt(let receipt): try work.checkReceipt(receipt, at: now)
            }
        guard solved.app == nil || solved.app == app else { throw ProofOfWork.Refusal.invalid }
        await sweep(at: now)
        guard try await store.spend(Self.purpose, solved.name, until: solved.expiresAt, at: now) else {
            throw ProofOfWork.Refusal.invalid
        }
    }

    /// Forgets what has expired, once a lifetime.
    private func sweep(at now: Int64) async {
        let isDue = state.withLock { state in
            guard now - state.sweptAt >= ProofOfWork.lifetimeMs else { return false }
            state.sweptAt = now
            return true
        }
        if isDue { try? await store.forgetSpent(Self.purpose, before: now) }
    }
}
