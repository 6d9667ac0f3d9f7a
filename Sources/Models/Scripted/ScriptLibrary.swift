import Glibc
import Synchronization

/// The folder of scripts that `scripted/<file>` plays. A script is read once and again when its file changed.
public final class ScriptLibrary: Sendable {
    /// The largest script, in bytes.
    public static let fileBytesMax = 1024 * 1024
    /// How many parsed scripts are kept.
    private static let cachedMax = 256

    private struct Entry {
        let stamp: Stamp
        let script: Script
    }

    /// What tells one state of a file from another.
    private struct Stamp: Equatable {
        let path: String
        let seconds: Int
        let nanoseconds: Int
        let size: Int
    }

    private let folder: String
    private let cache = Mutex<[String: Entry]>([:])

    /// The scripts below `folder`, a path that may be relative to the working directory.
    public init(folder: String) { self.folder = folder }

    /// The script `name`: `greeter` stands for `greeter.yaml`, `greeter.yml` or `greeter.json`.
    ///
    /// - Throws: `ModelFailure` of kind `configuration`, which names file and line.
    func script(_ name: String) throws(ModelFailure) -> Script {
        let stamp = try locate(name)
        if let entry = cache.withLock({ $0[name] }), entry.stamp == stamp { return entry.script }
        let script = try ScriptParser(file: name).parse(try read(stamp, name))
        cache.withLock { cache in
            if cache.count >= Self.cachedMax { cache.removeAll() }
            cache[name] = Entry(stamp: stamp, script: script)
        }
        return script
    }

    /// Finds the file, which must lie in the folder when all links are followed.
    private func locate(_ name: String) throws(ModelFailure) -> Stamp {
        let steps = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.utf8.contains(0), !steps.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw ModelFailure(
                .configuration, "script \(name): a script is named by a path inside the folder of scripts")
        }
        guard let root = Self.realPath(folder) else {
            throw ModelFailure(.configuration, "script \(name): the folder of scripts does not exist")
        }
        for ending in ["", ".yaml", ".yml", ".json"] {
            guard let path = Self.realPath("\(folder)/\(name)\(ending)") else { continue }
            guard path.hasPrefix(root == "/" ? root : root + "/") else {
                throw ModelFailure(.configuration, "script \(name): the file lies outside the folder of scripts")
            }
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            return Stamp(
                path: path, seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec,
                size: Int(status.st_size))
        }
        throw ModelFailure(.configuration, "script \(name): there is no such file in the folder of scripts")
    }

    private func read(_ stamp: Stamp, _ name: String) throws(ModelFailure) -> String {
        guard let file = fopen(stamp.path, "r") else {
            throw ModelFailure(.configuration, "script \(name): the file cannot be read")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Self.fileBytesMax + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard count <= Self.fileBytesMax else {
            throw ModelFailure(.configuration, "script \(name): larger than \(Self.fileBytesMax) bytes")
        }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw ModelFailure(.configuration, "script \(name): not UTF-8 text")
        }
        return text
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
