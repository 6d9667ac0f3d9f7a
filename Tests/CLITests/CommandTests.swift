import ArgumentParser
import Catalog
import JavaScript
import Outbound
import Testing

@testable import CLI

struct CommandTests {
    private static let changes = #"""
        {"dryRun":true,"changes":[{"action":"create","kind":"agent","parent":"","id":"support","members":[]},
        {"action":"update","kind":"tool","parent":"","id":"weather","members":["name","config"]},
        {"action":"delete","kind":"sub-agent","parent":"support","id":"old","members":[]}]}
        """#

    private func folder() throws -> ScratchFolder {
        try ScratchFolder(["project.yaml": "id: shop\nmodels:\n  base:\n    model: scripted/a.yaml\n"])
    }

    @Test func `plan shows each change and pushes nothing`() async throws {
        let fake = FakeWorld { _ in (200, Self.changes) }
        let files = try folder()
        let command = try #require(try PlanCommand.parse([files.url.filePath]) as PlanCommand?)
        try await command.run(in: fake.world)
        #expect(fake.made.map(\.path) == ["/manage/tenants/default/project-full/shop?dryRun=true"])
        #expect(fake.printed.contains("+ agent support"))
        #expect(fake.printed.contains("~ tool weather: name, config"))
        #expect(fake.printed.contains("- sub-agent support: old"))
        #expect(fake.printed.contains("1 to create, 1 to change, 1 to delete"))
    }

    @Test func `push does not delete unasked`() async throws {
        let fake = FakeWorld { _ in (200, Self.changes) }
        let files = try folder()
        let command = try Push.parse([files.url.filePath])
        await #expect(throws: CommandFailure.self) { try await command.run(in: fake.world) }
        #expect(fake.made.count == 1)
        try await Push.parse([files.url.filePath, "--yes"]).run(in: fake.world)
        #expect(fake.made.map(\.path).last == "/manage/tenants/default/project-full/shop")
        #expect(fake.printed.contains("Updated project shop: 3 changes."))
    }

    @Test func `a push of what is there already sends nothing`() async throws {
        let fake = FakeWorld { _ in (200, #"{"dryRun":true,"changes":[]}"#) }
        let files = try folder()
        try await Push.parse([files.url.filePath]).run(in: fake.world)
        #expect(fake.made.count == 1)
        #expect(fake.printed.contains("Nothing to do"))
    }

    @Test func `one flag switches the example to a real model`() async throws {
        let fake = FakeWorld { _ in (200, #"{"changes":[]}"#) }
        let files = try folder()
        try await Push.parse([files.url.filePath, "--model", "openai/gpt-5"]).run(in: fake.world)
        #expect(fake.made[0].body["models"]?["base"]?["model"] == "openai/gpt-5")
    }

    @Test func `a refusal names every broken field`() async throws {
        let fake = FakeWorld { _ in
            (400, #"{"detail":"Request validation failed","errors":[{"name":"agents.a","reason":"Required"}]}"#)
        }
        let files = try folder()
        let command = try PlanCommand.parse([files.url.filePath])
        let failure = await #expect(throws: CommandFailure.self) { try await command.run(in: fake.world) }
        #expect(failure?.description == "Request validation failed\n  agents.a: Required")
    }

    @Test func `no server is said with what to do`() async throws {
        let fake = FakeWorld { _ throws(OutboundError) in throw .cannotConnect("127.0.0.1:3002") }
        let files = try folder()
        let command = try PlanCommand.parse([files.url.filePath])
        let failure = await #expect(throws: CommandFailure.self) { try await command.run(in: fake.world) }
        #expect(failure?.description.contains("covey serve --dev") == true)
    }

    @Test func `the key and the address come from the environment under either name`() async throws {
        let fake = FakeWorld(environment: [
            "INKEEP_AGENTS_MANAGE_API_BYPASS_SECRET": "s3cret", "COVEY_PUBLIC_URL": "covey.example:80/",
        ]) { _ in (200, #"{"changes":[]}"#) }
        let files = try folder()
        try await PlanCommand.parse([files.url.filePath]).run(in: fake.world)
        #expect(fake.made[0].headers["Authorization"] == "Bearer s3cret")
    }

    @Test func `history shows what was changed, newest first`() async throws {
        let fake = FakeWorld { _ in
            (
                200,
                #"""
                {"data":[{"number":7,"at":"2026-01-05T10:00:00.000Z","actor":"ann","branch":"main","action":"update",
                "kind":"tool","parent":"","id":"weather","members":[{"name":"config","before":1,"after":2}]},
                {"number":6,"at":"2026-01-05T09:00:00.000Z","actor":"bob","branch":"dev","action":"create",
                "kind":"sub-agent","parent":"support","id":"billing","members":[]}],"pagination":{"total":9}}
                """#
            )
        }
        try await History.parse(["shop", "support", "--ref", "feature/x", "--limit", "2"]).run(in: fake.world)
        #expect(fake.made[0].path == "/manage/tenants/default/projects/shop/agents/support/history?limit=2")
        #expect(fake.made[0].headers["x-inkeep-ref"] == "feature/x")
        #expect(fake.printed.contains("7  2026-01-05T10:00:00.000Z  ann  ~ tool weather: config\n"))
        #expect(fake.printed.contains("6  2026-01-05T09:00:00.000Z  bob on dev  + sub-agent support: billing\n"))
        #expect(fake.printed.contains("7 older changes"))
    }

    @Test func `restore-change shows its plan and does nothing unasked`() async throws {
        let fake = FakeWorld { _ in (200, Self.changes) }
        let command = try RestoreChange.parse(["shop", "12"])
        let failure = await #expect(throws: CommandFailure.self) { try await command.run(in: fake.world) }
        #expect(failure?.description.contains("--yes") == true)
        #expect(fake.made.map(\.path) == ["/manage/tenants/default/projects/shop/restore?dryRun=true"])
        #expect(fake.made[0].body == ["at": 12] && fake.printed.contains("~ tool weather: name, config"))
        try await RestoreChange.parse(["shop", "12", "--agent", "a", "--yes"]).run(in: fake.world)
        #expect(fake.made.last?.path == "/manage/tenants/default/projects/shop/agents/a/restore")
        #expect(fake.printed.contains("Restored agent a to change 12: 3 changes."))
        let nothing = FakeWorld { _ in (200, #"{"changes":[]}"#) }
        try await RestoreChange.parse(["shop", "12"]).run(in: nothing.world)
        #expect(nothing.made.count == 1 && nothing.printed.contains("Nothing to do"))
    }

    @Test func `chat prints text as it comes and marks what happens`() async throws {
        let stream =
            [
                #"{"type":"start","messageId":"m"}"#,
                #"{"type":"data-operation","data":{"type":"transfer","details":"#
                    + #"{"data":{"fromSubAgent":"router","targetSubAgent":"billing"}}}}"#,
                #"{"type":"text-delta","id":"t","delta":"Hello "}"#, #"{"type":"text-delta","id":"t","delta":"there"}"#,
            ].map { "data: \($0)\n\n" }.joined() + "data: [DONE]\n\n"
        let fake = FakeWorld { _ in (200, stream) }
        try await Chat.parse(["--project", "p", "--agent", "a", "-m", "hi"]).run(in: fake.world)
        #expect(fake.printed == "  ⇢ router hands over to billing\nHello there\n")
        #expect(fake.made[0].body["messages"]?[0]?["content"] == "hi")
        #expect(fake.made[0].headers["x-inkeep-agent-id"] == "a")
    }

    @Test(arguments: [
        "data: {\"type\":\"text-delta\",\"delta\":\"Hel\"}\n\n",
        "data: {\"type\":\"error\",\"errorText\":\"no\"}\n\ndata: [DONE]\n\n",
    ])
    func `a broken answer is a failure`(_ stream: String) async throws {
        let fake = FakeWorld { _ in (200, stream) }
        let command = try Chat.parse(["--project", "p", "--agent", "a", "-m", "hi"])
        await #expect(throws: ExitCode.failure) { try await command.run(in: fake.world) }
        #expect(!fake.complained.isEmpty)
    }

    @Test func `doctor says how functions are checked`() {
        let good = Doctor.functionCheck(.library("/usr/lib/libparser.so"))
        #expect(good.verdict == .good && good.what.contains("/usr/lib/libparser.so"))
        let missing = Doctor.functionCheck(.none("it is not installed"))
        #expect(missing.verdict == .note && missing.what.contains("it is not installed"))
        #expect(missing.advice?.contains("apt-get install") == true)
    }

    @Test func `doctor says what is open`() throws {
        func found(_ address: String, _ environment: [String: String] = [:]) -> [String] {
            Doctor.opennessChecks(address, data: "/nowhere", environment).map(\.what)
        }
        for address in ["http://127.0.0.1:3002", "http://localhost", "http://[::1]:3002", "https://covey.example"] {
            #expect(found(address) == [], "\(address)")
        }
        for address in ["http://covey.example", "http://10.0.0.1:3002", "http://localhost.evil.example"] {
            #expect(found(address).first?.contains("is not encrypted") == true, "\(address)")
        }
        let open = [
            "COVEY_SIGN_UP": "open", "COVEY_DEV": "1", "COVEY_TRUSTED_PROXIES": "10.0.0.0/8, 0.0.0.0/0",
            "COVEY_EGRESS_ALLOW": "::/0", "COVEY_RATE_REFUSED": "off",
        ]
        for (name, value) in open {
            let said = found("https://covey.example", [name: value])
            #expect(said.count == 1 && said.first?.contains(name) == true, "\(name): \(said)")
        }
        #expect(found("https://covey.example", ["COVEY_TRUSTED_PROXIES": "10.0.0.0/8"]) == [])
    }

    @Test func `doctor says what is wrong and what to do`() async throws {
        let fake = FakeWorld { _ throws(OutboundError) in throw .cannotConnect("127.0.0.1:3002") }
        let folder = try ScratchFolder()
        let command = try Doctor.parse(["--data", folder.url.filePath])
        await #expect(throws: ExitCode.failure) { try await command.run(in: fake.world) }
        #expect(fake.printed.contains("FAIL"))
        #expect(fake.printed.contains("covey serve --dev"))
        #expect(fake.printed.contains("chmod 700"))
    }
}
