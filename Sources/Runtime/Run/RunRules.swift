public import Events

/// What a run may do: the limits, and for each sub-agent which tools, transfers and delegations it has. With the log it
/// determines the state of a run entirely.
public struct RunRules: Sendable, Hashable {
    /// An agent outside the run that a sub-agent may delegate to.
    public struct OtherAgent: Sendable, Hashable {
        /// Where it is.
        public var kind: RunDelegation.Kind
        /// Its id.
        public var id: String

        /// An agent from its parts.
        public init(_ kind: RunDelegation.Kind, id: String) {
            self.kind = kind
            self.id = id
        }
    }

    /// What one sub-agent may do.
    public struct SubAgent: Sendable, Hashable {
        /// How many model calls one stay of the sub-agent may take, at least 1 (`stopWhen.stepCountIs`, run spec §8).
        public var stepLimit: Int
        /// Transfer tools: the tool's name to the target's id.
        public var transfers: [String: String]
        /// Delegation tools: the tool's name to the worker's id.
        public var delegates: [String: String]
        /// Delegation tools of agents outside the run: the tool's name to whom. Their calls are made as those of any
        /// tool, so that they are among `tools`, too.
        public var otherAgents: [String: OtherAgent]
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
            otherAgents: [String: OtherAgent] = [:], tools: [RunToolRule] = [], toolNames: [String],
            hasSources: Bool = false, answer: AnswerRules = AnswerRules()
        ) {
            self.stepLimit = stepLimit
            self.transfers = transfers
            self.delegates = delegates
            self.otherAgents = otherAgents
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
    /// How many frames a run may open, frame 0 included; delegations to agents outside the run count, too.
    public var frameLimit: Int
    /// How deep delegations may nest, over all runs that work for each other; frame 0 of a person's run is at depth 0.
    public var depthLimit: Int
    /// How deep frame 0 is: above 0 in a run that works for another one.
    public var depth: Int
    /// How many tool calls of one answer are made; the others are told so.
    public var callLimit: Int
    /// How many UTF-8 bytes of text one model call may give.
    public var answerBytesLimit: Int
    /// Whether frame 0's text is logged as it comes; else once per model call.
    public var streams: Bool

    /// Rules from their parts; the defaults are those of `RuntimeLimits`.
    public init(
        subAgents: [String: SubAgent], transferLimit: Int, modelAttempts: Int = 3, frameLimit: Int = 64,
        depthLimit: Int = 5, depth: Int = 0, callLimit: Int = 16, answerBytesLimit: Int = 1 << 20,
        streams: Bool = true
    ) {
        self.subAgents = subAgents
        self.transferLimit = transferLimit
        self.modelAttempts = modelAttempts
        self.frameLimit = frameLimit
        self.depthLimit = depthLimit
        self.depth = depth
        self.callLimit = callLimit
        self.answerBytesLimit = answerBytesLimit
        self.streams = streams
    }
}
