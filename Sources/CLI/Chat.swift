public import ArgumentParser
import Catalog
import Foundation
import Outbound

/// `covey chat`: talks to an agent in the terminal.
public struct Chat: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        abstract: "Chat with an agent in the terminal.",
        discussion: """
            Answers stream as they come; transfers, delegations and tool calls are shown dimmed. Ctrl-C stops an answer,
            a second one, or one while no answer comes, ends the chat. Without a terminal each line of the input is a
            message.
            """)

    @Option(help: "Project id. Also: COVEY_PROJECT.") var project: String?
    @Option(help: "Agent id. Also: COVEY_AGENT. When left out and the project has one agent, that one.") var agent:
        String?
    @Option(help: "Go on with this conversation.") var conversation: String?
    @Option(name: [.short, .long], help: "Send this one message, print the answer and leave.") var message: String?
    @Flag(help: "Show only what the agent says.") var quiet = false
    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Reads messages and prints answers until the input ends.
    public func run() async throws { try await run(in: .live) }

    func run(in world: World) async throws {
        var session = ChatSession(
            client: connection.client(for: .run, world), printer: world.printer, quiet: quiet,
            scope: try await scope(in: world), conversation: conversation)
        let interrupts = Interrupts(world.printer)
        if let message {
            guard try await session.send(message, interrupts) else { throw ExitCode.failure }
            return
        }
        let interactive = isatty(STDIN_FILENO) == 1
        if interactive { world.printer.line("Chatting with \(session.scope.agent). Ctrl-D ends the chat.", .dimmed) }
        while true {
            if interactive { world.printer.text("\nyou> ", .bold) }
            guard let line = readLine() else { break }
            let text = line.trimmed
            if text.isEmpty { continue }
            if !interactive, !quiet { world.printer.line("you> \(text)") }
            _ = try await session.send(text, interrupts)
        }
        if interactive { world.printer.line() }
        if let conversation = session.conversation, !quiet {
            world.printer.line("conversation \(conversation)", .dimmed)
        }
    }

    private func scope(in world: World) async throws -> ChatSession.Scope {
        guard let project = project ?? world.environment["COVEY_PROJECT"] else {
            throw CommandFailure("Which project? Give --project.")
        }
        if let agent = agent ?? world.environment["COVEY_AGENT"] { return .init(project: project, agent: agent) }
        let client = connection.client(for: .manage, world)
        let list = try await client.call(
            "GET", "\(client.tenantPath)/projects/\(PercentCoding.component(project))/agents?limit=100")
        let agents = list.body["data"]?.array?.compactMap { $0["id"]?.string } ?? []
        guard agents.count == 1 else {
            let names = agents.isEmpty ? "The project has no agent." : "Which agent? \(agents.joined(separator: ", "))."
            throw CommandFailure("\(names) Give --agent.")
        }
        return .init(project: project, agent: agents[0])
    }
}
