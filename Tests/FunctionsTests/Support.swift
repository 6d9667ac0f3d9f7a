import Catalog
import CoveyTesting
import Foundation
import Outbound
import Runtime
import Testing

@testable import Functions

/// Why functions cannot be tested, or nil when they can.
let missing: Comment? = BuiltBinary.covey == nil ? "covey is not built beside the tests" : nil

/// Whose functions the tests call.
let shop = FunctionOwner(tenant: "default", project: "shop")

/// A pool with its folder of packages, which is gone after the test.
struct TestPool {
    let pool: FunctionPool
    /// The folder of all projects' packages.
    let packages: URL

    /// Pools at once: each has some processes, which take memory and time of each other.
    private static let places = Places(3)

    /// Starts a pool for `body`, and ends it.
    ///
    /// - Parameter http: With what `fetch` is carried out; the real client, which reaches the public internet alone,
    ///   unless given.
    static func run(
        _ limits: FunctionLimits = FunctionLimits(), http: HTTPClient = .live(policy: .publicOnly),
        clock: StepClock = StepClock(), _ body: (TestPool) async throws -> Void
    ) async throws {
        await places.take()
        defer { places.give() }
        let binary = try #require(BuiltBinary.covey).path(percentEncoded: false)
        let packages = FileManager.default.temporaryDirectory.appending(path: "covey-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: packages, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: packages) }
        let world = FunctionPool.World(
            executable: binary, http: http, packages: packages.path(percentEncoded: false),
            elapsed: clock.runtime.elapsed, pause: clock.runtime.sleep)
        let pool = FunctionPool(world, limits: limits)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(TestPool(pool: pool, packages: packages)))
        } catch {
            outcome = .failure(error)
        }
        await pool.shutdown()
        #expect(await pool.processes.isEmpty)
        try outcome.get()
    }

    /// Calls a function for the project `shop`, unless another is named.
    func call(
        _ code: String, _ input: JSONValue = .null, for owner: FunctionOwner = shop,
        dependencies: [(name: String, value: String)] = [], hosts: [String] = []
    ) async throws -> FunctionResult {
        try await pool.call(
            FunctionCall(
                owner: owner, code: code, input: input, dependencies: OrderedMap(dependencies), allowedHosts: hosts))
    }

    /// What the call of a function fails with; records an issue when it does not.
    func failure(
        _ code: String, _ input: JSONValue = .null, dependencies: [(name: String, value: String)] = [],
        hosts: [String] = []
    ) async throws -> String {
        do {
            let result = try await call(code, input, dependencies: dependencies, hosts: hosts)
            Issue.record("\(code) returned \(result.output.jsonText)")
            return ""
        } catch let failure as FunctionFailure {
            return failure.message
        }
    }
}
