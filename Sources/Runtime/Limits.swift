public import Functions

/// Every bound of the runtime, with its unit, in one place. Each can be set by an environment name of run spec §22,
/// or by one that follows its form where the spec has none.
public struct RuntimeLimits: Sendable, Hashable {
    /// The bounds of function tools.
    public var functions = FunctionLimits()
    /// Transfers that a run may make when the agent does not say.
    public var transferCount = 10
    /// Model calls that one stay of a sub-agent may take when it does not say.
    public var generationSteps = 50
    /// Failures of a model call in a row after which a run gives up.
    public var consecutiveErrors = 3
    /// The longest time of a model call whose model's settings name none, milliseconds.
    public var modelCallMs = 270_000
    /// The longest time of a model call, whatever the settings say, milliseconds.
    public var modelCallMaxMs = 600_000
    /// The wait before the second try of a model call, milliseconds; it doubles with each further one.
    public var retryInitialMs = 500
    /// The longest wait before a try when the provider asks for none, milliseconds.
    public var retryMaxMs = 10_000
    /// The longest wait that a provider may ask for, milliseconds; a longer one is cut to it.
    public var retryAfterMaxMs = 60_000
    /// The longest time of a whole run, milliseconds.
    public var runMs = 1_800_000
    /// Runs under way at the same time in this process; beyond it a turn is refused with 503. Runs that work for
    /// others, and those that go on after a restart, may be as many again.
    public var activeRuns = 4096
    /// Frames of one run, frame 0 included.
    public var frames = 64
    /// How deep delegations may nest.
    public var delegationDepth = 5
    /// Tool calls of one answer that are made at the same time.
    public var parallelCalls = 16
    /// Bytes of UTF-8 text that one model call may give.
    public var answerBytes = 1 << 20
    /// Bytes of UTF-8 that one tool may hand to a model.
    public var toolOutputBytes = 1 << 18
    /// Bytes of JSON that references may bring into the input of one tool call.
    public var toolInputBytes = 1 << 20
    /// The longest time of a tool call, milliseconds.
    public var toolCallMs = 60_000
    /// How long a tool call may wait for a person before it counts as refused, milliseconds.
    public var approvalMs = 604_800_000
    /// How long an MCP server may take to be there and to list its tools, milliseconds.
    public var mcpConnectMs = 10_000
    /// How long a call of an MCP tool may take without a sign of progress, milliseconds.
    public var mcpCallMs = 60_000
    /// How long a call of an MCP tool may take whatever the progress, milliseconds.
    public var mcpCallMaxMs = 600_000
    /// How long the list of tools of an MCP server holds that does not say, milliseconds; 0 to ask each time.
    public var mcpListMs = 60_000
    /// Lists of tools of MCP servers that are kept in memory.
    public var mcpLists = 1000
    /// Failures in a row after which an MCP server, or an agent on another server, is left alone for a while.
    public var mcpCircuitFailures = 3
    /// How long such a server is left alone, milliseconds.
    public var mcpCircuitRestMs = 30_000
    /// The longest time of a task that is delegated to an agent on another server, milliseconds.
    public var externalAgentMs = 600_000
    /// How long a request to such an agent that fails is made again, milliseconds from the first of them.
    public var delegationRetryMs = 20_000
    /// Bytes of a run's log that are kept in memory for readers; what is older they read from the store.
    public var feedBytes = 5_242_880
    /// How long a reader of a run that waits for a person waits with it, milliseconds.
    public var suspendedReaderMs = 600_000
    /// Messages of history that a sub-agent sees when it does not say.
    public var historyMessages = 50
    /// Tokens of history that a sub-agent sees when it does not say.
    public var historyTokens = 8000
    /// Files of one message.
    public var messageFiles = 10
    /// Pictures and documents of earlier messages that models get again.
    public var historyFiles = 5
    /// Bytes of them, in base64.
    public var historyFileBytes = 20_971_520
    /// How many times a run is taken up, the first time included, before it fails as interrupted.
    public var runAttempts = 3
    /// How long a run belongs to this process without a renewal, milliseconds.
    public var leaseMs = 30_000
    /// How long a stopping server waits for its runs, milliseconds.
    public var shutdownMs = 20_000
    /// Projects whose compiled configuration is kept in memory.
    public var cachedProjects = 256
    /// How often a tool's server that answers is looked at, milliseconds; 0 for never.
    public var toolHealthIntervalMs = 300_000
    /// How soon one that failed is looked at again, milliseconds; it doubles with each further failure.
    public var toolHealthRetryMs = 30_000
    /// The longest time between two looks at one that fails, milliseconds.
    public var toolHealthRetryMaxMs = 3_600_000
    /// How long the answer to the get of a single tool waits for the first look at it, milliseconds.
    public var toolHealthWaitMs = 1500
    /// Servers of tools that are looked at together.
    public var toolHealthProbes = 8
    /// How long a tool belongs to the process that looks at it, milliseconds.
    public var toolHealthLeaseMs = 60_000

