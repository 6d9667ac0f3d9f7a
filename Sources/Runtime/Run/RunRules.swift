public import Events

/// What a run may do: the limits, and for each sub-agent which tools, transfers and delegations it has. With the log it
/// determines the state of a run entirely.
public struct RunRules: Sendable, Hashable {
    /// What one sub-agent may do.
    public struct SubAgent: Sendable, Hashable {
        /// How many model calls one stay of the sub-agent may take, at least 1 (`stopWhen.stepCountIs`, run spec §8).
        public var stepLimit: Int
        /// Transfer tools: the tool's name to the target's id.
        public var transfers: [String: String]
        /// Delegation tools: the tool's name to the worker's id.
        public var delegates: [String: String]
        /// All other tools that are known beforehand, by name.
        public var tools: [String: RunToolRule]
        /// All names above in the order in which the model is told of them.
        public var toolNames: [String]
        /// Whether there are more tools, which only its sources know: then each stay begins with `RunAction.equip`.
        public var hasSources: Bool
        /// In which form it answers.
        public var answer: AnswerRules

        /// Rules from their parts.
        public init(
            stepLimit: Int, transfers: [String: String] = [:], delegates: [String: String] = [:],
            tools: [RunToolRule] = [], toolNames: [String], hasSources: Bool = false,
            answer: AnswerRules = AnswerRules()
        ) {
            self.stepLimit = stepLimit
            self.transfers = transfers
            self.delegates = delegates
            self.tools = Dictionary(tools.map { ($0.name, $0) }) { first, _ in first }
            self.toolNames = toolNames
            self.hasSources = hasSources
            self.answer = answer
        }
    }

    /// The sub-agents of the agent by id.
    public var subAgents: [String: SubAgent]
    /// How many transfers a run may make (`stopWhen.transferCountIs`); one more fails it.
    public var transferLimit: Int
    /// How many times in a row a model call may fail before the run gives up, at least 1.
    public var modelAttempts: Int
    /// How many frames a run may open, frame 0 included.
    public var frameLimit: Int
    /// How deep delegations may nest; frame 0 is at depth 0.
    public var depthLimit: Int
    /// How many tool calls of one answer are made; the others are told so.
    public var callLimit: Int
    /// How many UTF-8 bytes of text one model call may give.
    public var answerBytesLimit: Int
    /// Whether frame 0's text is logged as it comes; else once per model call.
    public var streams: Bool

    /// Rules from their parts; the defaults are those of `RuntimeLimits`.
    public init(
        subAgents: [String: SubAgent], transferLimit: Int, modelAttempts: Int = 3, frameLimit: Int = 64,
        depthLimit: Int = 5, callLimit: Int = 16, answerBytesLimit: Int = 1 << 20, streams: Bool = true
    ) {
        self.subAgents = subAgents
        self.transferLimit = transferLimit
        self.modelAttempts = modelAttempts
        self.frameLimit = frameLimit
        self.depthLimit = depthLimit
        self.callLimit = callLimit
        self.answerBytesLimit = answerBytesLimit
        self.streams = streams
    }
}
