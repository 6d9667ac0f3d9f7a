import Synchronization

/// Which servers begin with a handshake, as far as they were asked: who is known to does not have to be asked whether
/// it knows the revision without one. What is known holds for an hour, as servers are replaced by newer ones.
final class ServerEras: Sendable {
    private let clock: MCPClock
    private let greeted = Mutex<[String: Duration]>([:])

    /// How long it is believed that a server wants a handshake.
    private static let holds = Duration.seconds(3600)
    /// Servers that are remembered; with one more all are asked again.
    private static let countMax = 1000

    init(clock: MCPClock) { self.clock = clock }

    /// Begins a session as the server is known to want it, or finds out.
    func begin(_ handshake: Handshake, with url: String) async throws(MCPFailure) -> MCPSession {
        let now = clock.elapsed()
        if let until = greeted.withLock({ $0[url] }), now < until {
            do throws(MCPFailure) {
                return try await handshake.initialize()
            } catch {
                switch error {
                case .unauthorized, .network, .cancelled, .tooMuch, .timedOut: throw error
                case .refused, .server, .malformed, .sessionEnded: greeted.withLock { $0[url] = nil }
                }
            }
        }
        let session = try await handshake.discover()
        if session.meta == nil {
            greeted.withLock { greeted in
                if greeted.count >= Self.countMax { greeted = [:] }
                greeted[url] = now + Self.holds
            }
        }
        return session
    }
}
