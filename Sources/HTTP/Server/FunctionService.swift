import Functions
import Logging
public import Outbound
import Runtime
import ServiceLifecycle

/// Where functions are run.
public struct FunctionHome: Sendable {
    /// The binary that is started as a worker.
    public var executable: String
    /// The folder under which `<tenant>/<project>/node_modules` holds installed packages.
    public var packages: String
    /// With what the requests of functions are sent.
    public var http: HTTPClient

    /// A home of these parts.
    public init(executable: String, packages: String, http: HTTPClient) {
        self.executable = executable
        self.packages = packages
        self.http = http
    }
}

extension Application {
    /// The workers of functions, none of which is started yet.
    static func functionPool(
        _ home: FunctionHome, limits: FunctionLimits, clock: RuntimeClock, logger: Logger
    ) -> FunctionPool {
        FunctionPool(
            FunctionPool.World(
                executable: home.executable, http: home.http, packages: home.packages, elapsed: clock.elapsed,
                pause: clock.sleep,
                onWalls: { walls in
                    if let problem = walls.problem { logger.error("functions cannot be run: \(problem)") }
                    if case .failing(let reason) = walls.bubblewrap {
                        logger.warning("bubblewrap does not work here, so that it is no second wall: \(reason)")
                    }
                },
                onConsole: { owner, text in
                    logger.info(
                        "a function wrote to its console",
                        metadata: ["tenant": "\(owner.tenant)", "project": "\(owner.project)", "console": "\(text)"])
                }), limits: limits)
    }
}

/// The workers of functions as a service: keeps one ready, lets go of those that have no work, and ends all.
struct FunctionService: Service {
    let pool: FunctionPool

    func run() async {
        await cancelWhenGracefulShutdown { await pool.supervise() }
        await pool.shutdown()
    }
}
