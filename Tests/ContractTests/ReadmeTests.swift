import CoveyTesting
import Foundation
import Testing

/// The README's tour, run word by word against the built binary: what it shows is what is printed.
struct ReadmeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A command of the tour and the lines shown below it.
    private struct Step {
        let command: String
        var output: [String] = []
    }

    private static func steps() throws -> [Step] {
        let text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let block = try #require(text.firstMatch(of: #/```console\n([\s\S]*?)\n```/#)).1
        var steps: [Step] = []
        for line in block.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2))))
            } else {
                steps[steps.count - 1].output.append(String(line))
            }
        }
        return steps
    }

    @Test(.timeLimit(.minutes(8)))
    func `the tour prints what the README shows`() async throws {
        let folder = try DataFolder()
        let scripts = Self.root.appending(path: "Examples/helpdesk/scripts").path(percentEncoded: false)
        let server = try await BuiltServer(folder: folder.url, arguments: ["--scripts", scripts])
        let steps = try Self.steps()
        #expect(steps.count >= 6)
        for step in steps {
            let target = folder.url.path(percentEncoded: false) + "/helpdesk"
            let command = step.command
                .replacing("http://127.0.0.1:3002", with: server.address)
                .replacing("/tmp/helpdesk", with: target)
            let printed = try await Self.shell(command, server)
            #expect(Self.masked(printed) == Self.masked(step.output.joined(separator: "\n")), "\(step.command)")
        }
        #expect(server.stop() == 0)
    }

    /// What differs from run to run: ids, times and counts of tokens.
    private static func masked(_ text: String) -> String {
        text.replacing(#/[a-z0-9]{21}/#, with: "ID").replacing(#/"created":\d+/#, with: "\"created\":TIME")
            .replacing(#/"(prompt|completion|total)_tokens":\d+/#, with: "TOKENS")
            .trimmingCharacters(in: .newlines)
    }

    private static func shell(_ command: String, _ server: BuiltServer) async throws -> String {
        let binaries = try #require(BuiltServer.binary).deletingLastPathComponent().path(percentEncoded: false)
        return try await Command.run(
            URL(filePath: "/bin/sh"), ["-c", command],
            environment: ["PATH": binaries + ":/usr/bin:/bin", "COVEY_PUBLIC_URL": server.address], in: root
        ).output
    }

    @Test func `every make command of the README is a target`() throws {
        let text = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let makefile = try String(contentsOf: Self.root.appending(path: "Makefile"), encoding: .utf8)
        let commands = text.matches(of: #/(?m)^(?:`[^`]*)?make ([a-z-]+)$/#).map { String($0.1) }
        #expect(Set(commands).isSuperset(of: ["run", "test"]))
        for target in commands {
            #expect(makefile.contains("\n\(target):"), "make \(target) is not in the Makefile")
        }
    }
}
