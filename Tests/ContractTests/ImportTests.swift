import Catalog
import CoveyTesting
import Foundation
import Testing

/// A project as the original's SDK writes it, brought in with the built command.
struct ImportTests {
    @Test(.timeLimit(.minutes(8)))
    func `a project of the SDK is pushed from one file, pulled as files, and pushed from those without a change`()
        async throws
    {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        let address = ["COVEY_PUBLIC_URL": server.address]
        let file = folder.url.appending(path: "sdk.json")
        try Data(SDKProject.body.jsonBytes).write(to: file)
        let pushed = try await folder.covey(["push", file.path(percentEncoded: false)], environment: address)
        #expect(pushed.status == 0 && pushed.output.contains("Created project helpdesk"), "\(pushed.output)")
        let nothing = "Nothing to do: the server has all of it."
        let again = try await folder.covey(["push", file.path(percentEncoded: false)], environment: address)
        #expect(again.status == 0 && again.output.contains(nothing), "\(again.output)")
        let files = folder.url.appending(path: "pulled")
        let pulled = try await folder.covey(
            ["pull", "helpdesk", files.path(percentEncoded: false)], environment: address)
        #expect(pulled.status == 0, "\(pulled.output)")
        let example = try String(contentsOf: files.appending(path: "skills/tone/examples/good.md"), encoding: .utf8)
        #expect(example == "Thank you, gladly.\n")
        let back = try await folder.covey(["push", files.path(percentEncoded: false)], environment: address)
        #expect(back.status == 0 && back.output.contains(nothing), "\(back.output)")
        #expect(server.stop() == 0)
    }
}
