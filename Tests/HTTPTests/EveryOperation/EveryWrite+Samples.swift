import Catalog
import CoveyTesting
import Domain
import Outbound
import Store
import Testing

/// What is written: one of everything.
extension EveryWrite {
    /// The values of path parameters; others are the ids of what was made.
    static let ids = fixtureIDs.merging([
        "branchName": "dev", "conversationId": "c1", "mediaKey": "m_m1%2Fsha256-\(pixelDigest).png",
        "dataComponentId": "the-data-component", "artifactComponentId": "the-artifact-component",
        "functionToolId": "the-function-tool", "toolId": "the-tool",
        "skillId": "the-skill",
    ]) { $1 }

    /// Other values, of what lies elsewhere.
    static let otherIDs: [[String: String]] = [
        ["agentId": "whole", "subAgentId": "main", "id": "whole"],
        ["projectId": "entire", "agentId": "whole", "subAgentId": "main", "id": "the-tool", "toolId": "the-tool"],
    ]

    private static let tool: JSONValue = [
        "id": "the-tool", "name": "Tool",
        "config": [
            "type": "mcp",
            "mcp": [
                "server": ["url": "https://mcp.example.com/mcp"],
                "transport": ["type": "streamable_http", "requestInit": [:], "eventSourceInit": [:]],
            ],
        ],
    ]

    private static let variables: JSONValue = [
        "user": [
            "id": "user", "trigger": "initialization",
            "fetchConfig": ["url": "https://crm.example.com/user", "method": "GET"],
            "responseSchema": ["type": "object"],
        ]
    ]

    /// What bodies of single kinds need for their secrets to have a place.
    private static let needs: [String: JSONObject] = ["context-config": ["contextVariables": variables]]

    private static let agent: JSONValue = [
        "id": "whole", "name": "Whole", "defaultSubAgentId": "main",
        "subAgents": [
            "main": [
                "id": "main", "type": "internal", "name": "Main", "prompt": "Answer.",
                "canUse": [["toolId": "the-tool"]],
                "canDelegateTo": [["externalAgentId": "the-external-agent"], ["agentId": "b"]],
            ]
        ],
        "tools": ["the-tool": tool], "contextConfig": ["id": "whole-context", "contextVariables": variables],
        "triggers": [
            "hook": ["id": "hook", "name": "Hook", "authentication": ["headers": [["name": "x-hook-key"]]]]
        ],
    ]

    private static let project: JSONValue = [
        "id": "entire", "name": "Entire", "models": ["base": ["model": "mock/m"]],
        "agents": [
            "whole": agent,
            "b": [
                "id": "b", "name": "B", "defaultSubAgentId": "main",
                "subAgents": ["main": ["id": "main", "type": "internal", "name": "Main", "canUse": []]],
            ],
        ],
        "tools": ["the-tool": tool],
        "externalAgents": [
            "the-external-agent": ["id": "the-external-agent", "name": "CRM", "baseUrl": "https://crm.example.com/a2a"]
        ],
    ]

    private static let pixel =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

    private static let pixelDigest = "6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0"

    private static let turn: JSONValue = [
        "conversationId": "c1", "stream": false,
        "messages": [
            [
                "id": "m1", "role": "user",
                "parts": [
                    ["type": "text", "text": "See"],
                    [
                        "type": "file", "mediaType": "image/png", "filename": "a.png",
                        "url": .string("data:image/png;base64," + pixel),
                    ],
                ],
            ]
        ],
    ]
}

