public import ArgumentParser
import Catalog

/// `covey history`: shows what was changed in a project or an agent.
public struct History: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        abstract: "Show what was changed in a project or an agent, newest first.",
        discussion: "The number at the beginning of a line is what `covey restore-change` takes.")

    @Argument(help: "Project id.") var project: String
    @Argument(help: "Agent id; the whole project when left out.") var agent: String?
    @Option(help: "How many changes to show, 1-100.") var limit = 20
    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Reads the history and shows it.
    public func run() async throws { try await run(in: .live) }

    func run(in world: World) async throws {
        let client = connection.client(for: .manage, world)
        let path = client.path(project: project, agent: agent) + "/history"
        let answer = try await client.call("GET", path + "?limit=\(limit)").body
        let lines = answer["data"]?.array ?? []
        if lines.isEmpty { return world.printer.line("Nothing was ever changed.") }
        for line in lines { show(line, on: world.printer) }
        let total = answer["pagination"]?["total"]?.integer ?? lines.count
        if total > lines.count { world.printer.line("\(total - lines.count) older changes", .dimmed) }
    }

    private func show(_ line: JSONValue, on printer: Printer) {
        func text(_ name: String) -> String { line[name]?.string ?? "" }
        let number = line["number"]?.integer.map { String($0) } ?? ""
        let place = text("parent")
        let (mark, style): (String, Printer.Style) =
            switch text("action") {
            case "create": ("+", .green)
            case "delete": ("-", .red)
            default: ("~", .yellow)
            }
        let names = (line["members"]?.array ?? []).compactMap { $0["name"]?.string }
        let members = mark == "~" && !names.isEmpty ? ": \(names.joined(separator: ", "))" : ""
        let branch = text("branch") == BranchKey.main ? "" : " on \(text("branch"))"
        printer.text("\(number)  \(text("at"))  \(text("actor"))\(branch)  ", .dimmed)
        printer.line("\(mark) \(text("kind")) \(place.isEmpty ? "" : "\(place): ")\(text("id"))\(members)", style)
    }
}

/// `covey restore-change`: makes a project or an agent what it was after an earlier change.
public struct RestoreChange: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "restore-change", abstract: "Make a project or an agent what it was after an earlier change.",
        discussion: """
            The plan is shown first. What is restored is itself in the history, so it can be undone the same way. \
            `covey history` shows the numbers of changes.
            """)

    @Argument(help: "Project id.") var project: String
    @Argument(help: "Number of the change.") var number: Int
    @Option(help: "Restore this agent alone, with all that lives in it.") var agent: String?
    @Flag(help: "Do not ask before it is done.") var yes = false
    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Shows the plan, asks, and restores.
    public func run() async throws { try await run(in: .live) }

    func run(in world: World) async throws {
        let client = connection.client(for: .manage, world)
        let path = client.path(project: project, agent: agent) + "/restore"
        let order: JSONValue = ["at": .integer(Int64(number))]
        let plan = Plan(try await client.call("POST", path + "?dryRun=true", body: order).body)
        let subject = agent.map { "agent \($0)" } ?? "project \(project)"
        if plan.isEmpty { return world.printer.line("Nothing to do: \(subject) is as it was then.") }
        plan.show(on: world.printer)
        if !yes {
            try world.printer.confirm("Restore \(subject)", or: "This would change \(plan.steps.count) resources.")
        }
        _ = try await client.call("POST", path, body: order)
        world.printer.line("Restored \(subject) to change \(number): \(plan.steps.count) changes.")
    }
}

extension Client {
    /// The path of a project, or of an agent in it.
    func path(project: String, agent: String?) -> String {
        let path = tenantPath + "/projects/" + PercentCoding.component(project)
        return agent.map { "\(path)/agents/\(PercentCoding.component($0))" } ?? path
    }
}