    /// How many times a model is asked again for an answer that breaks its sub-agent's output contract, where the
    /// contract does not say.
    public var contractRetries = 2
    /// Whether what is too long for a model is summarized.
    public var compresses = true
    /// The most tokens that a model of unknown window is given.
    public var compressionLimitTokens = 120_000
    /// Tokens that are kept free below it.
    public var compressionBufferTokens = 20_000
    /// The longest time of a model call that summarizes, names or tells what is being done, milliseconds.
    public var summarizerMs = 90_000
    /// Artifacts of the conversation that a model is told of, the newest.
    public var promptArtifacts = 12
    /// How many times a name for an artifact is asked for.
    public var artifactNameAttempts = 3
    /// The wait before the second time, milliseconds; it doubles with each further one.
    public var artifactNameRetryMs = 1000
    /// The longest such wait, milliseconds.
    public var artifactNameRetryMaxMs = 10_000
    /// Runs whose artifacts wait for their names; those of further runs keep the names that they have.
    public var artifactNamings = 100
    /// Events of a run after which it tells what it is doing, where its agent does not say.
    public var statusEvents = 10
    /// Seconds after which it does, where its agent does not say.
    public var statusSeconds = 30
    /// What was told last that the next telling is made with, so that nothing is told twice.
    public var statusMemory = 3

    /// The defaults.
    public init() {}

    /// One limit: its environment name, its range and where it is kept.
    struct Entry: Sendable {
        let name: String
        let range: ClosedRange<Int>
        let path: any WritableKeyPath<RuntimeLimits, Int> & Sendable
    }

    static let entries = runEntries + functionEntries

