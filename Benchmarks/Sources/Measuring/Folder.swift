import Glibc
import Kit

/// The bench's own folder under the system's temporary folder.
public struct Folder: Sendable {
    /// Its absolute path.
    public let path: String

    /// Makes an empty folder that only this user can read.
    public init() throws {
        let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((root + "/covey-bench-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("make a folder in \(root)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        Children.use(folder: path)
    }

    /// Makes a folder inside; it may exist.
    public func folder(_ name: String) throws -> String {
        let inner = path + "/" + name
        guard mkdir(inner, 0o700) == 0 || errno == EEXIST else { throw SystemError("make \(inner)") }
        return inner
    }

    /// Removes the folder and everything in it.
    public func remove() {
        Self.remove(path)
        Children.use(folder: nil)
    }

    static func remove(_ path: String) {
        for name in names(in: path) {
            let inner = path + "/" + name
            if unlink(inner) != 0 { remove(inner) }
        }
        rmdir(path)
    }

    /// The names in a folder, without `.` and `..`; none when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Bytes of all files in `folder` whose names start with `prefix`: a database with its log beside it.
    public static func bytes(in folder: String, startingWith prefix: String) -> Int {
        names(in: folder).filter { $0.hasPrefix(prefix) }.reduce(0) { sum, name in
            var status = stat()
            return stat(folder + "/" + name, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }
}

/// Whole small files.
public enum File {
    /// The text of a file, at most 4 MiB; nil when it cannot be read.
    public static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 4 << 20 {
            let length = read(descriptor, &buffer, buffer.count)
            guard length > 0 else { break }
            bytes += buffer[0..<length]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Replaces the content of a file. Throws when it cannot be written.
    public static func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError("write \(path)") }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let length = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard length > 0 else { throw SystemError("write \(path)") }
            bytes = bytes.dropFirst(length)
        }
    }
}
