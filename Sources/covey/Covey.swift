import ArgumentParser
import CLI

/// The command line: `serve` is here, all other commands talk to a server and come from `CLI`.
@main struct Covey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "covey",
        abstract: "Covey hosts multi-agent assistants.",
        discussion:
            "Start a server with `covey serve`, give it a project with `covey push`, talk to it with `covey chat`.",
        version: Version.text,
        subcommands: [Serve.self, UserCommand.self, KeyCommands.self, AuditCommands.self] + Commands.all)
}

/// The version of this binary.
enum Version {
    static let text = "0.1.0"
}
