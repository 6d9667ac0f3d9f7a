import ArgumentParser
import CLI
import Functions

/// The command line: `serve` is here, all other commands talk to a server and come from `CLI`.
@main struct Covey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "covey",
        abstract: "Covey hosts multi-agent assistants.",
        discussion:
            "Start a server with `covey serve`, give it a project with `covey push`, talk to it with `covey chat`.",
        version: Version.text,
        subcommands: [Serve.self, UserCommand.self, KeyCommands.self, AuditCommands.self] + Commands.all)

    /// A worker for functions is started often and must not cost what a command does: it goes first. It stays on the
    /// main thread, whose stack is the largest.
    @MainActor static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == FunctionWorker.command { FunctionWorker.run(Array(arguments.dropFirst())) }
        await main(nil)
    }
}

/// The version of this binary.
enum Version {
    static let text = "0.1.0"
}
