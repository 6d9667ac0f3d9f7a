import Kit

/// The agents of the bench's project.
enum BenchAgent: String, Sendable, Equatable, CaseIterable {
    /// Answers, and has nothing else.
    case plain
    /// Has the tool of the MCP server beside the model.
    case mcp
    /// Has a function tool, which Covey's workers run.
    case function
    /// Has the MCP tool, and a person is asked before each call.
    case approval

    /// The name of its tool, and a word that the tool's result holds; nil for none.
    var tool: (name: String, word: String)? {
        switch self {
        case .plain: nil
        case .mcp, .approval: ("search", "birds")
        case .function: ("count", "feathers")
        }
    }
}

/// The project that turns are measured in.
enum BenchProject {
    /// The document, with the model and the MCP server at `port`.
    static func document(port: UInt16) -> String {
        let model = JSON.object([
            ("model", .text("custom/fake")),
            ("providerOptions", .object([("baseURL", .text("http://127.0.0.1:\(port)/v1"))])),
        ])
        let server = JSON.object([("server", .object([("url", .text("http://127.0.0.1:\(port)/mcp"))]))])
        let tool = JSON.object([
            ("id", .text("searches")), ("name", .text("Searches")),
            ("config", .object([("type", .text("mcp")), ("mcp", server)])),
        ])
        return JSON.object([
            ("id", .text("bench")), ("name", .text("Bench")), ("models", .object([("base", model)])),
            ("tools", .object([("searches", tool)])),
            ("agents", .object(BenchAgent.allCases.map { ($0.rawValue, agent($0)) })),
        ]).line
    }

    private static func agent(_ agent: BenchAgent) -> JSON {
        let subAgent = JSON.object([
            ("id", .text("main")), ("type", .text("internal")), ("name", .text("Main")), ("prompt", .text("Answer.")),
            ("canUse", .array(uses(agent))),
        ])
        return .object(
            [
                ("id", .text(agent.rawValue)), ("name", .text(agent.rawValue)), ("defaultSubAgentId", .text("main")),
                ("subAgents", .object([("main", subAgent)])),
            ] + (agent == .function ? function : []))
    }

    private static func uses(_ agent: BenchAgent) -> [JSON] {
        switch agent {
        case .plain: return []
        case .mcp: return [.object([("toolId", .text("searches"))])]
        case .function: return [.object([("toolId", .text("count"))])]
        case .approval:
            let policies = JSON.object([("search", .object([("needsApproval", .flag(true))]))])
            return [.object([("toolId", .text("searches")), ("toolPolicies", policies)])]
        }
    }

    /// The function does what small ones do: takes its argument apart and answers with an object.
    private static var function: [(String, JSON)] {
        let code = """
            async ({ query }) => {
              const letters = {};
              for (const letter of query) letters[letter] = (letters[letter] ?? 0) + 1;
              return { unit: 'feathers', letters };
            }
            """
        let schema = JSON.object([
            ("type", .text("object")),
            ("properties", .object([("query", .object([("type", .text("string"))]))])),
        ])
        let definition = JSON.object([
            ("id", .text("letters")), ("executeCode", .text(code)), ("inputSchema", schema),
        ])
        let tool = JSON.object([
            ("id", .text("count")), ("name", .text("count")), ("description", .text("Counts letters.")),
            ("functionId", .text("letters")),
        ])
        return [
            ("functions", .object([("letters", definition)])), ("functionTools", .object([("count", tool)])),
        ]
    }
}
