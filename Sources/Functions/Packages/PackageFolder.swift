import Catalog
import Glibc

/// The `node_modules` folder of a project. Files are named by their path within it, `/lodash/lodash.js`; nothing
/// outside of it is ever read, whatever links say.
struct PackageFolder {
    private let root: String
    private let fileBytesMax: Int

    /// Nil where there is no such folder.
    init?(path: String, fileBytesMax: Int) {
        guard let real = Self.realPath(path) else { return nil }
        root = real
        self.fileBytesMax = fileBytesMax
    }

    /// What is at a path.
    enum Kind { case file, folder }

    func kind(_ path: String) -> Kind? {
        guard let real = inside(path) else { return nil }
        var status = stat()
        guard stat(real, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        default: return nil
        }
    }

    /// The text of a file; nil where it is none, too long or not UTF-8.
    func text(_ path: String) -> String? {
        guard kind(path) == .file, let real = inside(path) else { return nil }
        let file = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= fileBytesMax else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let more = bytes[count...].withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            guard more > 0 else { break }
            count += more
        }
        return String(validating: bytes[..<count], as: UTF8.self)
    }

    /// The `package.json` of a folder; nil where there is none.
    func manifest(_ folder: String) -> JSONValue? {
        text(folder + "/package.json").flatMap { try? JSONValue(parsing: $0) }
    }

    /// The manifest that holds for a file: the next one above it.
    func manifest(for file: String) -> JSONValue? {
        var folder = file
        while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            folder = String(folder[..<slash])
            if folder.hasSuffix("/node_modules") { return nil }
            if let manifest = manifest(folder) { return manifest }
        }
        return nil
    }

    /// The real path of what is inside the folder, or nil.
    private func inside(_ path: String) -> String? {
        guard path.hasPrefix("/"), let real = Self.realPath(root + path) else { return nil }
        return real.hasPrefix(root + "/") ? real : nil
    }

    private static func realPath(_ path: String) -> String? {
        guard !path.utf8.contains(0), let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// A path without `.` and `..`; nil when it leads out.
    static func normal(_ path: String) -> String? {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }
}
