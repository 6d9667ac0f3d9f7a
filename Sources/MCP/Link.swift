import Catalog
import Outbound
import Synchronization

/// What a transport does: a struct of functions, one value for each transport.
struct Link: Sendable {
    /// Sends a request and returns what came for its id.
    let exchange: @Sendable (_ request: Outgoing) async throws(MCPFailure) -> Message.Incoming
    /// Sends what needs no answer, within this time.
    let tell: @Sendable (_ message: JSONValue, _ time: Duration) async throws(MCPFailure) -> Void
    /// Uses this revision of the protocol from now on.
    let adopt: @Sendable (_ revision: Revision) -> Void
    /// Ends the session.
    var close: @Sendable () async -> Void
    /// Whether nothing can be sent any more, because the connection that carries the answers is gone.
    let isOver: @Sendable () -> Bool
}

/// A request of ours on its way.
struct Outgoing: Sendable {
    let id: Int
    let method: String
    let parameters: JSONObject
    /// The longest time until its answer is here.
    let time: Duration
    /// Header fields of this request alone, where requests have some of their own.
    var headers: HTTPHeaders = [:]
    /// Told when the server says that it is getting on with it.
    var progressed: (@Sendable () -> Void)?

    var message: JSONValue { Message.request(id, method, parameters) }
}

/// A revision of the protocol.
enum Revision: String, Sendable, CaseIterable {
    case v20241105 = "2024-11-05"
    case v20250326 = "2025-03-26"
    case v20250618 = "2025-06-18"
    case v20251125 = "2025-11-25"
    case v20260728 = "2026-07-28"

    /// The newest, which has no handshake: every request says who asks and how.
    static let newest = Revision.v20260728
    /// The newest that begins with a handshake.
    static let newestWithHandshake = Revision.v20251125

    /// Whether a session begins with `initialize`.
    var hasHandshake: Bool { self != .v20260728 }

    /// The revisions with a handshake, newest first.
    static let withHandshake = allCases.filter(\.hasHandshake).reversed()
}