    private static let runEntries: [Entry] = [
        Entry(name: "AGENTS_AGENT_EXECUTION_TRANSFER_COUNT_DEFAULT", range: 1...1000, path: \.transferCount),
        Entry(name: "AGENTS_AGENT_EXECUTION_MAX_GENERATION_STEPS", range: 1...1000, path: \.generationSteps),
        Entry(name: "AGENTS_AGENT_EXECUTION_MAX_CONSECUTIVE_ERRORS", range: 1...20, path: \.consecutiveErrors),
        Entry(name: "AGENTS_LLM_GENERATION_FIRST_CALL_TIMEOUT_MS_STREAMING", range: hour, path: \.modelCallMs),
        Entry(name: "AGENTS_LLM_GENERATION_MAX_ALLOWED_TIMEOUT_MS", range: hour, path: \.modelCallMaxMs),
        Entry(name: "AGENTS_LLM_RETRY_INITIAL_INTERVAL_MS", range: 1...60_000, path: \.retryInitialMs),
        Entry(name: "AGENTS_LLM_RETRY_MAX_INTERVAL_MS", range: 1...600_000, path: \.retryMaxMs),
        Entry(name: "AGENTS_LLM_RETRY_AFTER_MAX_MS", range: 1...600_000, path: \.retryAfterMaxMs),
        Entry(name: "AGENTS_RUN_MAX_DURATION_MS", range: 1000...86_400_000, path: \.runMs),
        Entry(name: "AGENTS_RUN_MAX_ACTIVE", range: 1...100_000, path: \.activeRuns),
        Entry(name: "AGENTS_RUN_MAX_FRAMES", range: 1...1000, path: \.frames),
        Entry(name: "AGENTS_RUN_MAX_DELEGATION_DEPTH", range: 0...20, path: \.delegationDepth),
        Entry(name: "AGENTS_RUN_MAX_PARALLEL_CALLS", range: 1...128, path: \.parallelCalls),
        Entry(name: "AGENTS_RUN_MAX_ANSWER_BYTES", range: 1024...67_108_864, path: \.answerBytes),
        Entry(name: "AGENTS_TOOL_MAX_OUTPUT_BYTES", range: 1024...67_108_864, path: \.toolOutputBytes),
        Entry(name: "AGENTS_TOOL_MAX_INPUT_BYTES", range: 1024...67_108_864, path: \.toolInputBytes),
        Entry(name: "AGENTS_TOOL_MAX_DURATION_MS", range: hour, path: \.toolCallMs),
        Entry(name: "AGENTS_TOOL_APPROVAL_MAX_WAIT_MS", range: 1000...31_622_400_000, path: \.approvalMs),
        Entry(name: "AGENTS_MCP_TOOL_CONNECTION_TIMEOUT_MS", range: 100...600_000, path: \.mcpConnectMs),
        Entry(name: "AGENTS_MCP_TOOL_REQUEST_TIMEOUT_MS_DEFAULT", range: hour, path: \.mcpCallMs),
        Entry(name: "AGENTS_MCP_TOOL_MAX_DURATION_MS", range: hour, path: \.mcpCallMaxMs),
        Entry(name: "AGENTS_MCP_TOOL_LIST_MS", range: 0...86_400_000, path: \.mcpListMs),
        Entry(name: "AGENTS_MCP_TOOL_LISTS", range: 0...100_000, path: \.mcpLists),
        Entry(name: "AGENTS_MCP_CIRCUIT_FAILURES", range: 1...1000, path: \.mcpCircuitFailures),
        Entry(name: "AGENTS_MCP_CIRCUIT_REST_MS", range: 100...3_600_000, path: \.mcpCircuitRestMs),
        Entry(name: "AGENTS_EXTERNAL_AGENT_MAX_DURATION_MS", range: hour, path: \.externalAgentMs),
        Entry(
            name: "AGENTS_DELEGATION_TOOL_BACKOFF_MAX_ELAPSED_TIME_MS", range: 0...600_000, path: \.delegationRetryMs),
        Entry(name: "AGENTS_STREAM_BUFFER_MAX_SIZE_BYTES", range: 4096...268_435_456, path: \.feedBytes),
        Entry(name: "AGENTS_STREAM_MAX_LIFETIME_MS", range: 1000...86_400_000, path: \.suspendedReaderMs),
        Entry(name: "AGENTS_CONVERSATION_HISTORY_DEFAULT_LIMIT", range: 0...1000, path: \.historyMessages),
        Entry(
            name: "AGENTS_CONVERSATION_HISTORY_MAX_OUTPUT_TOKENS_DEFAULT", range: 0...1_000_000, path: \.historyTokens),
        Entry(name: "AGENTS_MESSAGE_MAX_FILES", range: 1...100, path: \.messageFiles),
        Entry(name: "AGENTS_CONVERSATION_HISTORY_MAX_FILES", range: 0...100, path: \.historyFiles),
        Entry(
            name: "AGENTS_CONVERSATION_HISTORY_MAX_FILE_BYTES", range: 0...268_435_456, path: \.historyFileBytes),
        Entry(name: "AGENTS_RUN_MAX_ATTEMPTS", range: 1...100, path: \.runAttempts),
        Entry(name: "AGENTS_RUN_LEASE_MS", range: 3000...600_000, path: \.leaseMs),
        Entry(name: "AGENTS_RUN_SHUTDOWN_MS", range: 0...3_600_000, path: \.shutdownMs),
        Entry(name: "AGENTS_RUN_CACHED_PROJECTS", range: 1...100_000, path: \.cachedProjects),
        Entry(name: "AGENTS_TOOL_HEALTH_INTERVAL_MS", range: 0...86_400_000, path: \.toolHealthIntervalMs),
        Entry(name: "AGENTS_TOOL_HEALTH_RETRY_MS", range: 1000...hour.upperBound, path: \.toolHealthRetryMs),
        Entry(name: "AGENTS_TOOL_HEALTH_RETRY_MAX_MS", range: 1000...86_400_000, path: \.toolHealthRetryMaxMs),
        Entry(name: "AGENTS_TOOL_HEALTH_WAIT_MS", range: 0...60_000, path: \.toolHealthWaitMs),
        Entry(name: "AGENTS_TOOL_HEALTH_PROBES", range: 1...128, path: \.toolHealthProbes),
        Entry(name: "AGENTS_TOOL_HEALTH_LEASE_MS", range: 1000...600_000, path: \.toolHealthLeaseMs),
        Entry(name: "AGENTS_OUTPUT_CONTRACT_RETRIES_DEFAULT", range: 0...100, path: \.contractRetries),
        Entry(name: "AGENTS_COMPRESSION_HARD_LIMIT", range: 1000...100_000_000, path: \.compressionLimitTokens),
        Entry(name: "AGENTS_COMPRESSION_SAFETY_BUFFER", range: 0...100_000_000, path: \.compressionBufferTokens),
        Entry(name: "AGENTS_LLM_GENERATION_SUBSEQUENT_CALL_TIMEOUT_MS", range: hour, path: \.summarizerMs),
        Entry(name: "AGENTS_CONVERSATION_ARTIFACTS_LIMIT", range: 0...1000, path: \.promptArtifacts),
        Entry(name: "AGENTS_ARTIFACT_GENERATION_MAX_RETRIES", range: 1...20, path: \.artifactNameAttempts),
        Entry(name: "AGENTS_ARTIFACT_GENERATION_BACKOFF_INITIAL_MS", range: hour, path: \.artifactNameRetryMs),
        Entry(name: "AGENTS_ARTIFACT_GENERATION_BACKOFF_MAX_MS", range: hour, path: \.artifactNameRetryMaxMs),
        Entry(name: "AGENTS_ARTIFACT_SESSION_MAX_PENDING", range: 0...100_000, path: \.artifactNamings),
        Entry(name: "AGENTS_STATUS_UPDATE_DEFAULT_NUM_EVENTS", range: 1...100, path: \.statusEvents),
        Entry(name: "AGENTS_STATUS_UPDATE_DEFAULT_INTERVAL_SECONDS", range: 1...600, path: \.statusSeconds),
        Entry(name: "AGENTS_ARTIFACT_SESSION_MAX_PREVIOUS_SUMMARIES", range: 0...100, path: \.statusMemory),
    ]

