import Catalog
import Cryptography
import Outbound
import Synchronization

/// Checks secrets against their hashes. A check takes a core for some 50 ms and 16 MiB, so few wait for one at a time,
/// and what was found is remembered for a while, by a digest that nobody outside of this process can make.
public final class SecretChecks: Sendable {
    /// Checks that wait at once, beside the one under way.
    public static let waitingMax = 32
    /// Checks that wait at once for clients of one address.
    public static let waitingOfAddressMax = 4
    /// Results that are remembered; beyond that the half that is used least goes.
    public static let rememberedMax = 20_000
    /// How long a wrong secret is remembered, milliseconds.
    public static let refusalLifetimeMs: Int64 = 60_000
    /// How long a right secret is remembered, milliseconds. Whether its hash is still the stored one is looked at each
    /// time, so this bounds memory and not trust.
    public static let acceptanceLifetimeMs: Int64 = 3_600_000

    private struct Known {
        let isRight: Bool
        let until: Int64
    }

    private struct State {
        var known: [[UInt8]: Known] = [:]
        /// Who waits for a check that is under way or waits itself: of the same secret there is one.
        var joined: [[UInt8]: [CheckedContinuation<Bool, Never>]] = [:]
        var waiting = 0
        var waitingOf: [String: Int] = [:]
    }

    /// One at a time.
    private actor Worker {
        func matches(_ hash: String, _ secret: String) -> Bool { SecretHash.matches(hash, secret) }
    }

    private let state = Mutex(State())
    private let key = Random.bytes(32)
    private let worker = Worker()
    private let now: @Sendable () -> Int64

    /// Stands for the hash of what does not exist, so that its check takes as long as any.
    private static let nobody = Base64.standard.text([UInt8](repeating: 0, count: 96))

    init(now: @escaping @Sendable () -> Int64) { self.now = now }

    /// Whether `secret` is the one of the hash. It takes as long whether or not there is a hash.
    ///
    /// - Parameters:
    ///   - hash: the stored one; nil where there is none.
    ///   - address: the client's address, of which not many checks wait.
    /// - Throws: `Problem` 429 or 503 when too many checks wait.
    func isRight(_ secret: String, hash: String?, from address: String) async throws(Problem) -> Bool {
        let address = IPAddress.clientNetwork(of: address)
        let name = HMAC.sha256(Array("\(secret)\n\(hash ?? "")".utf8), key: key)
        let now = now()
        while true {
            switch try start(name, at: now, from: address) {
            case .known(let isRight): return isRight
            case .joins: if let isRight = await join(name) { return isRight }
            case .leads:
                let isRight = await worker.matches(hash ?? Self.nobody, secret) && hash != nil
                end(name, isRight, at: now, from: address)
                return isRight
            }
        }
    }

    /// What a check begins with.
    enum Start: Equatable {
        /// The result is known.
        case known(Bool)
        /// The same check is being made.
        case joins
        /// It has to be made.
        case leads
    }

    /// Begins a check; who leads makes it and must end it.
    func start(_ name: [UInt8], at now: Int64, from address: String) throws(Problem) -> Start {
        let start: Result<Start, Problem> = state.withLock { state in
            if let known = state.known[name], now < known.until { return .success(.known(known.isRight)) }
            if state.joined[name] != nil { return .success(.joins) }
            if let refusal = Self.enter(&state, address) { return .failure(refusal) }
            state.joined[name] = []
            return .success(.leads)
        }
        return try start.get()
    }

    /// The result of a check that another made; nil when there is none any more.
    private func join(_ name: [UInt8]) async -> Bool? {
        let isRight = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let isLate = state.withLock { state in
                guard state.joined[name] != nil else { return true }
                state.joined[name]?.append(continuation)
                return false
            }
            if isLate { continuation.resume(returning: false) }
        }
        if isRight { return true }
        return state.withLock { $0.known[name]?.isRight }
    }

    /// Ends a check that somebody led.
    func end(_ name: [UInt8], _ isRight: Bool, at now: Int64, from address: String) {
        let lifetime = isRight ? Self.acceptanceLifetimeMs : Self.refusalLifetimeMs
        let joined = state.withLock { state in
            Self.leave(&state, address)
            if state.known.count >= Self.rememberedMax {
                let kept = state.known.sorted { $0.value.until > $1.value.until }.prefix(Self.rememberedMax / 2)
                state.known = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
            }
            state.known[name] = Known(isRight: isRight, until: now + lifetime)
            return state.joined.removeValue(forKey: name) ?? []
        }
        for continuation in joined { continuation.resume(returning: isRight) }
    }

    private static func enter(_ state: inout State, _ address: String) -> Problem? {
        if state.waitingOf[address, default: 0] >= waitingOfAddressMax {
            return Problem(.tooManyRequests, "Too many new credentials at once", retryAfter: .seconds(1))
        }
        guard state.waiting <= waitingMax else {
            return Problem(.serviceUnavailable, "Too many new credentials at once", retryAfter: .seconds(1))
        }
        state.waiting += 1
        state.waitingOf[address, default: 0] += 1
        return nil
    }

    private static func leave(_ state: inout State, _ address: String) {
        state.waiting -= 1
        let left = state.waitingOf[address, default: 1] - 1
        state.waitingOf[address] = left > 0 ? left : nil
    }
}
