import Catalog

/// How a session begins.
struct Handshake: Sendable {
    /// The method that begins a session of the older revisions.
    static let method = "initialize"

    let calls: Calls
    let client: JSONObject

    /// A session that is gone on with: nothing is known of the server.
    var resumed: MCPSession { MCPSession(server: MCPServerDescription(), calls: calls, meta: nil) }

    /// A session with a server of the newest revision, which keeps none; nil for other servers.
    func resumed(knowing server: MCPServerDescription) -> MCPSession? {
        guard server.revision == Revision.newest.rawValue else { return nil }
        calls.adopt(.newest)
        return MCPSession(server: server, calls: calls, meta: meta)
    }

    /// What every request of the newest revision carries.
    private var meta: JSONObject {
        [
            "io.modelcontextprotocol/protocolVersion": .string(Revision.newest.rawValue),
            "io.modelcontextprotocol/clientInfo": .object(client),
            "io.modelcontextprotocol/clientCapabilities": [:],
        ]
    }

    /// Asks a server for what it is, as the newest revision does it; one that does not understand that is greeted as
    /// the older ones did.
    func discover() async throws(MCPFailure) -> MCPSession {
        let revision = Revision.newest
        calls.adopt(revision)
        let answer: Message.Incoming
        do throws(MCPFailure) {
            answer = try await calls.exchange(
                "server/discover", ["_meta": .object(meta)], within: calls.limits.discovery)
        } catch {
            switch error {
            case .unauthorized, .network, .cancelled, .tooMuch: throw error
            case .timedOut, .refused, .server, .malformed, .sessionEnded: return try await initialize()
            }
        }
        guard case .result(_, let result) = answer,
            result["supportedVersions"]?.array?.contains(.string(revision.rawValue)) == true
        else { return try await initialize() }
        let server = try description(
            result, info: result["_meta"]?["io.modelcontextprotocol/serverInfo"] ?? result["serverInfo"], revision)
        return MCPSession(server: server, calls: calls, meta: meta)
    }

    /// Begins a session of an older revision: the newest of those first, and then what the server says it knows.
    func initialize() async throws(MCPFailure) -> MCPSession {
        var offered = Revision.newestWithHandshake
        for _ in Revision.withHandshake {
            calls.adopt(offered)
            let parameters: JSONObject = [
                "protocolVersion": .string(offered.rawValue), "capabilities": [:], "clientInfo": .object(client),
            ]
            switch try await calls.exchange(Self.method, parameters) {
            case .result(_, let result): return try await begin(result)
            case .error(_, let code, let message, let data):
                guard let next = Self.older(than: offered, data) else { throw .server(code: code, message: message) }
                offered = next
            case .request, .notification: throw .malformed("its answer is none")
            }
        }
        throw .malformed("it takes no revision of the protocol")
    }

    /// The newest revision older than the one refused that the server says it knows.
    private static func older(than refused: Revision, _ data: JSONValue?) -> Revision? {
        let known = data?["supported"]?.array?.compactMap(\.string) ?? []
        return Revision.withHandshake.drop { $0 != refused }.dropFirst().first { known.contains($0.rawValue) }
    }

    private func begin(_ result: JSONObject) async throws(MCPFailure) -> MCPSession {
        let named = result["protocolVersion"]?.string ?? ""
        guard let revision = Revision(rawValue: named), revision.hasHandshake else {
            throw .malformed("it speaks the revision '\(named.prefix(32))', which is not known")
        }
        calls.adopt(revision)
        let server = try description(result, info: result["serverInfo"], revision)
        try await calls.tell("notifications/initialized")
        return MCPSession(server: server, calls: calls, meta: nil)
    }

    private func description(
        _ result: JSONObject, info: JSONValue?, _ revision: Revision
    ) throws(MCPFailure) -> MCPServerDescription {
        guard let capabilities = result["capabilities"]?.object else { throw .malformed("it names no capabilities") }
        let bytesMax = calls.limits.textBytesMax
        let instructions = result["instructions"]?.string
        guard (instructions?.utf8.count ?? 0) <= bytesMax else {
            throw .tooMuch("instructions of more than \(bytesMax) bytes")
        }
        return MCPServerDescription(
            revision: revision.rawValue, name: short(info?["name"]), version: short(info?["version"]),
            capabilities: capabilities, instructions: instructions.flatMap { $0.isEmpty ? nil : $0 })
    }

    /// A name, as far as it is one.
    private func short(_ value: JSONValue?) -> String? {
        value?.string.flatMap { $0.utf8.count <= calls.limits.nameBytesMax ? $0 : nil }
    }
}
