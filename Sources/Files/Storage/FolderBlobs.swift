import Dispatch
import Glibc

extension BlobStore {
    /// Keeps bytes in files below a folder, which is made when the first is kept; its owner alone may read it.
    public static func folder(_ root: String) -> BlobStore {
        let folder = BlobFolder(root: root)
        return BlobStore(
            put: { key, content throws(BlobFailure) in try await folder.put(content.bytes, key.text) },
            get: { key throws(BlobFailure) in try await folder.get(key.text) })
    }
}

/// Files below a folder. What is written has another name until it is whole and on the disk.
private struct BlobFolder: Sendable {
    let root: String

    func put(_ bytes: [UInt8], _ key: String) async throws(BlobFailure) {
        try await Self.aside { () throws(BlobFailure) in try write(bytes, key) }
    }

    func get(_ key: String) async throws(BlobFailure) -> [UInt8]? {
        try await Self.aside { () throws(BlobFailure) in try read(key) }
    }

    /// Disks are slow, and the threads of tasks are few.
    private static func aside<Value: Sendable>(
        _ body: @escaping @Sendable () throws(BlobFailure) -> Value
    ) async throws(BlobFailure) -> Value {
        let result: Result<Value, BlobFailure> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(BlobFailure) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private func write(_ bytes: [UInt8], _ key: String) throws(BlobFailure) {
        let path = "\(root)/\(key)"
        if Self.size(path) == bytes.count { return }
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        try Self.makeFolder(folder)
        let draft = "\(folder)/.\(UInt64.random(in: .min ... .max)).part"
        do throws(BlobFailure) {
            try Self.writeDurably(bytes, draft)
            guard rename(draft, path) == 0 else { throw Self.failure("name", path) }
        } catch {
            unlink(draft)
            throw error
        }
        // The name is on the disk too before anything tells of it.
        try Self.sync(folder)
    }

    private static func writeDurably(_ bytes: [UInt8], _ path: String) throws(BlobFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("make", path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw failure("write", path) }
    }

    private static func sync(_ folder: String) throws(BlobFailure) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("write", folder) }
    }

    private static func makeFolder(_ path: String) throws(BlobFailure) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw failure("make", path)
        }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("make", path) }
    }

    private static func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    private func read(_ key: String) throws(BlobFailure) -> [UInt8]? {
        let path = "\(root)/\(key)"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Self.failure("open", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("read", path) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes[filled...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("read", path) }
            filled += count
        }
        return bytes
    }

    private static func failure(_ what: String, _ path: String) -> BlobFailure {
        BlobFailure("cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
