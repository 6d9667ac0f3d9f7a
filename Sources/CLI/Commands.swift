public import ArgumentParser

/// The commands that talk to a server; the executable adds those that are one.
public enum Commands {
    /// In the order in which help lists them.
    public static let all: [any ParsableCommand.Type] = [
        Push.self, PlanCommand.self, Pull.self, History.self, RestoreChange.self, Chat.self, Doctor.self, Login.self,
        Logout.self, WhoAmI.self, RunCommands.self,
    ]
}
