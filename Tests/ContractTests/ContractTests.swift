import Foundation
import Outbound
import Testing

/// Whether the fuzzer takes its time: in `make contract`.
private let isAsked = ProcessInfo.processInfo.environment["COVEY_CONTRACT"] != nil

/// The served document against the contract, property by property.
struct ContractTests {
    /// The contract, where it is at hand: beside the repository.
    private static let contract = URL(filePath: ContractFile.path("")).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/contract/openapi.json").path(percentEncoded: false)
    private static let missing: Comment? =
        FileManager.default.isReadableFile(atPath: contract)
        ? nil : "the contract's document is not at hand; contract/operations.txt is compared all the same"

    @Test(
        .enabled(if: missing == nil, missing), .enabled(if: Python.missing == nil, Python.missing),
        .timeLimit(.minutes(8)))
    func `every shape is as promised, but for the differences that have a reason`() async throws {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        let served = try await server.saveDocument(in: folder.url)
        let result = try await Python.run(
            "compare_contract.py",
            [served, Self.contract, ContractFile.path("operations.txt"), ContractFile.path("differences.txt")])
        print(String(result.output.split(separator: "\n").last ?? ""))
        #expect(result.status == 0, "\(result.output)")
        #expect(server.stop() == 0)
    }

    @Test(.enabled(if: Python.missing == nil, Python.missing), .timeLimit(.minutes(8)))
    func `the document is one of OpenAPI`() async throws {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        let served = try await server.saveDocument(in: folder.url)
        let result = try await Python.run("validate_openapi.py", [served])
        #expect(result.status == 0, "\(result.output)")
        #expect(server.stop() == 0)
    }

    @Test(.enabled(if: Python.missing == nil, Python.missing), .timeLimit(.minutes(isAsked ? 12 : 3)))
    func `whatever is sent is answered as the document says`() async throws {
        let folder = try DataFolder()
        let (manage, run) = ("manage-secret-of-the-fuzzer", "run-secret-of-the-fuzzer")
        let server = try await BuiltServer(
            folder: folder.url, isDevelopment: false,
            environment: [
                "COVEY_MANAGE_BYPASS_SECRET": manage, "COVEY_RUN_BYPASS_SECRET": run,
                // A fuzzer comes often, and with wrong credentials.
                "COVEY_RATE_REFUSED": "off", "COVEY_RATE_SIGN_IN": "off",
            ])
        let effort = isAsked ? ["examples,coverage,fuzzing,stateful", "10"] : ["fuzzing", "3"]
        let result = try await Python.run("fuzz.py", [server.address, manage, run] + effort)
        print(String(result.output.split(separator: "\n").last ?? ""))
        #expect(result.status == 0, "\(result.output)")
        #expect(server.stop() == 0)
    }
}

extension BuiltServer {
    /// Writes the served document into a folder and answers its path.
    fileprivate func saveDocument(in folder: URL) async throws -> String {
        let file = folder.appending(path: "openapi.json")
        let bytes = try await client.send("GET", "/openapi.json").body.collect()
        try Data(bytes).write(to: file)
        return file.path(percentEncoded: false)
    }
}
