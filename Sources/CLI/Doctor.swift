public import ArgumentParser
import Catalog
import Foundation
import JavaScript
import Outbound

/// `covey doctor`: checks the installation and says what to do.
public struct Doctor: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        abstract: "Check the installation and say what to do.")

    @Option(help: "Data directory of the server. Also: COVEY_DATA.") var data: String?
    @Flag(help: "Print only what is wrong.") var quiet = false
    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Runs every check; fails when one does.
    public func run() async throws { try await run(in: .live) }

    func run(in world: World) async throws {
        var checks = await serverChecks(world)
        checks.append(dataCheck(world))
        checks.append(keyCheck(world))
        checks.append(Self.functionCheck(JavaScript.parser))
        if let walls = await world.walls() { checks += Self.wallChecks(walls) }
        checks += Self.opennessChecks(
            connection.address(world.environment), data: data ?? world.environment["COVEY_DATA"] ?? ".covey",
            world.environment)
        for check in checks where !quiet || check.verdict == .wrong {
            let (mark, style): (String, Printer.Style) =
                switch check.verdict {
                case .good: ("ok  ", .green)
                case .note: ("note", .yellow)
                case .wrong: ("FAIL", .red)
                }
            world.printer.line("\(world.printer.styled(mark, style))  \(check.what)")
            if let advice = check.advice { world.printer.line("      \(advice)") }
        }
        if checks.contains(where: { $0.verdict == .wrong }) { throw ExitCode.failure }
    }

    struct Check {
        enum Verdict { case good, note, wrong }
        let verdict: Verdict
        let what: String
        var advice: String?
    }

    private func serverChecks(_ world: World) async -> [Check] {
        let client = connection.client(for: .manage, world)
        do {
            let ready = try await client.call("GET", "/ready")
            var checks = [Check(verdict: .good, what: "server at \(client.address) is ready (\(ready.body.jsonText))")]
            checks.append(await accessCheck(client))
            if let open = await metricsCheck(client) { checks.append(open) }
            return checks
        } catch {
            let advice = "Start one with `covey serve --dev`, or name another with --server."
            return [
                Check(verdict: .wrong, what: "server: \(error)", advice: "\(error)".contains("serve") ? nil : advice)
            ]
        }
    }

    private func accessCheck(_ client: Client) async -> Check {
        do {
            let list = try await client.call("GET", client.tenantPath + "/projects?limit=1")
            let count = list.body["pagination"]?["total"]?.integer ?? 0
            return Check(verdict: .good, what: "management answers; \(count) projects in tenant \(client.tenant)")
        } catch {
            return Check(
                verdict: .wrong, what: "management: \(error)",
                advice: "Set COVEY_MANAGE_BYPASS_SECRET to the same value for server and command line.")
        }
    }

    /// Whether figures are shown to whoever asks. A server shows them on its own machine alone, but a proxy there that
    /// does not say for whom it asks makes everybody look like that.
    private func metricsCheck(_ client: Client) async -> Check? {
        var stranger = client
        stranger.key = nil
        guard !Self.isLoopback(client.address), let reply = try? await stranger.send("GET", "/metrics"),
            reply.status == 200
        else { return nil }
        return Check(
            verdict: .wrong, what: "everybody can read \(client.address)/metrics",
            advice: "Set COVEY_METRICS_TOKEN, and let the proxy in front send X-Forwarded-For.")
    }

    private func dataCheck(_ world: World) -> Check {
        let path = data ?? world.environment["COVEY_DATA"] ?? ".covey"
        let files = FileManager.default
        guard files.fileExists(atPath: path) else {
            return Check(
                verdict: .note, what: "no data directory at \(path)", advice: "The server makes it at its first start.")
        }
        guard files.isWritableFile(atPath: path) else {
            return Check(
                verdict: .wrong, what: "data directory \(path) cannot be written",
                advice: "Give it to the user that runs the server.")
        }
        let rights = (try? files.attributesOfItem(atPath: path))?[.posixPermissions] as? Int ?? 0
        if rights & 0o077 != 0 {
            return Check(
                verdict: .wrong, what: "data directory \(path) is open to other users",
                advice: "chmod 700 \(path)")
        }
        return Check(verdict: .good, what: "data directory \(path)")
    }

    private func keyCheck(_ world: World) -> Check {
        let names = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "CUSTOM_LLM_API_KEY"]
        let found = names.filter { world.environment[$0]?.isEmpty == false }
        if found.isEmpty {
            return Check(
                verdict: .note, what: "no model key in this environment",
                advice: "scripted/ and mock/ models need none; for others set one of \(names.joined(separator: ", ")).")
        }
        return Check(verdict: .good, what: "model keys: \(found.joined(separator: ", "))")
    }

    /// How functions that are stored by a server on this machine are checked.
    static func functionCheck(_ parser: JavaScript.Parser) -> Check {
        switch parser {
        case .library(let path): Check(verdict: .good, what: "functions are checked by the parser in \(path)")
        case .none(let reason):
            Check(
                verdict: .note, what: "functions are checked by their tokens alone: \(reason)",
                advice: "apt-get install libjavascriptcoregtk-4.1-0 finds more mistakes before a function is run.")
        }
    }
}