extension EveryWrite {
    /// One of everything in project `p`, and whole documents.
    func write() async throws {
        try await make("create-project", ["id": "p", "name": "P", "models": ["base": ["model": "mock/m"]]])
        for agent in ["a", "b"] {
            try await make("create-agent", ["id": .string(agent), "name": "Agent", "defaultSubAgentId": "s"])
        }
        for subAgent in ["s", "t"] {
            try await make("create-subagent", ["id": .string(subAgent), "name": "Sub", "prompt": "Answer."])
        }
        // Sub-agents that may use nothing yet.
        try await make("chat", Self.turn)
        try await make("create-chat-completion", ["model": "x", "messages": messages("Hi"), "conversationId": "c3"])
        let execution = try await make("create-execution", ["messages": messages("Hi"), "conversationId": "c2"])
        name(try #require(execution.headers["x-workflow-run-id"]), at: "/run/api/executions")
        name("c1", at: Scope.project.path + "/conversations")
        for row in KindsTests.rows {
            let kind = try #require(Everything.kindsByName[row.kind])
            let create = try #require(kind.operations.first { $0.method == .post })
            let body = (row.body.object ?? [:]).merging(Self.needs[row.kind] ?? [:])
            let made = try await make(create.id, .object(body))
            guard let update = kind.operations.first(where: { $0.method == .patch }) else { continue }
            let id = try #require(made.data["id"]?.string)
            try await make(
                update.id, .object(row.change.object?.merging(Self.needs[row.kind] ?? [:]) ?? [:]),
                path: ["id": id])
        }
        // A tool that each uses with a credential of their own, and the caller's.
        let config = Self.tool["config"] ?? .null
        try await make(
            "create-tool", ["id": "own-tool", "name": "Own", "credentialScope": "user", "config": config])
        try await make(
            "create-credential",
            [
                "id": "own-credential", "name": "Own", "type": "memory", "credentialStoreId": "memory-default",
                "toolId": "own-tool", "userId": "bypass",
            ])
        name("own-tool", at: Scope.project.path + "/tools")
        for store in ["keychain-default", "memory-default"] {
            try await make("create-credential-in-store", ["key": "k"], path: ["id": store])
        }
        for link in Everything.links {
            let associate = try #require(link.operations.first { $0.method == .post })
            if link.target.name == "skill" { continue }
            try await make(associate.id, ["subAgentId": "s", .init(link.member): .string("the-" + link.target.name)])
        }
        try await make("create-full-agent", Self.agent)
        try await make("update-full-agent", Self.agent, path: ["agentId": "whole"])
        try await make("create-full-project", Self.project)
        try await make("update-full-project", Self.project, path: ["projectId": "entire"])
    }

    /// What is no single kind's: skills, keys, apps, branches and their merge. Answers with the API key.
    @discardableResult
    func writeElsewhere() async throws -> String {
        let entry: JSONValue = "---\nname: the-skill\ndescription: Of use.\n---\nOne."
        try await make("create-skill", ["files": [["filePath": "SKILL.md", "content": entry]]])
        try await make(
            "update-skill", ["files": [["filePath": "SKILL.md", "content": entry]]], path: ["id": "the-skill"])
        try await make("create-skill-file", ["filePath": "a.md", "content": "A"], path: ["id": "the-skill"])
        try await make("update-skill-file", ["content": "B"], path: ["id": "the-skill"])
        try await make("create-subagent-skill", ["subAgentId": "s", "skillId": "the-skill", "index": 0])
        let key = try await make("create-api-key", ["agentId": "a", "name": "Key"], tells: true)
        try await make("update-api-key", ["name": "Other"])
        let config: JSONValue = ["type": "web_client", "webClient": ["allowedDomains": ["*"]]]
        let app = try await make("create-app", ["name": "App", "type": "web_client", "config": config])
        let appID = try #require(app.data["app"]?["id"]?.string)
        try await make("update-app", ["name": "Other"], path: ["id": appID])
        try await make(
            "create-app-auth-key",
            ["kid": "k", "publicKey": .string(AppsTests.keys["EdDSA"] ?? ""), "algorithm": "EdDSA"],
            path: ["appId": appID])
        for kind in ["trigger", "scheduled-trigger"] {
            try await make("set-\(kind)-users", ["userIds": ["u1"]])
            try await make("add-\(kind)-user", ["userId": "u2"])
        }
        try await make("rerun-trigger", ["userMessage": "Again", "runAsUserId": "u1"], expecting: 501)
        let budget: JSONValue = ["measure": "modelCalls", "limit": 1_000_000, "per": "user", "window": "day"]
        try await make("put-budget", budget, path: ["id": "b"], expecting: 201)
        name("b", at: Scope.tenant.path + "/budgets")
        let price: JSONValue = [
            "model": "other/*", "inputMicrosPerMillion": 1, "outputMicrosPerMillion": 2,
        ]
        try await make("put-prices", ["prices": [price]], expecting: 200)
        try await writePeople(appID)
        try await make("add-project-member", ["userId": "x", "role": "project_viewer"])
        try await make("update-project-member", ["role": "project_member", "previousRole": "project_viewer"])
        try await writeVersions()
        try await writeInvocations()
        return try #require(key.data["key"]?.string)
    }

    /// People, what they sign in with, and what visitors of an app come with.
    private func writePeople(_ appID: String) async throws {
        try await app.store.makePerson("x", .member)
        try await make("create-user", ["email": "ann@x.io", "name": "Ann", "role": "member"], expecting: 201)
        try await make(
            "invite-members", ["emails": ["ben@x.io"], "role": "member", "organizationId": "default"], expecting: 200)
        try await make("list-user-providers", ["userIds": ["x"], "organizationId": "default"], expecting: 200)
        try await make("upsert-user-profile", ["timezone": "Europe/Berlin"], path: ["userId": "x"], expecting: 200)
        try await make("create-password-reset-link", ["email": "ann@x.io"], tells: true, expecting: 200)
        try await make("create-playground-token", ["projectId": "p", "agentId": "a"], tells: true, expecting: 200)
        name(appID, at: "app")
        for id in ["verify-challenge", "verify-challenge-sentinel"] {
            try await make(id, ["payload": "e30="], expecting: 200)
        }
    }

    /// A branch, its merge over a conflict, and the way back.
    private func writeVersions() async throws {
        try await make("create-branch", ["name": "dev"])
        try await make("update-tool", ["name": "Elsewhere"], path: ["id": "the-tool"], query: "?ref=dev")
        try await make("update-tool", ["name": "Here"], path: ["id": "the-tool"])
        let ends: JSONObject = ["sourceBranch": "dev", "targetBranch": "main"]
        let preview = try await make("merge-preview", .object(ends)).data
        let conflict = try #require(preview["conflicts"]?[0])
        let resolution: JSONValue = [
            "table": conflict["table"] ?? .null, "primaryKey": conflict["primaryKey"] ?? .null,
            "rowDefaultPick": "theirs",
        ]
        try await make(
            "merge-execute",
            .object(
                ends.with([
                    "sourceHash": preview["sourceHash"] ?? .null, "targetHash": preview["targetHash"] ?? .null,
                    "resolutions": [resolution],
                ])))
        let history = try await send(operation("get-project-history"), tenantPath + "/projects/p/history")
        let number = try #require(history.data[0]?["number"])
        for operation in operations where operation.id.hasPrefix("restore-") {
            try await make(operation.id, ["at": number])
        }
    }

    /// What triggers did, which nothing does over the wire yet.
    private func writeInvocations() async throws {
        for kind in [Trigger.kind, ScheduledTrigger.kind] {
            let list = try #require(kind.operations.first { $0.method == .get })
            let source = ResourceKey(kind: kind.name, parent: "a", id: try #require(id(at: list.path)))
            let branch = kind.isVersioned ? BranchKey.main : BranchKey.unversioned
            let project = BranchKey(tenant: "default", project: "p", branch: branch)
            try await app.store.write(in: project, actor: "test", at: 1) { transaction in
                let workspace = transaction.workspace(
                    WorkspaceTools(projectKind: "project", now: 1, makeID: { "x" }, sealing: TestApp.sealing))
                try workspace.invocations.add(
                    Invocation(id: "of-" + source.id, source: source, status: .completed, dueAt: 1, createdAt: 1))
            }
            name("of-" + source.id, at: list.path + "/{id}/invocations")
        }
    }
}
