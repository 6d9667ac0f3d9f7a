public import Foundation

/// A program of `Tests/Clients` in a process of its own, on the packages that `Scripts/python` installs. It ends when
/// nobody holds it any more.
public final class PythonProgram: Sendable {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let environment = root.appending(path: ".build/python")
    /// What runs the programs.
    public static let interpreter = environment.appending(path: "bin/python")

    /// Why programs that need a package cannot be started, or nil when they can.
    public static func missing(_ package: String) -> String? {
        let installed = try? String(contentsOf: environment.appending(path: "installed"), encoding: .utf8)
        return installed?.contains(package) == true
            ? nil : "the Python package \(package) is not installed; Scripts/python installs it from PyPI"
    }

    /// Where a program of `Tests/Clients` is.
    public static func file(_ name: String) -> String {
        root.appending(path: "Tests/Clients/\(name)").path(percentEncoded: false)
    }

    /// The first line that it wrote.
    public let said: String
    private let name: String
    private let process: Process
    private let input: Pipe
    private let complaints: FileHandle

    /// Starts a program and waits for its first line.
    public static func start(_ name: String) async throws -> PythonProgram {
        let process = Process()
        let (input, output, complaints) = (Pipe(), Pipe(), try FileHandle.nameless())
        process.executableURL = interpreter
        process.arguments = [file(name)]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = complaints
        try process.run()
        let reading = output.fileHandleForReading
        let said = await aside {
            var said = Data()
            while !said.contains(UInt8(ascii: "\n")) {
                let more = reading.availableData
                if more.isEmpty { break }
                said += more
            }
            return String(decoding: said, as: UTF8.self)
        }
        return PythonProgram(
            name, said.trimmingCharacters(in: .whitespacesAndNewlines), process, input, complaints)
    }

    private init(_ name: String, _ said: String, _ process: Process, _ input: Pipe, _ complaints: FileHandle) {
        self.name = name
        self.said = said
        self.process = process
        self.input = input
        self.complaints = complaints
    }

    /// The port of loopback that its first line says it listens on. Throws `NotStarted` where the line is no port.
    public func port() throws -> Int {
        guard let port = Int(said), (1...65_535).contains(port) else { throw notStarted() }
        return port
    }

    /// What a program that did not say what it should is refused with.
    public func notStarted() -> NotStarted {
        try? complaints.seek(toOffset: 0)
        let complained = String(decoding: (try? complaints.readToEnd()) ?? Data(), as: UTF8.self)
        return NotStarted(name: name, said: said, complained: complained)
    }

    /// A program did not start.
    public struct NotStarted: Error, CustomStringConvertible {
        /// The program.
        public let name: String
        /// What it wrote instead of what it should.
        public let said: String
        /// What it wrote of its trouble.
        public let complained: String

        /// All of it, for who reads the test.
        public var description: String { "\(name) did not start; it said \"\(said)\" and complained: \(complained)" }
    }

    deinit { if process.isRunning { process.terminate() } }
}
