public import ArgumentParser
import Catalog
import Foundation
import Functions
import Outbound

/// How commands reach a server: shared flags, each with its environment twin.
public struct Connection: ParsableArguments {
    @Option(help: "Address of the Covey server. Also: COVEY_PUBLIC_URL.")
    var server: String?
    @Option(help: "Tenant. Also: COVEY_TENANT.")
    var tenant: String?
    @Option(help: "Bypass secret of the server. Also: COVEY_MANAGE_BYPASS_SECRET, COVEY_RUN_BYPASS_SECRET.")
    var key: String?
    @Option(help: "Branch, or for reading the hash of a commit, instead of the main branch. Also: COVEY_REF.")
    var ref: String?

    /// Flags as given on the command line.
    public init() {}

    /// The address without a slash at its end; `host:port` alone means http.
    func address(_ environment: [String: String]) -> String {
        var text = server ?? environment.first("COVEY_PUBLIC_URL", "INKEEP_AGENTS_API_URL") ?? "http://127.0.0.1:3002"
        if !text.contains("://") { text = "http://" + text }
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// The client of the server for one of its two halves.
    func client(for half: Client.Half, _ world: World = .live) -> Client {
        let names =
            half == .manage
            ? ["COVEY_MANAGE_BYPASS_SECRET", "INKEEP_AGENTS_MANAGE_API_BYPASS_SECRET"]
            : ["COVEY_RUN_BYPASS_SECRET", "INKEEP_AGENTS_RUN_API_BYPASS_SECRET"]
        return Client(
            http: world.http, address: address(world.environment),
            tenant: tenant ?? world.environment["COVEY_TENANT"] ?? "default",
            key: key ?? names.lazy.compactMap { world.environment[$0] }.first { !$0.isEmpty }
                ?? CredentialFile(world.environment).token(for: address(world.environment)),
            ref: ref ?? world.environment.first("COVEY_REF"))
    }
}

/// What commands see of the outside; tests hand in their own.
struct World: Sendable {
    var http: HTTPClient
    var environment: [String: String]
    var printer: Printer
    /// Waits so long.
    var pause: @Sendable (Duration) async throws -> Void = Clock.pause
    /// What stands around functions on this machine; nil where nothing is tried.
    var walls: @Sendable () async -> Walls? = { nil }

    /// The real one. The command line goes where its user says, so nothing is refused.
    static let live = World(
        http: .live(policy: .unrestricted), environment: ProcessInfo.processInfo.environment, printer: .standard,
        walls: { await Walls.inspect(executable: "/proc/self/exe") })
}

extension [String: String] {
    /// The value of the first of `names` that is set and not empty.
    func first(_ names: String...) -> String? { names.lazy.compactMap { self[$0] }.first { !$0.isEmpty } }
}

/// A server spoken to over its API.
struct Client: Sendable {
    /// The two halves of the API, which take different credentials.
    enum Half { case manage, run }

    let http: HTTPClient
    let address: String
    let tenant: String
    var key: String?
    /// The branch or commit that all requests name; nil for the main branch.
    let ref: String?

    /// The tenant's management path.
    var tenantPath: String { "/manage/tenants/" + PercentCoding.component(tenant) }

    /// Sends a request and reads the answer as JSON. An answer that is no JSON is null.
    ///
    /// - Throws: `CommandFailure` when the server cannot be reached or refuses.
    func call(_ method: String, _ path: String, body: JSONValue? = nil) async throws -> (status: Int, body: JSONValue) {
        let response = try await send(method, path, body: body)
        let bytes = try await reading { () async throws(OutboundError) in try await response.body.collect() }
        let answer = (try? JSONValue(parsing: bytes)) ?? .null
        guard (200..<300).contains(response.status) else {
            throw CommandFailure(status: response.status, problem: answer, request: "\(method) \(path)")
        }
        return (response.status, answer)
    }

    /// Sends a request and returns as soon as the answer's headers are here, whatever its status.
    func send(
        _ method: String, _ path: String, headers: HTTPHeaders = [:], body: JSONValue? = nil
    ) async throws -> HTTPResponse {
        var request = HTTPRequest(method: method, url: address + path, headers: headers, body: body?.jsonBytes)
        request.timeouts.idle = .seconds(120)
        if body != nil { request.headers["Content-Type"] = "application/json" }
        if let key { request.headers["Authorization"] = "Bearer \(key)" }
        if let ref { request.headers["x-inkeep-ref"] = ref }
        let prepared = request
        return try await reading { () async throws(OutboundError) in try await http.send(prepared) }
    }

    private func reading<Value>(_ body: () async throws(OutboundError) -> Value) async throws -> Value {
        do {
            return try await body()
        } catch .cannotConnect, .cannotResolve {
            throw CommandFailure(
                "No server answers at \(address). Start one with `covey serve --dev`, or name it with --server.")
        } catch {
            throw CommandFailure("\(address): \(error)")
        }
    }
}

/// Why a command gave up, in words for its user.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// The refusal of a server: its detail, and each broken field on a line of its own.
    init(status: Int, problem: JSONValue, request: String) {
        let said = problem["detail"]?.string ?? problem["error"]?["message"]?.string ?? problem["error"]?.string
        var lines = [said ?? "the server answered \(status) to \(request)"]
        for broken in problem["errors"]?.array ?? [] {
            lines.append(
                "  \(broken["name"]?.string ?? ""): \(broken["reason"]?.string ?? broken["detail"]?.string ?? "")")
        }
        if status == 401 { lines.append("  Sign in with covey login, or name the server's secret with --key.") }
        if let id = problem["requestId"]?.string, status >= 500 { lines.append("  request \(id)") }
        description = lines.joined(separator: "\n")
    }
}
