public import Catalog
import Store

/// A bound on what runs may use: of what, how much, for whom and in what time.
public struct Budget: Structure, Hashable {
    /// What is bounded.
    public enum Measure: String, Sendable, CaseIterable {
        /// Tokens that models read and write.
        case tokens
        /// What they cost by the prices, millionths. Calls of models without a price count as nothing.
        case costMicros
        /// Milliseconds that runs take.
        case runMs
        /// Calls of models.
        case modelCalls
        /// Calls of tools.
        case toolCalls
        /// How deep delegations nest; of each run alone.
        case depth
    }

    /// What has an account of its own: each project, each agent, each user and so on.
    public enum Holder: String, Sendable, CaseIterable { case tenant, project, agent, user, conversation, run }

    /// The time after which an account is empty again.
    public enum Window: String, Sendable, CaseIterable {
        /// A day in UTC.
        case day
        /// A month in UTC.
        case month
    }

    /// The id, unique in the tenant; stands in the path.
    public var id = ""
    /// What is bounded.
    public var measure = Measure.tokens
    /// How much there may be of it.
    public var limit = 0
    /// What has an account of its own.
    public var per = Holder.tenant
    /// The time after which an account is empty again; nil for never, as for a run's always.
    public var window: Window?
    /// Only for runs of this project; nil for all.
    public var projectId: String?
    /// Only for runs of the agents of this id; nil for all.
    public var agentId: String?
    /// Only for runs for this end user; nil for all.
    public var userId: String?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("measure", \.measure, .choice, "What is bounded.", required: true),
        field("limit", \.limit, .integer(0...1_000_000_000_000_000), "How much there may be of it.", required: true),
        field("per", \.per, .choice, "What has an account of its own.", required: true),
        field("window", \.window, .choice, "The time after which an account is empty again; never unless told."),
        field("projectId", \.projectId, .text(1...255), "Only for runs of this project."),
        field("agentId", \.agentId, .text(1...255), "Only for runs of the agents of this id."),
        field("userId", \.userId, .text(1...256), "Only for runs for this end user."),
    ]

    /// Depth is each run's own, and a run has no days.
    public func check(_ decoding: inout Decoding) {
        if measure == .depth, per != .run { decoding.fail("must be run where depth is bounded", at: "per") }
        if per == .run, window != nil { decoding.fail("must not be there where each run has its own", at: "window") }
    }

    /// Whether a client with too little money, instead of too many requests, is what is told when nothing is left.
    var isMoney: Bool { measure == .costMicros }
}

/// Whose a run is: what accounts it uses.
struct RunPlace: Sendable, Hashable {
    var tenant: String
    var project: String
    var agent: String
    /// Empty for nobody in particular; those share one account.
    var user: String
    var conversation: String
    var run: String
    /// Whether run and conversation are another run's, for which this one works.
    var isDelegated: Bool
}

extension RunPlace {
    /// The place of a run with a scope, for this end user.
    init(_ scope: RunScope, user: String?) {
        self.init(
            tenant: scope.key.tenant, project: scope.key.project, agent: scope.agent, user: user ?? "",
            conversation: scope.delegated?.root.conversation ?? scope.conversation.id,
            run: scope.delegated?.root.run ?? scope.key.id, isDelegated: scope.delegated != nil)
    }
}

extension Budget {
    /// Whether it bounds the runs of this place.
    func bounds(_ place: RunPlace) -> Bool {
        (projectId ?? place.project) == place.project && (agentId ?? place.agent) == place.agent
            && (userId ?? place.user) == place.user
    }

    /// The account that a run of this place uses at a time.
    func account(_ place: RunPlace, at time: Int64) -> BudgetAccount {
        let subject =
            switch per {
            case .tenant: ""
            case .project: place.project
            case .agent: "\(place.project)/\(place.agent)"
            case .user: place.user
            case .conversation: "\(place.project)/\(place.conversation)"
            case .run: place.run
            }
        return BudgetAccount(tenant: place.tenant, budget: id, since: since(time), subject: subject)
    }

    /// When the window began that a time is in, milliseconds since 1970.
    private func since(_ time: Int64) -> Int64 {
        guard per != .run, let window else { return 0 }
        let day = time - time % UsageRow.dayMs
        switch window {
        case .day: return day
        case .month:
            let date = Timestamp.date(ofDay: Int(time / UsageRow.dayMs))
            return day - Int64(date.day - 1) * UsageRow.dayMs
        }
    }

    /// How long until an account is empty again; nil where it never is.
    func wait(at time: Int64) -> Duration? {
        guard per != .run, let window else { return nil }
        var end = since(time) + UsageRow.dayMs
        if window == .month {
            // The first day of the next month is at most 31 days on.
            end = since(time) + 27 * UsageRow.dayMs
            while Timestamp.date(ofDay: Int(end / UsageRow.dayMs)).day != 1 { end += UsageRow.dayMs }
        }
        return .milliseconds(end - time)
    }
}

extension Budget {
    /// Reads what is stored; nil for what this version does not know: such a budget bounds nothing.
    init?(_ row: BudgetRow) {
        self.init()
        var decoding = Decoding(isStored: true)
        guard assign(row.document, creating: true, &decoding) else { return nil }
        id = row.id
    }
}
