public import Catalog

/// A schedule on which an agent runs, once or again and again (manage spec §2.19). It lives outside branches and says
/// on which one it runs.
public struct ScheduledTrigger: Resource, RunsAsUsers, Equatable {
    /// The id, unique within its agent.
    public var id = ""
    /// The name shown to people.
    public var name = ""
    /// What it is for; nil for nothing said.
    public var description: String?
    /// Whether it runs.
    public var enabled = true
    /// When it comes again and again; nil when it runs once.
    public var cronExpression: String?
    /// The IANA name of the zone of `cronExpression`; nil for UTC.
    public var cronTimezone: String? = "UTC"
    /// When it runs once, RFC 3339; nil when it comes again and again.
    public var runAt: String?
    /// What the run is given; nil for nothing.
    public var payload: JSONObject?
    /// The text of the message, in which `{{path}}` stands for what is there in the payload; nil for the payload.
    public var messageTemplate: String?
    /// Attempts after the first, 0–10.
    public var maxRetries = 1
    /// Seconds before the first of them, 10–3,600.
    public var retryDelaySeconds = 60
    /// Seconds after which an attempt has failed, 30–780.
    public var timeoutSeconds = 780
    /// The branch, tag or commit that it runs on.
    public var ref = BranchKey.main
    /// The users as whom it runs, one run each; none for one run as nobody.
    public var runAsUserIds: [String] = []
    /// The user that a body named alone; nil when it did not.
    var namedUser: String?
    /// Milliseconds between the runs of one turn, 0–600,000; nil for none.
    public var dispatchDelayMs: Int?
    /// The dataset run that it sets off instead of a conversation; nil for none.
    public var datasetRunConfigId: String?
    /// Who made it.
    public var createdBy: String?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "scheduled-trigger", title: "Scheduled trigger", plural: "scheduled-triggers", in: .agent,
        tags: ["Scheduled Triggers"],
        names: OperationNames(
            list: "list-scheduled-triggers", get: "get-scheduled-trigger-by-id", create: "create-scheduled-trigger",
            update: "update-scheduled-trigger", delete: "delete-scheduled-trigger"),
        identity: .generated, filters: [("runAsUserId", "runAsUserIds")], refusesEmptyUpdate: true, isVersioned: false,
        rules: Rules(
            beforePut: { placement, workspace in
                try placement.value.settleUsers(over: placement.old, workspace)
            }, beforeDelete: { trigger, _, workspace in try trigger.requireOwner(workspace.surroundings.caller) }),
        extras: Extras(
            schemas: extraSchemas, inContext: { trigger, key, workspace in try trigger.moment(key, workspace) }))

    /// The members.
    public static let fields: [Field<Self>] =
        [
            field("id", \.id, .resourceID, "The trigger's id; made when absent.", .createOnly),
            field("name", \.name, .text(1...256), "The name shown to people.", required: true),
            field("description", \.description, .text(), "What the trigger is for."),
            field("enabled", \.enabled, .flag.described(["default": true]), "Whether it runs."),
            field("cronExpression", \.cronExpression, .cron, "When it comes again and again, in five fields."),
            field(
                "cronTimezone", \.cronTimezone, .timeZone.described(["default": "UTC"]),
                "The IANA name of the zone of cronExpression."),
            field("runAt", \.runAt, .moment, "When it runs once."),
            field("payload", \.payload, .jsonObject, "What the run is given."),
            field(
                "messageTemplate", \.messageTemplate, .text(1...200_000),
                "The text of the message; {{path}} stands for what is there in the payload."),
            field(
                "maxRetries", \.maxRetries, .integer(0...10).described(["default": 1]), "Attempts after the first."),
            field(
                "retryDelaySeconds", \.retryDelaySeconds, .integer(10...3600).described(["default": 60]),
                "Seconds before the first of them."),
            field(
                "timeoutSeconds", \.timeoutSeconds, .integer(30...780).described(["default": 780]),
                "Seconds after which an attempt has failed."),
            field(
                "ref", \.ref, .text(1...256).described(["default": "main"]), "The branch, tag or commit it runs on."),
        ] + userFields(\.runAsUserId, \.runAsUserIds) + [
            field(
                "dispatchDelayMs", \.dispatchDelayMs, .integer(0...600_000),
                "Milliseconds between the runs of one turn."),
            field("datasetRunConfigId", \.datasetRunConfigId, .text(1...256), "The dataset run that it sets off."),
            field("createdBy", \.createdBy, .text(), "Who made it.", .recorded),
        ]

    /// Notes what is broken across members.
    public func check(_ decoding: inout Decoding) {
        checkUsers(&decoding)
        switch (cronExpression != nil, runAt != nil) {
        case (true, true):
            decoding.fail("must not be given beside cronExpression; set one of them to null", at: "runAt")
        case (false, false): decoding.fail("Required, unless runAt is given", at: "cronExpression")
        default: return
        }
    }

    mutating func usersHaveGone() { enabled = false }

    /// When it comes next, milliseconds since 1970; nil when it does not.
    func nextRun(after now: Int64) -> Int64? {
        guard enabled else { return nil }
        if let runAt { return Timestamp.milliseconds(runAt).flatMap { $0 > now ? $0 : nil } }
        guard let text = cronExpression, let cron = try? Cron(text),
            let zone = ClockZone(named: cronTimezone ?? "UTC")
        else { return nil }
        return CronSchedule(cron: cron, zone: zone).next(after: now)
    }

    // MARK: What became of it

    /// When it comes next and what became of its latest turn, as of now.
    private func moment(_ key: ResourceKey, _ workspace: Workspace) throws -> JSONObject {
        let latest = try workspace.invocations.latest(key)
        func count(_ status: Invocation.Status) -> Int64 { Int64(latest.count { $0.status == status }) }
        let (failed, completed) = (count(.failed), count(.completed))
        let (running, pending) = (count(.running), count(.pending))
        var status = JSONValue.null
        if running + pending == 0, failed + completed > 0 { status = failed > 0 ? "failed" : "completed" }
        let lastRun = latest.compactMap { $0.endedAt ?? $0.startedAt }.max()
        return [
            "nextRunAt": nextRun(after: workspace.now).map { .string(Timestamp.text($0)) } ?? .null,
            "lastRunAt": lastRun.map { .string(Timestamp.text($0)) } ?? .null, "lastRunStatus": status,
            "lastRunConversationIds": .array(latest.flatMap(\.conversations).map(JSONValue.string)),
            "lastRunSummary": latest.isEmpty
                ? .null
                : [
                    "total": .integer(Int64(latest.count)), "completed": .integer(completed),
                    "failed": .integer(failed), "running": .integer(running), "pending": .integer(pending),
                ], "userCount": .integer(Int64(runAsUserIds.count)),
        ]
    }

    private static let extraSchemas: JSONObject = [
        "nextRunAt": ["type": ["string", "null"], "format": "date-time"],
        "lastRunAt": ["type": ["string", "null"], "format": "date-time"],
        "lastRunStatus": ["type": ["string", "null"], "enum": ["completed", "failed", .null]],
        "lastRunConversationIds": ["type": "array", "items": ["type": "string"]],
        "lastRunSummary": [
            "type": ["object", "null"],
            "properties": .object(
                JSONObject(summaryMembers.map { ($0, ["type": "integer"]) })),
            "required": .array(summaryMembers.map(JSONValue.string)),
        ],
        "userCount": ["type": "integer"],
    ]

    private static let summaryMembers = ["total", "completed", "failed", "running", "pending"]
}

extension FieldType where Value == String {
    /// A cron expression of five fields (manage spec §0.12).
    static let cron = FieldType.text(1...256).checked { text in
        do throws(Cron.Refusal) {
            _ = try Cron(text)
            return nil
        } catch {
            return error.reason
        }
    }

    /// The IANA name of a time zone.
    public static let timeZone = FieldType.text(1...64).checked { name in
        ClockZone(named: name) == nil ? "must be the IANA name of a time zone, as Europe/Berlin" : nil
    }
}
