import CSandbox
import Glibc

/// What a worker takes from itself before it reads any code. There is no way back from any of it.
enum Confinement {
    /// A wall that did not come up.
    struct Failure: Error {
        let wall: String
    }

    /// Descriptors that a worker may have open.
    private static let descriptors: rlim_t = 16

    /// Limits this process, then leaves it no system calls but those of `SyscallFilter`.
    ///
    /// - Throws: `Failure` at the first wall that does not come up; then no code may be run.
    static func apply(_ settings: WorkerSettings) throws(Failure) {
        let data = try dataBytes()
        try limit(RLIMIT_DATA, to: rlim_t(data + settings.memoryBytes), "RLIMIT_DATA")
        try limit(RLIMIT_CPU, to: rlim_t(settings.processorSeconds), "RLIMIT_CPU")
        try limit(RLIMIT_FSIZE, to: 0, "RLIMIT_FSIZE")
        try limit(RLIMIT_NOFILE, to: descriptors, "RLIMIT_NOFILE")
        try limit(RLIMIT_CORE, to: 0, "RLIMIT_CORE")
        guard covey_not_dumpable() == 0 else { throw Failure(wall: "PR_SET_DUMPABLE") }
        guard covey_no_new_privileges() == 0 else { throw Failure(wall: "no_new_privs") }
        guard covey_knows_architecture() != 0 else { throw Failure(wall: "seccomp on this architecture") }
        var rules = SyscallFilter(process: getpid()).rules
        let count = UInt16(rules.count)
        guard rules.withUnsafeMutableBufferPointer({ covey_install_filter($0.baseAddress, count) }) == 0 else {
            throw Failure(wall: "seccomp")
        }
    }

    /// What this process could still reach out with, by name: nothing, where the walls are up.
    static func holes() -> [String] {
        var holes = (0..<covey_probe_count).filter { covey_probe_is_refused($0) == 0 }
            .compactMap { covey_probe_name($0).map { String(cString: $0) } }
        if covey_refuses_processes() == 0 { holes.append("clone") }
        if covey_refuses_executable() == 0 { holes.append("mmap") }
        return holes
    }

    private static func limit(_ resource: __rlimit_resource, to value: rlim_t, _ name: String) throws(Failure) {
        var limit = rlimit(rlim_cur: value, rlim_max: value)
        guard setrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { throw Failure(wall: name) }
    }

    /// Bytes of private, writable memory that the process has set aside, of which most is never touched.
    private static func dataBytes() throws(Failure) -> Int {
        let status = readSmallFile("/proc/self/status")
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmData:") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure(wall: "/proc")
        }
        return kilobytes * 1024
    }

    /// The files that this process has mapped: its program and the libraries.
    static func mappedFiles() -> [String] {
        var files: Set<String> = []
        for line in readSmallFile("/proc/self/maps").split(separator: "\n") {
            guard let start = line.firstIndex(of: "/"), !line.hasSuffix("(deleted)") else { continue }
            files.insert(String(line[start...]))
        }
        return files.filter { access($0, R_OK) == 0 }.sorted()
    }

    private static func readSmallFile(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 4 << 20 {
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
