import Glibc
import Kit

/// A program that the bench has started, and alone may stop.
public final class Child {
    /// Where a child's standard output and error go.
    public enum Destination: Sendable {
        /// Both to the end of this file.
        case file(String)
        /// Standard output to `readOutput`; errors to the bench's own.
        case pipe
    }

    /// The process id.
    public let identifier: Int32
    /// How it was started, for messages.
    public let name: String
    private var output: Int32 = -1
    private var exitStatus: Int32?

    /// Starts the program at path `words[0]`, with exactly this environment. Throws when it cannot be started.
    public init(_ words: [String], environment: [String: String] = [:], output destination: Destination) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var ends: [Int32] = [-1, -1]
        switch destination {
        case .file(let path):
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        case .pipe:
            guard pipe(&ends) == 0 else { throw SystemError("pipe") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The bench blocks the signals that it waits for; its children must not inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var started: Int32 = 0
        let status = posix_spawn(&started, words[0], &actions, &attributes, &arguments, &variables)
        if ends[1] >= 0 { close(ends[1]) }
        // Signals to 0 or less would reach whole groups of processes: such a number never gets into a `Child`.
        guard status == 0, started > 0 else {
            if ends[0] >= 0 { close(ends[0]) }
            throw SystemError("start \(words[0])", code: status)
        }
        name = words.prefix(2).joined(separator: " ")
        identifier = started
        output = ends[0]
        Children.add(started)
    }

    deinit { stop(graceMilliseconds: 1_000) }

    /// Whether it still runs.
    public var isRunning: Bool {
        reap(WNOHANG)
        return exitStatus == nil
    }

    /// Its standard output up to its end or the first line, at most `bytes`. Throws after `seconds` without news.
    public func readOutput(seconds: Int, untilLine: Bool = false, bytes limit: Int = 1 << 20) throws -> String {
        var gathered: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while gathered.count < limit {
            var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Int32(seconds * 1_000))
            guard ready > 0 else { throw Complaint("\(name) said nothing for \(seconds) s") }
            let length = read(output, &buffer, buffer.count)
            guard length > 0 else { break }
            gathered += buffer[0..<length]
            if untilLine, buffer[0..<length].contains(0x0A) { break }
        }
        return String(decoding: gathered, as: UTF8.self)
    }

    /// Asks it to end with SIGTERM, waits, then kills it. Does nothing to one that has ended.
    public func stop(graceMilliseconds: Double = 10_000) {
        if isRunning {
            kill(identifier, SIGTERM)
            let end = Clock.now() + Int64(graceMilliseconds * 1_000_000)
            while isRunning, Clock.now() < end { Clock.pause(milliseconds: 2) }
            if isRunning {
                kill(identifier, SIGKILL)
                reap(0)
            }
        }
        if output >= 0 { close(output) }
        output = -1
    }

    private func reap(_ options: Int32) {
        guard exitStatus == nil else { return }
        var status: Int32 = 0
        if waitpid(identifier, &status, options) != 0 {
            exitStatus = status
            Children.remove(identifier)
        }
    }
}
