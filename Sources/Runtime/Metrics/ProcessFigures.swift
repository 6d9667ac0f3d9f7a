import Glibc

/// What the system says of this process (Linux, `proc(5)`). Names as Prometheus' own clients have them.
public enum ProcessFigures {
    /// Memory, descriptors, processor time; what cannot be read is left out.
    public static func gauges() -> [Gauge] {
        var gauges: [Gauge] = []
        if let pages = read("/proc/self/statm")?.split(separator: " ").dropFirst().first.flatMap({ Double($0) }) {
            gauges.append(
                Gauge(
                    "process_resident_memory_bytes", pages * Double(sysconf(Int32(_SC_PAGESIZE))),
                    "Memory in use, bytes."))
        }
        if let count = entries("/proc/self/fd") {
            gauges.append(Gauge("process_open_fds", Double(count), "Descriptors that are open."))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            gauges.append(Gauge("process_max_fds", Double(limit.rlim_cur), "Descriptors that may be open."))
        }
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds =
                Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1_000_000
            gauges.append(
                Gauge("process_cpu_seconds_total", seconds, "Processor time, seconds.", isCounter: true))
        }
        return gauges
    }

    /// The beginning of a small file.
    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// How many entries a folder has, itself and its parent and the descriptor of the look left out.
    private static func entries(_ path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return max(0, count - 3)
    }
}
