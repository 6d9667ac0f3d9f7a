import Glibc
import Kit

extension Bench {
    /// Measures on the running Covey. The project that it fills is made anew afterwards: turns are measured in a small
    /// one.
    func management(of covey: CoveyProcess) throws -> ManagementResults {
        let target = try covey.target()
        let port = target.port
        let management = Management(
            connection: try KeptConnection(port: port),
            write: try BareWrite(path: folder.path + "/bare.db", bytes: 600), isQuick: options.isQuick
        ) { count in try self.makeAgents(count, port) }
        func own() -> Double {
            target.processorMilliseconds + ProcessFigures.processorMilliseconds([getpid()])
        }
        let (begin, machine, used) = (Clock.now(), ProcessFigures.machineMilliseconds(), own())
        var results = try management.perform()
        let others = ProcessFigures.machineMilliseconds() - machine - (own() - used)
        results.noise = max(0, others / Clock.milliseconds(from: begin, to: Clock.now()))
        let path = "/manage/tenants/default/project-full/bench"
        let answer = try HTTPCall("DELETE", port: port, path, seconds: 300)
        guard answer.status == 204 else { throw Complaint("DELETE \(path) answered \(answer.status)") }
        try covey.createProject()
        return results
    }

    /// Makes agents, many at a time.
    private func makeAgents(_ count: Int, _ port: UInt16) throws {
        let body = "{\"id\":\"filled-{{run}}-{{n}}\",\"name\":\"Agent {{n}}\",\"description\":\"One of many agents.\"}"
        let client = try Child(
            [
                tools + "/load", "--port", String(port), "--path", "/manage/tenants/default/projects/bench/agents",
                "--body", body, "--connections", "32", "--requests", String(count), "--seconds", "600",
            ], output: .pipe)
        let report = try JSON(reading: try client.readOutput(seconds: 660))
        guard report["errors"]?.double == 0, report["finished"]?.double == Double(count) else {
            throw Complaint("making \(count) agents: \(report.line.prefix(600))")
        }
    }
}
