import ArgumentParser
import Catalog
import Foundation
import Testing

@testable import CLI

/// `covey run`.
struct RunCommandTests {
    private static let recording = #"""
        {"data":{"version":1,"run":"r1","agent":"a","subAgent":"s","conversation":"c","input":{"text":"Hi"},
        "earlier":[],
        "exchanges":[{"model":{"frame":0,"text":"two\nlines: yes","calls":[],"stop":"end_turn"}}],
        "steps":[{"model":{"frame":0}},{"end":{"outcome":"completed","answer":"Hi"}}]}}
        """#

    @Test func `a recording is written as YAML and sent back as it was`() async throws {
        let files = try ScratchFolder([:])
        let folder = files.url.appending(path: "kept").filePath
        let fake = FakeWorld { call in
            call.method == "GET" ? (200, Self.recording) : (200, #"{"data":{"isSame":true,"steps":[1,2]}}"#)
        }
        try await RunCommands.Record.parse(["r1", "--project", "shop", "--out", folder]).run(in: fake.world)
        #expect(fake.made[0].path == "/manage/tenants/default/projects/shop/runs/r1/recording")
        #expect(fake.printed.contains("Recorded 1 exchanges"))
        try await RunCommands.Replay.parse([folder, "--project", "shop"]).run(in: fake.world)
        #expect(fake.made[1].path == "/manage/tenants/default/projects/shop/replays")
        #expect(fake.made[1].body == (try JSONValue(parsing: Self.recording.utf8))["data"])
        #expect(fake.printed.contains("The same, in 2 steps."))
    }

    @Test func `a difference ends with 1 and shows both, what cannot be replayed is an error`() async throws {
        let files = try ScratchFolder([:])
        let folder = files.url.filePath
        let fake = FakeWorld { call in
            if call.method == "GET" { return (200, Self.recording) }
            let difference = #"{"step":2,"place":"model.system","recorded":"Be kind.","now":"Be brief."}"#
            return (200, #"{"data":{"isSame":false,"steps":[],"difference":\#(difference)}}"#)
        }
        try await RunCommands.Record.parse(["r1", "--project", "shop", "--out", folder]).run(in: fake.world)
        do {
            try await RunCommands.Replay.parse([folder, "--project", "shop"]).run(in: fake.world)
            Issue.record("it differs")
        } catch let code as ExitCode {
            #expect(code.rawValue == 1)
        }
        for text in ["Step 2 differs in model.system", "- Be kind.", "+ Be brief."] {
            #expect(fake.printed.contains(text), "\(text)")
        }
        await #expect(throws: CommandFailure.self) {
            try await RunCommands.Replay.parse(["/nowhere", "--project", "shop"]).run(in: fake.world)
        }
    }

    @Test func `a fork is told what is different`() async throws {
        let fake = FakeWorld { _ in (201, #"{"data":{"runId":"r2","conversationId":"c2"}}"#) }
        try await RunCommands.Fork.parse([
            "r1", "--project", "shop", "--step", "2", "--prompt", "Be brief.", "--tool-result", #"t={"hour":0}"#,
            "--tool-result", "u=plain text",
        ]).run(in: fake.world)
        #expect(fake.made[0].path == "/manage/tenants/default/projects/shop/runs/r1/fork")
        #expect(
            fake.made[0].body == [
                "step": 2, "prompt": "Be brief.", "toolResults": ["t": ["hour": 0], "u": "plain text"],
            ])
        #expect(fake.printed.contains("Run r2 goes on in conversation c2."))
        await #expect(throws: CommandFailure.self) {
            try await RunCommands.Fork.parse(["r1", "--project", "shop", "--tool-result", "odd"]).run(in: fake.world)
        }
    }
}
