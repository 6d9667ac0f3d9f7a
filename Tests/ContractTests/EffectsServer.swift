import Catalog
import CoveyTesting
import Outbound

/// `Tests/Clients/effects_server.py` in a process of its own.
struct EffectsServer: Sendable {
    /// Where its MCP server is.
    let url: String
    private let client: ServerClient
    private let program: PythonProgram

    /// Starts it and waits for its port.
    init() async throws {
        program = try await PythonProgram.start("effects_server.py")
        client = ServerClient(address: "http://127.0.0.1:\(try program.port())")
        url = client.address + "/mcp"
    }

    /// Every call that reached it, in order.
    func all() async throws -> [JSONValue] { try await client.call("GET", "/effects").body.array ?? [] }
}
