import Functions

extension Doctor {
    /// What holds functions that a server on this machine runs, as it was tried.
    static func wallChecks(_ walls: Walls) -> [Check] {
        if let problem = walls.problem {
            return [
                Check(
                    verdict: .note, what: "functions cannot be run here: \(problem)",
                    advice:
                        "Agents with function tools need it: apt-get install libjavascriptcoregtk-4.1-0, and a kernel "
                        + "with seccomp.")
            ]
        }
        let first = Check(
            verdict: .good,
            what: "functions run behind limits and a list of system calls; every way out that was tried is shut")
        switch walls.bubblewrap {
        case .up: return [first, Check(verdict: .good, what: "bubblewrap is a second wall around functions")]
        case .missing:
            return [
                first,
                Check(
                    verdict: .note, what: "no second wall around functions: bubblewrap is not asked for",
                    advice: "With bubblewrap, COVEY_FUNCTIONS_BUBBLEWRAP=on puts functions into namespaces."),
            ]
        case .failing(let reason):
            return [
                first,
                Check(
                    verdict: .note, what: "no second wall around functions: bubblewrap does not work here (\(reason))",
                    advice:
                        "It needs user namespaces (sysctl user.max_user_namespaces)."),
            ]
        }
    }
}
