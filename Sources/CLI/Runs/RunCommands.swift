public import ArgumentParser
import Catalog
import Foundation

/// `covey run`: records runs, lets them happen again, and goes on from a place in one.
public struct RunCommands: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Record a run, replay it against today's configuration, or fork it.",
        subcommands: [Record.self, Replay.self, Fork.self])

    /// A command as given on the command line.
    public init() {}

    /// `covey run record`.
    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write what a run was given by models and tools as a folder of YAML.",
            discussion: "The folder holds what people, models and tools said, and no keys.")

        @Argument(help: "Run id.") var id: String
        @Option(help: "Project id.") var project: String
        @Option(help: "The folder; runs/ID unless told.") var out: String?
        @OptionGroup var connection: Connection

        func run() async throws { try await run(in: .live) }

        func run(in world: World) async throws {
            let client = connection.client(for: .manage, world)
            let path = client.path(project: project, agent: nil) + "/runs/\(PercentCoding.component(id))/recording"
            let recording = try await client.call("GET", path).body["data"] ?? .null
            let folder = RecordingFolder(out ?? "runs/\(id)")
            try folder.write(recording)
            world.printer.line(
                "Recorded \(recording["exchanges"]?.array?.count ?? 0) exchanges in \(folder.root.filePath).")
            let end = recording["steps"]?.array?.last
            if end?["end"]?["outcome"] != "completed" {
                world.printer.line(
                    "Today's configuration does not do what the run did; a replay compares with today's.", .yellow)
            }
        }
    }

    /// `covey run replay`.
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a recorded run happen again with today's configuration; nobody is asked anything.",
            discussion: """
                The first step in which it differs is shown. Ends with 0 when it does the same, 1 when it differs, and \
                2 when it cannot be replayed.
                """)

        @Argument(help: "The folder of the recording.") var folder: String
        @Option(help: "Project id.") var project: String
        @OptionGroup var connection: Connection

        func run() async throws {
            do {
                try await run(in: .live)
            } catch let failure as CommandFailure {
                Printer.standard.error("Error: \(failure)")
                throw Self.impossible
            }
        }

        /// It differs.
        static let different = ExitCode(1)
        /// It cannot be replayed.
        static let impossible = ExitCode(2)

        func run(in world: World) async throws {
            let client = connection.client(for: .manage, world)
            let recording = try RecordingFolder(folder).read()
            let answer = try await client.call(
                "POST", client.path(project: project, agent: nil) + "/replays", body: recording
            ).body["data"]
            guard let isSame = answer?["isSame"]?.bool else {
                throw CommandFailure("The server sent no answer to a replay.")
            }
            guard !isSame, let difference = answer?["difference"] else {
                let count = answer?["steps"]?.array?.count ?? 0
                return world.printer.line("The same, in \(count) steps.", .green)
            }
            show(difference, world.printer)
            throw Self.different
        }

        private func show(_ difference: JSONValue, _ printer: Printer) {
            let step = difference["step"]?.integer ?? 0
            let place = difference["place"]?.string ?? ""
            printer.line("Step \(step) differs\(place.isEmpty ? "" : " in \(place)"):", .bold)
            for line in TextDifference(Self.text(difference["recorded"]), Self.text(difference["now"])).lines {
                switch line {
                case .same(let text): printer.line("    \(text)")
                case .removed(let text): printer.line("  - \(text)", .red)
                case .added(let text): printer.line("  + \(text)", .green)
                case .gap: printer.line("    …")
                }
            }
        }

        private static func text(_ value: JSONValue?) -> String {
            guard let value, !value.isNull else { return "(nothing)" }
            return value.string ?? value.jsonText
        }
    }

    /// `covey run fork`.
    struct Fork: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on from a model call of a run with another prompt, model or tool result.",
            discussion: "The run that goes on is in a conversation of its own; the first one stays as it is.")

        @Argument(help: "Run id.") var id: String
        @Option(help: "Project id.") var project: String
        @Option(help: "Which model call is the first made anew, from 1.") var step = 1
        @Option(help: "The prompt in place of the configured one.") var prompt: String?
        @Option(help: "The model in place of the configured one.") var model: String?
        @Option(help: "The sub-agent whose prompt or model that is; all unless told.") var subAgent: String?
        @Option(help: "CALL=JSON: the output of an earlier tool call. May be given again.") var toolResult: [String] =
            []
        @OptionGroup var connection: Connection

        func run() async throws { try await run(in: .live) }

        func run(in world: World) async throws {
            let client = connection.client(for: .manage, world)
            var body: JSONObject = ["step": .integer(Int64(step))]
            body["prompt"] = prompt.map(JSONValue.string)
            body["model"] = model.map(JSONValue.string)
            body["subAgentId"] = subAgent.map(JSONValue.string)
            if !toolResult.isEmpty { body["toolResults"] = .object(try results()) }
            let path = client.path(project: project, agent: nil) + "/runs/\(PercentCoding.component(id))/fork"
            let made = try await client.call("POST", path, body: .object(body)).body["data"]
            world.printer.line(
                "Run \(made?["runId"]?.string ?? "") goes on in conversation \(made?["conversationId"]?.string ?? "").")
        }

        private func results() throws -> JSONObject {
            var results = JSONObject()
            for text in toolResult {
                guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
                    throw CommandFailure("--tool-result is \(text), but must be CALL=JSON.")
                }
                let output = String(text[text.index(after: mark)...])
                // What is no JSON is text, which most outputs are.
                results[String(text[..<mark])] = (try? JSONValue(parsing: output.utf8)) ?? .string(output)
            }
            return results
        }
    }
}
