public import Foundation

/// A program that is run to its end.
///
/// What it reads and writes are files without names and no pipes: a pipe has an end when every process that inherited
/// it is gone, and programs that other tests start at the same time inherit it as well.
public enum Command {
    /// How a program ended, and what it wrote to either output.
    public typealias Outcome = (status: Int32, output: String)

    /// Runs a program.
    ///
    /// - Parameters:
    ///   - environment: Its environment; nil for that of the tests.
    ///   - directory: Where it runs; nil for where the tests do.
    ///   - input: What it reads.
    public static func run(
        _ program: URL, _ arguments: [String], environment: [String: String]? = nil, in directory: URL? = nil,
        input: String = ""
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        if let environment { process.environment = environment }
        if let directory { process.currentDirectoryURL = directory }
        let (typed, output) = (try FileHandle.nameless(holding: input), try FileHandle.nameless())
        process.standardInput = typed
        process.standardOutput = output
        process.standardError = output
        try process.run()
        await aside { process.waitUntilExit() }
        try output.seek(toOffset: 0)
        let said = try output.readToEnd() ?? Data()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }
}

extension FileHandle {
    /// A file without a name, for what a program may read or write any amount of.
    static func nameless(holding text: String = "") throws -> FileHandle {
        let file = FileManager.default.temporaryDirectory.appending(path: "covey-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try FileHandle(forUpdating: file)
    }
}
