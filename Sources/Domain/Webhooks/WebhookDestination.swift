public import Catalog

/// Where a project's events are sent (manage spec §2.20).
public struct WebhookDestination: Resource, Equatable {
    /// What may be sent.
    public enum EventType: String, CaseIterable, Sendable {
        case conversationCreated = "conversation.created"
        case conversationUpdated = "conversation.updated"
        case feedbackCreated = "feedback.created"
        case eventCreated = "event.created"
        case evaluationFailed = "evaluation.failed"
        case executionError = "conversation.execution.error"
        case generationError = "conversation.generation.error"
        case toolError = "conversation.tool.error"
        case contextError = "conversation.context.error"
    }

    /// The id, unique in the project.
    public var id = ""
    /// The name shown to people.
    public var name = ""
    /// What it is for; nil for nothing said.
    public var description: String?
    /// Whether events are sent.
    public var enabled = true
    /// The address that they are sent to; nil for a Slack channel.
    public var url: String?
    /// The Slack channel that they are sent to; nil for an address.
    public var slackChannelId: String?
    /// What is sent; at least one.
    public var eventTypes: [EventType] = []
    /// Header fields sent along; nil for none.
    public var headers: HeaderMap?
    /// The agents whose events are sent; none for all, unless `isForSome`.
    public var agentIds: [String] = []
    /// Whether agents were named. When all of those are gone no events are sent, so that a destination never hears of
    /// agents that it was not made for.
    public var isForSome = false
    /// The evaluators whose failures are sent; there are no evaluators yet.
    public var evaluatorIds: [String] = []

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "webhook-destination", title: "Webhook destination", plural: "webhook-destinations", in: .project,
        tags: ["Webhooks"],
        names: OperationNames(
            list: "list-webhook-destinations", get: "get-webhook-destination", create: "create-webhook-destination",
            update: "update-webhook-destination", delete: "delete-webhook-destination"),
        identity: .generated, filters: [("agentId", "agentIds")],
        rules: Rules(beforePut: { placement, workspace in
            if placement.value.agentIds != placement.old?.agentIds {
                placement.value.isForSome = !placement.value.agentIds.isEmpty
            }
            guard let url = placement.value.url, url != placement.old?.url else { return }
            try requireReach(url, workspace)
        }))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The destination's id; made when absent.", .createOnly),
        field("name", \.name, .text(1...256), "The name shown to people.", required: true),
        field("description", \.description, .text(), "What the destination is for."),
        field("enabled", \.enabled, .flag.described(["default": true]), "Whether events are sent."),
        field("url", \.url, .httpURL, "The address that events are sent to."),
        field("slackChannelId", \.slackChannelId, .slackChannel, "The Slack channel that events are sent to."),
        field(
            "eventTypes", \.eventTypes,
            .list(of: .choice, countMax: EventType.allCases.count).described(["minItems": 1])
                .checked { $0.isEmpty ? "must have at least one element" : nil },
            "What is sent.", required: true),
        field("headers", \.headers, .headerMap, "Header fields sent along."),
        field(
            "agentIds", \.agentIds, .list(of: .resourceID, countMax: 1000),
            "The agents whose events are sent; empty for all.", reference: .to(Agent.kind.name, onDelete: .clear)),
        field("isForSome", \.isForSome, .flag, "Whether agents were named.", .hidden),
        field(
            "evaluatorIds", \.evaluatorIds, .list(of: .text(1...256)).checked(noEvaluators),
            "The evaluators whose failures are sent; not available yet."),
    ]

    @Sendable private static func noEvaluators(_ ids: [String]) -> String? {
        ids.isEmpty ? nil : "evaluators are not available in this version; leave it empty"
    }

    /// Notes when there is not one place to send to.
    public func check(_ decoding: inout Decoding) {
        if url == nil, slackChannelId == nil { decoding.fail("Required, unless slackChannelId is given", at: "url") }
        if url != nil, slackChannelId != nil { decoding.fail("must not be given beside url", at: "slackChannelId") }
    }

    /// Refuses an address that nothing is sent to.
    private static func requireReach(_ url: String, _ workspace: Workspace) throws(Problem) {
        guard let refusal = workspace.surroundings.refusalOfAddress(url) else { return }
        throw Problem.invalid([.init(["url"], refusal)])
    }

    static let test = Operation(
        "test-webhook-destination", .post, Scope.project.path + "/webhook-destinations/{id}/test", tag: "Webhooks",
        summary: "Test Webhook Destination", permission: .edit,
        responses: [.init(200, "What came of it.", schema: OpenAPI.reference("WebhookDestinationTestResult"))],
        errors: (Operation.commonErrors + [501]).sorted(),
        effect: .read { workspace, input in
            let destination = WebhookDestination(try kind.entry(workspace, input))
            if let url = destination.url { try requireReach(url, workspace) }
            throw Problem.notBuilt("test-webhook-destination")
        })

    static let schemas: [(name: String, schema: JSONObject)] = [
        (
            "WebhookDestinationTestResult",
            [
                "type": "object",
                "properties": [
                    "success": ["type": "boolean"], "statusCode": ["type": "integer"], "error": ["type": "string"],
                ],
                "required": ["success"],
            ]
        )
    ]
}

extension FieldType where Value == String {
    /// A Slack channel. A channel must have the project's bot in it (manage spec §2.20), and there is no bot yet.
    static let slackChannel = FieldType.text(1...256).checked { _ in
        "names a Slack channel, but no Slack workspace is connected; use url"
    }
}
