public import Catalog

/// Whose functions a worker runs: no two owners ever share one.
public struct FunctionOwner: Sendable, Hashable {
    /// The tenant.
    public let tenant: String
    /// The project.
    public let project: String

    /// The owner of these ids.
    public init(tenant: String, project: String) {
        self.tenant = tenant
        self.project = project
    }
}

/// One call of a function.
public struct FunctionCall: Sendable {
    /// Whose it is.
    public var owner: FunctionOwner
    /// The source of one function (manage spec §2.7).
    public var code: String
    /// What it is called with.
    public var input: JSONValue
    /// npm packages by name with the versions that will do.
    public var dependencies: OrderedMap<String>
    /// Hosts that it may send requests to, `*.example.org` for all below one; empty for none.
    public var allowedHosts: [String]

    /// A call without packages and network unless given.
    public init(
        owner: FunctionOwner, code: String, input: JSONValue, dependencies: OrderedMap<String> = OrderedMap(),
        allowedHosts: [String] = []
    ) {
        self.owner = owner
        self.code = code
        self.input = input
        self.dependencies = dependencies
        self.allowedHosts = allowedHosts
    }
}

/// What a function returned.
public struct FunctionResult: Sendable, Equatable {
    /// Its result; null where it returned nothing.
    public let output: JSONValue
    /// What it wrote to the console, as far as it is kept; empty for nothing.
    public let console: String
}

/// Why a call has no result.
public struct FunctionFailure: Error, Sendable, Equatable {
    /// A sentence for the model and for who wrote the function.
    public let message: String
    /// What it wrote to the console, as far as it is kept; empty for nothing.
    public var console = ""

    init(_ message: String, console: String = "") {
        self.message = message
        self.console = console
    }

    static func queue(_ limits: FunctionLimits) -> FunctionFailure {
        FunctionFailure(
            "Function execution queue timeout after \(limits.queueMs)ms. Too many concurrent executions.")
    }

    static func late(_ limits: FunctionLimits) -> FunctionFailure {
        FunctionFailure("Function execution timed out after \(limits.callMs)ms")
    }

    static func output(_ limits: FunctionLimits) -> FunctionFailure {
        FunctionFailure("Output size exceeded limit of \(limits.outputBytes) bytes")
    }

    static let stopped = FunctionFailure("The function was stopped: the server is shutting down.")

    /// What the end of its worker means for a call.
    init(_ end: WorkerProcess.End, _ limits: FunctionLimits) {
        self =
            switch end {
            case .notStarted(let reason): FunctionFailure("Functions cannot be run on this server: \(reason).")
            case .stopped: .stopped
            case .late: .late(limits)
            case .loud: .output(limits)
            case .gone(let fate, _) where fate.signal == ChildProcess.End.processorTime:
                FunctionFailure("The function used more processor time than it may.")
            case .gone:
                FunctionFailure(
                    "The function was ended: it needs more than the \(limits.memoryBytes >> 20) MiB of memory that it "
                        + "may take, or breaks its engine.")
            }
    }
}
