import Dispatch
import Foundation

/// A program of `Tests/Clients` in a process of its own, on the packages that `Scripts/python` installs. It ends when
/// nobody holds it any more.
public final class PythonProgram: Sendable {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let environment = root.appending(path: ".build/python")
    private static let interpreter = environment.appending(path: "bin/python")

    /// Why programs that need a package cannot be started, or nil when they can.
    public static func missing(_ package: String) -> String? {
        let installed = try? String(contentsOf: environment.appending(path: "installed"), encoding: .utf8)
        return installed?.contains(package) == true
            ? nil : "the Python package \(package) is not installed; Scripts/python installs it from PyPI"
    }

    /// The first line that it wrote.
    public let said: String
    private let process: Process
    private let input: Pipe

    /// Starts a program and waits for its first line.
    public static func start(_ name: String) async throws -> PythonProgram {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = interpreter
        process.arguments = [root.appending(path: "Tests/Clients/\(name)").path(percentEncoded: false)]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let reading = output.fileHandleForReading
        let said = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var said = Data()
                while !said.contains(UInt8(ascii: "\n")) {
                    let more = reading.availableData
                    if more.isEmpty { break }
                    said += more
                }
                continuation.resume(returning: String(decoding: said, as: UTF8.self))
            }
        }
        return PythonProgram(said.trimmingCharacters(in: .whitespacesAndNewlines), process, input)
    }

    private init(_ said: String, _ process: Process, _ input: Pipe) {
        self.said = said
        self.process = process
        self.input = input
    }

    deinit { if process.isRunning { process.terminate() } }
}
