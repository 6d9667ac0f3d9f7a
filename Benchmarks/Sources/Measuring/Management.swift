public import Kit

/// What the management of one project costs, by how much there is in it.
public struct ManagementResults: Sendable {
    /// One figure.
    public struct Figure: Sendable, Equatable {
        /// What was done.
        public let title: String
        /// How many agents the project had.
        public let agents: Int
        /// Milliseconds, one for each time.
        public let samples: [Double]
        /// Milliseconds of what does the same input and output without Covey's work; nil for none.
        public let reference: Double?
        /// Milliseconds that the median may take; nil for no such aim.
        public let limit: Double?

        /// A figure from its parts.
        public init(title: String, agents: Int, samples: [Double], reference: Double?, limit: Double?) {
            self.title = title
            self.agents = agents
            self.samples = samples
            self.reference = reference
            self.limit = limit
        }

        /// The median, milliseconds.
        public var median: Double { Distribution(samples).percentile(50) }
        /// The reference's time as a share of the median.
        public var share: Double? { reference.map { $0 / max(median, 0.000_001) } }
        /// Whether the aim is met; nil without one.
        public var isMet: Bool? {
            if let limit { return median <= limit }
            return share.map { $0 >= ManagementResults.shareAim }
        }
    }

    /// The share of its reference that single operations are to reach.
    public static let shareAim = 0.4
    /// The figures, in the order of their measuring.
    public var figures: [Figure] = []
    /// Processors that were busy with anything but this bench meanwhile; near 0 on a quiet machine.
    public var noise = 0.0

    /// Results that are still empty.
    public init() {}

    /// The results as they stand in the results file.
    public var json: JSON {
        .array(
            figures.map { figure in
                .object([
                    ("title", .text(figure.title)), ("agents", .count(figure.agents)),
                    ("times", .count(figure.samples.count)), ("ms", Distribution(figure.samples).summary),
                    ("reference_ms", figure.reference.map { .number($0) } ?? .null),
                ])
            })
    }

    /// The figures as a Markdown table.
    public var lines: [String] {
        var rows = [["management", "agents", "p50, ms", "p99, ms", "reference, ms", "share", "aim"]]
        for figure in figures {
            let aim = figure.limit.map { "≤ \(JSON.number($0).line) ms" } ?? (figure.share == nil ? "" : "≥ 0.40 ×")
            rows.append([
                figure.title, String(figure.agents), JSON.fixed(figure.median, decimals: 3),
                JSON.fixed(Distribution(figure.samples).percentile(99), decimals: 3),
                figure.reference.map { JSON.fixed($0, decimals: 3) } ?? "",
                figure.share.map { JSON.fixed($0, decimals: 2) + " ×" } ?? "",
                figure.isMet.map { aim + ($0 ? " met" : " missed") } ?? "",
            ])
        }
        rows.insert(Array(repeating: "---", count: rows[0].count), at: 1)
        return rows.map { "| " + $0.joined(separator: " | ") + " |" }
    }
}

/// Measures management over one connection: single agents, pages of their list, and one large agent as a whole.
struct Management {
    private static let project = "/manage/tenants/default/projects/bench"
    private static let agents = project + "/agents"

    /// Agents in the project when single operations and pages are measured.
    static let sizes = [1_000, 10_000, 100_000]
    /// Sub-agents of the large agent, and the relations between them and to tools.
    static let subAgents = 200

    let connection: KeptConnection
    let write: BareWrite
    let isQuick: Bool
    /// Makes so many more agents; how many there are in all.
    let fill: (Int) throws -> Void

    /// Does all of it.
    func perform() throws -> ManagementResults {
        var results = ManagementResults()
        try measureWhole(&results)
        var count = 0
        for size in isQuick ? Array(Self.sizes.prefix(2)) : Self.sizes {
            Output.note("bench: management of \(size) agents")
            try fill(size - count)
            count = size
            try measureSingle(size, &results)
            try measurePages(size, &results)
        }
        return results
    }

    private var times: Int { isQuick ? 50 : 500 }

    private func repeated(_ times: Int, _ body: (Int) throws -> Double) throws -> [Double] {
        // The first ones fill caches.
        for number in 0..<min(times / 10 + 1, 10) { _ = try body(-1 - number) }
        return try (0..<times).map(body)
    }

    private func median(_ times: Int, _ body: (Int) throws -> Double) throws -> Double {
        Distribution(try repeated(times, body)).percentile(50)
    }

    // MARK: Single agents