    /// The limits that are on or off.
    static let switches: [(name: String, path: any WritableKeyPath<RuntimeLimits, Bool> & Sendable)] = [
        ("AGENTS_COMPRESSION_ENABLED", \.compresses)
    ]

    /// Names of the spec first, then those that follow its form.
    private static let functionEntries: [Entry] = [
        ("EXECUTION_TIMEOUT_MS_DEFAULT", 100...600_000, \.functions.callMs),
        ("SANDBOX_VCPUS_DEFAULT", 1...256, \.functions.parallelCalls),
        ("SANDBOX_QUEUE_WAIT_TIMEOUT_MS", 1...600_000, \.functions.queueMs),
        ("SANDBOX_POOL_TTL_MS", 1000...86_400_000, \.functions.idleMs),
        ("SANDBOX_MAX_USE_COUNT", 1...100_000, \.functions.useCount),
        ("SANDBOX_CLEANUP_INTERVAL_MS", 1000...3_600_000, \.functions.cleanupMs),
        ("SANDBOX_MAX_OUTPUT_SIZE_BYTES", 1024...67_108_864, \.functions.outputBytes),
        ("SANDBOX_MAX_QUEUE", 0...100_000, \.functions.queuedCalls),
        ("SANDBOX_MAX_CONSOLE_BYTES", 0...1_048_576, \.functions.consoleBytes),
        ("SANDBOX_MAX_MEMORY_BYTES", 33_554_432...4_294_967_296, \.functions.memoryBytes),
        ("SANDBOX_START_TIMEOUT_MS", 1000...600_000, \.functions.startMs),
        ("SANDBOX_SPARE_WORKERS", 0...64, \.functions.spareWorkers),
        ("SANDBOX_MAX_TIMERS", 0...100_000, \.functions.timers),
        ("SANDBOX_MAX_MODULES", 0...100_000, \.functions.modules),
        ("SANDBOX_MAX_MODULE_BYTES", 1024...67_108_864, \.functions.moduleBytes),
        ("FETCH_MAX_COUNT", 0...10_000, \.functions.fetches),
        ("FETCH_MAX_PARALLEL", 1...128, \.functions.parallelFetches),
        ("FETCH_TIMEOUT_MS", 1...600_000, \.functions.fetchMs),
        ("FETCH_MAX_BYTES", 1024...67_108_864, \.functions.fetchBytes),
    ].map { Entry(name: "AGENTS_FUNCTION_TOOL_\($0)", range: $1, path: $2) }

    private static let hour = 1...3_600_000

    /// A name whose value is no whole number in its range, or neither true nor false.
    public struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        /// The names at fault with what they may be, in the order of the limits.
        public let reasons: [String]

        /// The reasons, one a line.
        public var description: String { reasons.joined(separator: "\n") }
    }

    /// The defaults, changed by what `environment` says.
    ///
    /// - Throws: all names at fault at once.
    public init(environment: [String: String]) throws(Invalid) {
        var reasons: [String] = []
        for entry in Self.entries {
            guard let text = environment[entry.name], !text.isEmpty else { continue }
            if let value = Int(text), entry.range.contains(value) {
                self[keyPath: entry.path] = value
            } else {
                reasons.append(
                    "\(entry.name) must be a whole number from \(entry.range.lowerBound) to \(entry.range.upperBound)")
            }
        }
        for (name, path) in Self.switches {
            guard let text = environment[name], !text.isEmpty else { continue }
            guard let isOn = Bool(text.lowercased()) else {
                reasons.append("\(name) must be true or false")
                continue
            }
            self[keyPath: path] = isOn
        }
        guard reasons.isEmpty else { throw Invalid(reasons: reasons) }
    }
}
