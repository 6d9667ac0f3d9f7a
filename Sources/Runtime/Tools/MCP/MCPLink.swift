import MCP
import Outbound
import Synchronization

/// The connection of one stay of a sub-agent to one server: opened when it is first needed, used again, opened anew
/// when the server has ended the session or wants another token, and closed at the end of the stay.
final class MCPLink: Sendable {
    private struct State {
        var address: MCPServerAddress
        var session: MCPSession?
        var isClosed = false
    }

    private let known: MCPServerDescription?
    private let world: MCPWorld
    /// The address with another credential than that which the server did not take; nil when there is none to be had.
    private let refresh: @Sendable (_ refused: MCPServerAddress) async -> MCPServerAddress?
    private let opening = SingleFlight<Int, Result<MCPSession, MCPFailure>>()
    private let state: Mutex<State>

    init(
        _ address: MCPServerAddress, known: MCPServerDescription?, _ world: MCPWorld,
        refresh: @escaping @Sendable (_ refused: MCPServerAddress) async -> MCPServerAddress?
    ) {
        self.known = known
        self.world = world
        self.refresh = refresh
        state = Mutex(State(address: address))
    }

    /// Works with the session; once more where the server has ended it, or takes a fresh credential. What is sent
    /// again the server has not taken.
    func work<Value: Sendable>(
        _ body: @Sendable (MCPSession) async throws(MCPFailure) -> Value
    ) async throws(MCPFailure) -> Value {
        let session = try await session()
        do throws(MCPFailure) {
            return try await body(session)
        } catch {
            switch error {
            case .sessionEnded: await drop(session)
            case .unauthorized:
                guard await renew() else { throw error }
                await drop(session)
            default: throw error
            }
        }
        return try await body(try await self.session())
    }

    /// The session that there is, or a new one.
    private func session() async throws(MCPFailure) -> MCPSession {
        if let session = state.withLock({ $0.session }) {
            if !session.isOver { return session }
            await drop(session)
        }
        let opened: Result<MCPSession, MCPFailure>
        do throws(CancellationError) {
            opened = try await opening.value(for: 0) { await self.open() }
        } catch {
            throw .cancelled
        }
        return try opened.get()
    }

    private func open() async -> Result<MCPSession, MCPFailure>? {
        if let session = state.withLock({ $0.session }), !session.isOver { return .success(session) }
        let limit = Duration.milliseconds(world.limits.mcpConnectMs)
        let (opened, isLate) = await world.clock.limit(limit) { await self.connect() }
        switch opened {
        case .success(let session):
            let isClosed = state.withLock { state in
                if !state.isClosed { state.session = session }
                return state.isClosed
            }
            guard isClosed else { return opened }
            await session.close()
            return .failure(.cancelled)
        case .failure(.cancelled): return isLate ? .failure(.network(.timedOut(.total))) : nil
        case .failure: return opened
        }
    }

    private func connect() async -> Result<MCPSession, MCPFailure> {
        do throws(MCPFailure) {
            return .success(try await begin())
        } catch .unauthorized(let status) {
            guard await renew() else { return .failure(.unauthorized(status: status)) }
            do throws(MCPFailure) {
                return .success(try await begin())
            } catch {
                return .failure(error)
            }
        } catch {
            return .failure(error)
        }
    }

    /// Takes another credential. Whether there is one.
    private func renew() async -> Bool {
        guard let address = await refresh(state.withLock { $0.address }) else { return false }
        state.withLock { $0.address = address }
        return true
    }

    private func begin() async throws(MCPFailure) -> MCPSession {
        try await world.client.open(state.withLock { $0.address }, knowing: known)
    }

    private func drop(_ session: MCPSession) async {
        state.withLock { $0.session = nil }
        await session.close()
    }

    /// What every request carries now.
    var headers: HTTPHeaders { state.withLock { $0.address.headers } }

    /// Ends the connection. What is asked for afterwards fails.
    func close() async {
        let session = state.withLock { state in
            state.isClosed = true
            defer { state.session = nil }
            return state.session
        }
        await session?.close()
    }
}

/// Why a server did not do what it was asked for.
enum MCPTrouble: Error {
    /// It was not asked, because it failed too often before.
    case rests(ServerRests)
    /// It was asked.
    case failure(MCPFailure)

    /// A part of a sentence for people and models, who must not see what servers repeat of what they were told.
    var words: String {
        switch self {
        case .rests(let rests):
            "the server did not answer \(rests.failures) times in a row and is asked again in \(rests.seconds) seconds"
        case .failure(.server(let code, _)): "the server answered with error \(code)"
        case .failure(.network): "the server cannot be reached"
        case .failure(let failure): failure.description
        }
    }
}

extension CircuitBreakers {
    /// Asks a server for something, unless it rests, and remembers how it did.
    func ask<Value: Sendable>(
        _ server: ServerKey, _ body: () async throws(MCPFailure) -> Value
    ) async throws(MCPTrouble) -> Value {
        if let rests = refusal(of: server) { throw .rests(rests) }
        do throws(MCPFailure) {
            let value = try await body()
            note(.answered, of: server)
            return value
        } catch {
            switch error {
            case .network, .refused(502...504): note(.outage, of: server)
            // That a call takes too long does not say that the server is not there.
            case .cancelled, .timedOut: note(.abandoned, of: server)
            default: note(.answered, of: server)
            }
            throw .failure(error)
        }
    }
}

/// What all connections of this process share.
struct MCPWorld: Sendable {
    let client: MCPClient
    let clock: RuntimeClock
    let limits: RuntimeLimits
}
