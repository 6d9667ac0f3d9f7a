import Cryptography
import MCP
import Outbound
import Synchronization

/// The tools that servers listed, shared by the runs of this process. A list holds as long as its server says, or
/// where it does not say as long as `RuntimeLimits.mcpListMs`; of more than `RuntimeLimits.mcpLists` the one that was
/// not used for longest goes.
final class ToolListCache: Sendable {
    /// What a list depends on: the same server may show others to other callers.
    struct Key: Sendable, Hashable {
        let server: ServerKey
        /// The digest of the transport and of all header fields, credentials among them.
        let caller: String

        init(_ server: ServerKey, _ address: MCPServerAddress) {
            self.server = server
            let fields = address.headers.fields.map { [$0.name.lowercased(), $0.value] }.sorted { $0[0] < $1[0] }
            let parts = ["\(address.transport)", address.sessionID ?? ""] + fields.flatMap { $0 }
            caller = SHA256.hexadecimal(parts.map { "\($0.utf8.count):\($0)" }.joined())
        }
    }

    /// What a server said.
    struct Listing: Sendable {
        let server: MCPServerDescription
        let tools: [MCPToolDescription]
    }

    private struct Entry {
        let listing: Listing
        let until: Duration
        var used: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses = 0
    }

    private let state = Mutex(State())
    private let clock: RuntimeClock
    private let limits: RuntimeLimits

    init(clock: RuntimeClock, limits: RuntimeLimits) {
        self.clock = clock
        self.limits = limits
    }

    /// The longest that a list holds, whatever its server says.
    private static let longest = Duration.seconds(24 * 3600)

    func listing(_ key: Key) -> Listing? {
        let now = clock.elapsed()
        return state.withLock { state in
            guard let entry = state.entries[key] else { return nil }
            guard now < entry.until else {
                state.entries[key] = nil
                return nil
            }
            state.uses += 1
            state.entries[key]?.used = state.uses
            return entry.listing
        }
    }

    func keep(_ listing: Listing, _ key: Key, isFreshFor: Duration?) {
        let time = min(isFreshFor ?? .milliseconds(limits.mcpListMs), Self.longest)
        guard time > .zero, limits.mcpLists > 0 else { return }
        let until = clock.elapsed() + time
        state.withLock { state in
            if state.entries[key] == nil, state.entries.count >= limits.mcpLists,
                let oldest = state.entries.min(by: { $0.value.used < $1.value.used })
            {
                state.entries[oldest.key] = nil
            }
            state.uses += 1
            state.entries[key] = Entry(listing: listing, until: until, used: state.uses)
        }
    }

    /// The list is not what the server has any more.
    func drop(_ key: Key) { state.withLock { $0.entries[key] = nil } }
}
