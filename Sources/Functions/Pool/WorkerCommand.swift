import Glibc

/// How a worker is started: the program with its arguments, and all of its environment.
struct WorkerCommand: Sendable {
    let program: String
    let arguments: [String]
    let environment: [String]

    /// The binary that is a worker, and what it is told.
    struct Worker: Sendable {
        /// The path without links, as the system names it among what is mapped.
        let executable: String
        let settings: WorkerSettings

        init(executable: String, settings: WorkerSettings) {
            let real = realpath(executable, nil)
            defer { free(real) }
            self.executable = real.map { String(cString: $0) } ?? executable
            self.settings = settings
        }
    }

    /// What the engine needs: no machine code made at work, no cage of 4 GB that no limit counts, one collector.
    private static func environment(_ settings: WorkerSettings) -> [(String, String)] {
        [
            ("LANG", "C.UTF-8"), ("TZ", "UTC"), ("GIGACAGE_ENABLED", "0"), ("JSC_useJIT", "0"),
            ("JSC_useConcurrentGC", "0"), ("JSC_numberOfGCMarkers", "1"),
            ("JSC_forceRAMSize", String(settings.memoryBytes)),
        ]
    }

    /// The worker alone: what it takes from itself is all that holds it.
    init(_ worker: Worker) {
        program = worker.executable
        arguments = [worker.executable, FunctionWorker.command, worker.settings.text]
        environment = Self.environment(worker.settings).map { "\($0)=\($1)" }
    }

    /// The worker within namespaces of its own, in which there is nothing but what it has mapped, an empty folder, and
    /// no network (bubblewrap).
    ///
    /// - Parameters:
    ///   - files: The program and its libraries.
    ///   - links: By path, where links lead by which these are found.
    init(_ worker: Worker, within bubblewrap: String, files: [String], links: [String: String]) {
        program = bubblewrap
        var words = [
            bubblewrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
            "--hostname", "function",
        ]
        for (name, value) in Self.environment(worker.settings) { words += ["--setenv", name, value] }
        for file in files { words += ["--ro-bind", file, file] }
        for (link, target) in links.sorted(by: { $0.key < $1.key }) { words += ["--symlink", target, link] }
        for file in Self.loaders {
            let place = Self.placed(file)
            if !files.contains(place), links[place] == nil { words += ["--ro-bind-try", file, place] }
        }
        words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/tmp", "--"]
        words += [worker.executable, FunctionWorker.command, worker.settings.text]
        arguments = words
        environment = []
    }

    /// Where programs look for what loads their libraries, and its table of where they are.
    private static let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/etc/ld.so.cache"]

    /// The path of a file whose folder may be a link.
    private static func placed(_ file: String) -> String {
        let end = file.lastIndex(of: "/") ?? file.startIndex
        guard let folder = realpath(String(file[..<end]), nil) else { return file }
        defer { free(folder) }
        return String(cString: folder) + file[end...]
    }

    /// Where bubblewrap is; nil where it is not installed, or `COVEY_FUNCTIONS_BUBBLEWRAP` is not `on`. It is asked for
    /// by name, because a server that is killed while a worker starts may leave an idle process of it behind.
    static var bubblewrap: String? {
        guard let wanted = getenv("COVEY_FUNCTIONS_BUBBLEWRAP"), String(cString: wanted) == "on" else { return nil }
        return ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"].first { access($0, X_OK) == 0 }
    }
}
