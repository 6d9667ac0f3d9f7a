import Catalog
import Foundation

/// A recorded run kept as a folder of YAML that people read, compare and mend: `run.yaml` is what was asked and said
/// before, `exchanges.yaml` what models and tools answered, `steps.yaml` what the run did with it.
struct RecordingFolder {
    private static let parts = [("exchanges.yaml", "exchanges"), ("steps.yaml", "steps")]
    private static let main = "run.yaml"

    let root: URL

    init(_ path: String) { root = URL(filePath: path) }

    /// Writes a recording; what a recording before has left is replaced.
    func write(_ recording: JSONValue) throws {
        guard var members = recording.object else { throw CommandFailure("The server sent no recording.") }
        do {
            try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
            for (file, member) in Self.parts {
                try YAML.text(members[member] ?? []).write(
                    to: root.appending(path: file), atomically: true, encoding: .utf8)
                members[member] = nil
            }
            try YAML.text(.object(members)).write(
                to: root.appending(path: Self.main), atomically: true, encoding: .utf8)
        } catch {
            throw CommandFailure("\(root.filePath) cannot be written: \(error)")
        }
    }

    /// The recording that the folder holds.
    func read() throws -> JSONValue {
        guard case .object(var members) = try ProjectFolder.read(root.appending(path: Self.main)) else {
            throw CommandFailure("\(root.appending(path: Self.main).filePath) must hold members.")
        }
        for (file, member) in Self.parts {
            members[member] = try ProjectFolder.read(root.appending(path: file))
        }
        return .object(members)
    }
}
