public import Catalog
import Outbound

/// The MCP servers of `Tests/Clients/mcp_server.py`, in a process of their own on a free port of loopback.
public final class MCPTestServer: Sendable {
    /// Why the servers cannot be started, or nil when they can.
    public static let missing = PythonProgram.missing("mcp")

    /// The port.
    public let port: Int
    private let program: PythonProgram

    /// Starts the process and waits for the line with its port.
    public static func start() async throws -> MCPTestServer {
        let program = try await PythonProgram.start("mcp_server.py")
        return MCPTestServer(try program.port(), program)
    }

    private init(_ port: Int, _ program: PythonProgram) {
        self.port = port
        self.program = program
    }

    /// The address of one of the servers: `/mcp`.
    public func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// How many requests one of them got, and how many at once at most.
    public func counts(_ path: String) async throws -> (requests: Int, atOnce: Int) {
        let counts = try await TestClient(address: url("")).send("GET", "/counts").json
        return (counts["requests"]?[path]?.integer ?? 0, counts["atOnce"]?[path]?.integer ?? 0)
    }

    /// Waits until one of the servers of `mcp_tools.py` has seen something with these members, and returns all such.
    @discardableResult public func seen(_ wanted: JSONObject) async throws -> [JSONValue] {
        try await TestClient(address: url("")).send("POST", "/await", .object(wanted)).json["seen"]?.array ?? []
    }

    /// What they have seen so far, in order.
    public func allSeen() async throws -> [JSONValue] {
        try await TestClient(address: url("")).send("GET", "/seen").json["seen"]?.array ?? []
    }

    /// Tells the authorization server what it gives from now on (`mcp_authorization.py`).
    public func change(_ wanted: JSONObject) async throws {
        _ = try await TestClient(address: url("")).send("POST", "/grants", .object(wanted))
    }

    /// Tells the tool `steady` that was called with this name to go on, or with the word `end` to end.
    public func say(_ word: String, to name: String) async throws {
        _ = try await TestClient(address: url("")).send(
            "POST", "/say", ["name": .string(name), "word": .string(word)])
    }
}
