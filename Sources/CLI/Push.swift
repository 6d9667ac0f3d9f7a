public import ArgumentParser
import Catalog
import Foundation

/// What `push` and `plan` share: reading the files and asking the server what they would change.
struct Pushing {
    let client: Client
    let document: JSONValue
    let project: String

    init(path: String, project: String?, model: String?, client: Client) throws {
        var document = try ProjectFolder.document(at: path)
        if let model { document = Self.replacingScriptedModels(in: document, by: model) }
        guard let id = project ?? document["id"]?.string else {
            throw CommandFailure("\(path) names no project: add an id to project.yaml, or give --project.")
        }
        if case .object(var members) = document, members["id"]?.string != id {
            members["id"] = .string(id)
            document = .object(members)
        }
        self.client = client
        self.document = document
        self.project = id
    }

    private var path: String { client.tenantPath + "/project-full/" + PercentCoding.component(project) }

    func plan() async throws -> Plan {
        Plan(try await client.call("PUT", path + "?dryRun=true", body: document).body)
    }

    func push() async throws -> Int { try await client.call("PUT", path, body: document).status }

    /// Every `model` member that names a script, anywhere in project and agents, names `model` instead.
    static func replacingScriptedModels(in value: JSONValue, by model: String) -> JSONValue {
        switch value {
        case .object(let object):
            let scripted = object["model"]?.string?.lowercased().hasPrefix("scripted/") == true
            return .object(
                JSONObject(
                    object.map { name, member in
                        let replaced = scripted && name == "model"
                        return (name, replaced ? .string(model) : replacingScriptedModels(in: member, by: model))
                    }))
        case .array(let elements): return .array(elements.map { replacingScriptedModels(in: $0, by: model) })
        default: return value
        }
    }
}

/// `covey push`: makes the server's project what the files say.
public struct Push: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        abstract: "Make a project on the server what its files say.",
        discussion: """
            PATH is a folder (project.yaml, agents/, tools/, skills/ ...) or one YAML or JSON file with the whole
            document. What is on the server and not in the files is deleted, but for skills; the plan is shown first.
            """)

    @Argument(help: "Folder or file of the project.") var path: String
    @Option(help: "Project id, instead of the one in the files.") var project: String?
    @Option(help: "Use this model wherever the files name a scripted one.") var model: String?
    @Flag(help: "Do not ask before resources are deleted.") var yes = false
    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Shows the plan, asks where it deletes, and pushes.
    public func run() async throws { try await run(in: .live) }

    func run(in world: World) async throws {
        let printer = world.printer
        let pushing = try Pushing(
            path: path, project: project, model: model, client: connection.client(for: .manage, world))
        let plan = try await pushing.plan()
        plan.show(on: printer)
        if plan.isEmpty { return }
        if plan.deletions > 0, !yes {
            try printer.confirm(
                "Delete \(plan.deletions) resources", or: "This would delete \(plan.deletions) resources.")
        }
        printer.progress("Pushing \(pushing.project) ...")
        let status = try await pushing.push()
        printer.endProgress()
        printer.line(
            "\(status == 201 ? "Created" : "Updated") project \(pushing.project): \(plan.steps.count) changes.")
    }
}

/// `covey plan`: shows what a push would change, and changes nothing.
public struct PlanCommand: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what a push would change, and change nothing.")

    @Argument(help: "Folder or file of the project.") var path: String
    @Option(help: "Project id, instead of the one in the files.") var project: String?
    @Option(help: "Use this model wherever the files name a scripted one.") var model: String?
    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Shows the plan.
    public func run() async throws { try await run(in: .live) }

    func run(in world: World) async throws {
        let pushing = try Pushing(
            path: path, project: project, model: model, client: connection.client(for: .manage, world))
        try await pushing.plan().show(on: world.printer)
    }
}

/// `covey pull`: writes a project of the server into files.
public struct Pull: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        abstract: "Write a project of the server into files.",
        discussion:
            "Files of resources that the server does not have are removed; files that would not change stay."
    )

    @Argument(help: "Project id.") var project: String
    @Argument(help: "Folder to write into; the project's id when left out.") var path: String?
    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Reads the document and writes the files.
    public func run() async throws { try await run(in: .live) }

    func run(in world: World) async throws {
        let client = connection.client(for: .manage, world)
        let answer = try await client.call(
            "GET", client.tenantPath + "/project-full/" + PercentCoding.component(project))
        guard let document = answer.body["data"] else { throw CommandFailure("The server's answer holds no project.") }
        let folder = ProjectFolder(root: URL(filePath: path ?? project))
        let changed = try folder.write(document)
        for file in changed { world.printer.line("  \(file)") }
        world.printer.line(
            changed.isEmpty
                ? "Nothing to do: the files are the server's." : "\(changed.count) files written or removed.")
    }
}
