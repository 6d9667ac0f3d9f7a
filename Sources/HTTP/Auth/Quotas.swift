import Access
import Catalog
import HTTPTypes
import Outbound

/// Which limit a request counts against: by who makes it, and by what sort of operation it calls.
struct Quotas: Sendable {
    let limits: RateLimits
    let limiter = RateLimiter()
    /// The time, milliseconds since 1970.
    let now: @Sendable () -> Int64

    /// Takes a request that is not authenticated yet: of those that sign in, and of addresses that were refused often.
    /// Nil when no limit is meant for it.
    func take(_ operation: Operation, from address: String) -> RateLimiter.Verdict? {
        guard !address.isEmpty else { return nil }
        if operation.isSigningIn {
            return limits.signIn.map { limiter.take($0, of: IPAddress.clientNetwork(of: address), now: now()) }
        }
        guard operation.permission != .none, let refused = limits.refused else { return nil }
        let network = IPAddress.clientNetwork(of: address)
        let verdict = limiter.take(refused, of: network, now: now(), isOnlyLook: true)
        return verdict.isAdmitted ? nil : verdict
    }

    /// Counts a request whose credential was refused.
    func refuse(_ address: String) {
        guard let refused = limits.refused, !address.isEmpty else { return }
        _ = limiter.take(refused, of: IPAddress.clientNetwork(of: address), now: now())
    }

    /// Takes a request of a caller who is known; nil for the operator's own secrets and where no limit is set.
    func take(_ caller: Caller) -> RateLimiter.Verdict? {
        switch caller.quota {
        case .none: nil
        case .person(let account): limits.person.map { limiter.take($0, of: account, now: now()) }
        case .key(let id): limits.key.map { limiter.take($0, of: id, now: now()) }
        case .visitor(let app, let subject): take(visitor: subject, of: app)
        }
    }

    private func take(visitor: String, of app: String) -> RateLimiter.Verdict? {
        if let all = limits.app.map({ limiter.take($0, of: app, now: now()) }), !all.isAdmitted { return all }
        return limits.visitor.map { limiter.take($0, of: "\(app) \(visitor)", now: now()) }
    }
}

extension Caller {
    /// Whose bucket a request of the caller is taken from.
    enum Quota: Equatable {
        case none
        case person(String)
        case key(String)
        case visitor(app: String, subject: String)
    }
}

extension RateLimiter.Verdict {
    /// What clients are told of it (draft-ietf-httpapi-ratelimit-headers).
    var headers: [(name: HTTPField.Name, value: String)] {
        let window = max(limit.window.components.seconds, 1)
        return [
            (.rateLimitPolicy, "\"\(limit.name)\";q=\(limit.count);w=\(window)"),
            (.rateLimit, "\"\(limit.name)\";r=\(left);t=\(wait.components.seconds + 1)"),
        ]
    }

    /// The refusal of a request that it does not admit.
    var problem: Problem {
        Problem(.tooManyRequests, "Too many requests", retryAfter: .seconds(wait.components.seconds + 1))
    }
}

extension Operation {
    /// Whether it makes or checks what lets somebody in, and so is called without it.
    var isSigningIn: Bool {
        permission == .none && Self.signingInPrefixes.contains { path.hasPrefix($0) }
    }

    private static let signingInPrefixes = ["/api/auth/", "/run/auth/", "/manage/api/"]
}
