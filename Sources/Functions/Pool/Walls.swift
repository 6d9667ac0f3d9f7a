import Catalog

/// What stands between functions and the machine.
public struct Walls: Sendable, Equatable {
    /// Whether workers are put into namespaces of their own.
    public enum Bubblewrap: Sendable, Equatable {
        /// They are.
        case up
        /// It is not installed: the walls of the worker itself hold alone.
        case missing
        /// It is installed and does not work here, for this reason; likewise.
        case failing(String)
    }

    /// Why no function can be run; nil when they can: then limits, the list of system calls and an empty environment
    /// hold every worker.
    public let problem: String?
    /// The second wall.
    public let bubblewrap: Bubblewrap
    /// The program and the libraries that a worker maps.
    let files: [String]
    /// By path, where the links lead by which those are found.
    let links: [String: String]

    /// Starts a worker in every way that there is and says what came of it.
    ///
    /// - Parameter executable: The binary.
    public static func inspect(executable: String, limits: FunctionLimits = FunctionLimits()) async -> Walls {
        await inspect(
            WorkerCommand.Worker(executable: executable, settings: WorkerSettings(limits)), limits)
    }

    static func inspect(_ worker: WorkerCommand.Worker, _ limits: FunctionLimits) async -> Walls {
        let files: [String]
        switch await firstWords(of: WorkerCommand(worker), limits) {
        case .success(let ready): files = ready
        case .failure(let problem): return Walls(problem: problem.reason, bubblewrap: .missing, files: [], links: [:])
        }
        guard let bubblewrap = WorkerCommand.bubblewrap else {
            return Walls(problem: nil, bubblewrap: .missing, files: files, links: [:])
        }
        let links = LibraryLinks.links(to: files)
        switch await firstWords(of: WorkerCommand(worker, within: bubblewrap, files: files, links: links), limits) {
        case .success: return Walls(problem: nil, bubblewrap: .up, files: files, links: links)
        case .failure(let problem):
            return Walls(problem: nil, bubblewrap: .failing(problem.reason), files: files, links: links)
        }
    }

    /// How workers are started behind these walls.
    func command(_ worker: WorkerCommand.Worker) -> WorkerCommand {
        guard bubblewrap == .up, let program = WorkerCommand.bubblewrap else { return WorkerCommand(worker) }
        return WorkerCommand(worker, within: program, files: files, links: links)
    }

    private struct Problem: Error {
        let reason: String
    }

    private static func firstWords(
        of command: WorkerCommand, _ limits: FunctionLimits
    ) async -> Result<[String], Problem> {
        let process = WorkerProcess(command, limits)
        defer { process.stop() }
        var files: [String] = []
        for await event in process.events {
            switch event {
            case .message(let message):
                if let ready = message["ready"] {
                    files = ready["files"]?.array?.compactMap(\.string) ?? []
                    process.send(["probe": true])
                    continue
                }
                if let holes = message["holes"]?.array?.compactMap(\.string) {
                    if holes.isEmpty { return .success(files) }
                    return .failure(Problem(reason: "a worker can still use \(holes.joined(separator: ", "))"))
                }
                return .failure(Problem(reason: message["broken"]?.string ?? "it says something else"))
            case .ended(let end): return .failure(Problem(reason: end.reason))
            }
        }
        return .failure(Problem(reason: "it was interrupted"))
    }
}

extension WorkerProcess.End {
    /// For the person who runs the server.
    var reason: String {
        switch self {
        case .notStarted(let reason): reason
        case .stopped: "it was stopped"
        case .late: "it was not ready in time"
        case .loud: "it wrote too much"
        case .gone(let fate, let said):
            (fate.signal == 0 ? "it ended with status \(fate.status)" : "it was ended by signal \(fate.signal)")
                + (said.isEmpty ? "" : ": \(said.split(separator: "\n").first ?? "")")
        }
    }
}
