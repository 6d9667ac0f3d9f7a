public import Catalog

/// A project: agents and what they share (manage spec §2.2).
public struct Project: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// The name shown to people.
    public var name = ""
    /// What it is for.
    public var description: String? = ""
    /// The models of its agents unless they say otherwise.
    public var models: Models?
    /// The bounds of its agents unless they say otherwise; nil for the server's.
    public var stopWhen: StopWhen?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "project", title: "Project", plural: "projects", in: .tenant, tags: ["Projects"],
        names: OperationNames(
            list: "list-projects", get: "get-project-by-id", create: "create-project", update: "update-project",
            delete: "delete-project"),
        permissions: Permissions(list: .member, get: .view, create: .admin, update: .edit, delete: .admin),
        listParameters: [
            Operation.Parameter(
                "include", in: .query, "What to show beside the projects.",
                schema: ["type": "string", "enum": ["agents"]])
        ],
        rules: Rules(afterPut: { placement, workspace in
            try passOnBounds(from: placement.old, to: placement.value, workspace)
        }),
        extras: Extras(
            schemas: [
                "mainBranchName": ["type": "string"]
            ],
            optionalSchemas: [
                "agents": [
                    "type": "array", "description": "The agents, in lists that include them.",
                    "items": [
                        "type": "object",
                        "properties": ["agentId": ["type": "string"], "agentName": ["type": "string"]],
                        "required": ["agentId", "agentName"],
                    ],
                ]
            ],
            always: { project, branch in
                ["mainBranchName": .string("\(branch.tenant)_\(project.id)_\(BranchKey.main)")]
            }, onList: { ids, page, query, workspace in try agents(of: ids, page, query, workspace) }))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .projectID, "The project's id.", .createOnly, required: true),
        field("name", \.name, .text(1...256), "The name shown to people.", required: true),
        field("description", \.description, .text(), "What the project is for."),
        field("models", \.models, .withBase, "The models of its agents unless they say otherwise.", required: true),
        field("stopWhen", \.stopWhen, .structure, "The bounds of its agents unless they say otherwise."),
    ]

    /// The agents of the projects of a page when the query includes them (manage spec §2.2).
    private static func agents(
        of projects: [String], _ page: Page, _ query: [String: String], _ workspace: Workspace
    ) throws -> [String: JSONObject] {
        guard query["include"] != nil else { return [:] }
        var agents = Dictionary(uniqueKeysWithValues: projects.map { ($0, [JSONValue]()) })
        for (project, entry) in try workspace.inProjects(Agent.kind.name, projects) {
            let agent = Agent(entry)
            agents[project]?.append(["agentId": .string(agent.id), "agentName": .string(agent.name)])
        }
        return agents.mapValues { ["agents": .array($0)] }
    }

    /// Gives changed bounds to the agents and sub-agents that had none or the old ones (manage spec §2.2).
    static func passOnBounds(from before: Project?, to after: Project, _ workspace: Workspace) throws {
        guard let before, let new = after.stopWhen, before.stopWhen != new else { return }
        let old = before.stopWhen
        for var agent in try workspace.all(Agent.self) {
            let hasFollowed = follows(agent.stopWhen?.transferCountIs, old?.transferCountIs)
            if let bound = new.transferCountIs, bound != old?.transferCountIs, hasFollowed {
                agent.stopWhen = agent.stopWhen ?? AgentStopWhen()
                agent.stopWhen?.transferCountIs = bound
                try workspace.put(agent)
            }
            guard let bound = new.stepCountIs, bound != old?.stepCountIs else { continue }
            for var subAgent in try workspace.all(SubAgent.self, in: agent.id)
            where follows(subAgent.stopWhen?.stepCountIs, old?.stepCountIs) {
                subAgent.stopWhen = subAgent.stopWhen ?? SubAgentStopWhen()
                subAgent.stopWhen?.stepCountIs = bound
                try workspace.put(subAgent, in: agent.id)
            }
        }
    }

    private static func follows(_ bound: Int?, _ old: Int?) -> Bool { bound == nil || bound == old }
}