    private func measureSingle(_ size: Int, _ results: inout ManagementResults) throws {
        // Before and after each: the machine has other moods a second later.
        func reference(writes: Bool) throws -> Double {
            let route = try median(times / 2) { _ in try connection.time("GET", "/health", expecting: [204]) }
            return try route + (writes ? median(times / 2) { _ in try write.time() } : 0)
        }
        func add(_ title: String, writes: Bool, _ body: (Int) throws -> Double) throws {
            let before = try reference(writes: writes)
            let samples = try repeated(times, body)
            let mean = (before + (try reference(writes: writes))) / 2
            results.figures.append(
                .init(title: title, agents: size, samples: samples, reference: mean, limit: nil))
        }
        // Warm-up calls have negative numbers: they make and delete agents of their own.
        func id(_ number: Int) -> String { "single-\(size)-\(number < 0 ? "w\(-number)" : "\(number)")" }
        try add("create an agent", writes: true) {
            try connection.time("POST", Self.agents, Self.agent(id($0), "Agent"), expecting: [201])
        }
        try add("get an agent", writes: false) { try connection.time("GET", "\(Self.agents)/\(id($0))") }
        try add("change an agent", writes: true) {
            try connection.time("PATCH", "\(Self.agents)/\(id($0))", "{\"name\":\"Changed \($0)\"}")
        }
        try add("delete an agent", writes: true) {
            try connection.time("DELETE", "\(Self.agents)/\(id($0))", expecting: [204])
        }
    }

    private static func agent(_ id: String, _ name: String) -> String {
        JSON.object([
            ("id", .text(id)), ("name", .text(name)),
            ("description", .text("One of many agents, with a description of usual length.")),
        ]).line
    }

    // MARK: Pages

    private func measurePages(_ size: Int, _ results: inout ManagementResults) throws {
        func add(_ title: String, _ query: String, limit: Double?) throws {
            let path = Self.agents + query
            results.figures.append(
                .init(
                    title: title, agents: size,
                    samples: try repeated(times / 5) { _ in try connection.time("GET", path) }, reference: nil,
                    limit: limit))
        }
        let limit = 5.0
        let middle = size / 20
        try add("first page of 10", "", limit: limit)
        try add("first page of 100", "?limit=100", limit: nil)
        try add("page in the middle", "?page=\(middle)", limit: limit)
        try add("last page", "?page=\(size / 10)", limit: limit)
        try add("first page by name", "?sort=name", limit: limit)
        try add("page in the middle by name", "?sort=name&page=\(middle)", limit: limit)
        try add("page in the middle by change", "?sort=updatedAt&page=\(middle)", limit: limit)
        try add("search that finds nothing", "?q=no-such-agent", limit: nil)
    }

    // MARK: A whole agent

    private func measureWhole(_ results: inout ManagementResults) throws {
        Output.note("bench: a whole agent of \(Self.subAgents) sub-agents and 1,000 relations")
        for number in 0..<50 {
            let config = "{\"type\":\"mcp\",\"mcp\":{\"server\":{\"url\":\"http://127.0.0.1:1/mcp\"}}}"
            let tool = "{\"id\":\"tool-\(number)\",\"name\":\"Tool \(number)\",\"config\":\(config)}"
            try connection.call("POST", Self.project + "/tools", tool, expecting: [201])
        }
        let times = isQuick ? 3 : 15
        func add(_ title: String, limit: Double?, _ body: (Int) throws -> Double) throws {
            results.figures.append(
                .init(title: title, agents: 1, samples: try repeated(times, body), reference: nil, limit: limit))
        }
        func path(_ id: String) -> String { "\(Self.project)/agent/\(id)" }
        try add("whole agent: PUT, new", limit: 150) { number in
            let id = "whole\(number)"
            let time = try connection.time("PUT", path(id), Self.whole(id, "new"), expecting: [201])
            if number != 0 { try connection.call("DELETE", path(id), expecting: [204]) }
            return time
        }
        try add("whole agent: PUT, each sub-agent changed", limit: 150) { number in
            try connection.time("PUT", path("whole0"), Self.whole("whole0", "change \(number)"))
        }
        let last = Self.whole("whole0", "change \(times - 1)")
        try add("whole agent: PUT, nothing changed", limit: 150) { _ in
            try connection.time("PUT", path("whole0"), last)
        }
        try add("whole agent: GET", limit: 20) { _ in try connection.time("GET", path("whole0")) }
        try connection.call("DELETE", path("whole0"), expecting: [204])
    }

    /// An agent whose sub-agents have five relations each: whom they hand over to and call, and what they use.
    private static func whole(_ id: String, _ prompt: String) -> String {
        func name(_ number: Int) -> JSON { .text("sub-\(number % subAgents)") }
        let all: [(String, JSON)] = (0..<subAgents).map { number in
            let transfers = [number + 1, number + 2] + (number == 0 ? [3] : [])
            let subAgent = JSON.object([
                ("id", name(number)), ("type", .text("internal")), ("name", .text("Sub-agent \(number)")),
                ("description", .text("Does what sub-agent \(number) does.")),
                ("prompt", .text("You are sub-agent \(number). \(prompt)")),
                ("canTransferTo", .array(transfers.map(name))),
                // No call may lead back: the last one calls nobody.
                ("canDelegateTo", .array(number + 1 < subAgents ? [name(number + 1)] : [])),
                (
                    "canUse",
                    .array([number, number + 7].map { .object([("toolId", .text("tool-\($0 % 50)"))]) })
                ),
            ])
            return ("sub-\(number)", subAgent)
        }
        return JSON.object([
            ("id", .text(id)), ("name", .text("Whole")), ("defaultSubAgentId", .text("sub-0")),
            ("subAgents", .object(all)),
        ]).line
    }
}
