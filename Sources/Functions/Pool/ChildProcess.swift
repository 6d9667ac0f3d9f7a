import CSandbox
import Glibc

/// A child of the calling thread, with pipes to it. Foundation's `Process` is no use here: it reads past its memory
/// where a process has more than a thousand descriptors open, and hands descriptors on.
struct ChildProcess {
    let id: pid_t
    /// Where it reads from; not blocking.
    let input: Int32
    /// What it writes to; not blocking.
    let output: Int32
    /// What it complains to; not blocking.
    let complaints: Int32

    /// Why it could not be started, for people.
    struct Failure: Error {
        let reason: String
    }

    /// How it ended.
    struct End: Sendable, Equatable {
        /// The signal that ended it, or 0.
        let signal: Int32
        /// Its status, where it ended by itself.
        let status: Int32

        /// The signal for whoever used up its processor time: SIGXCPU.
        static let processorTime: Int32 = 24
    }

    /// Starts it. It has these three descriptors and no other, and ends with the calling thread where it asks to.
    init(_ command: WorkerCommand) throws(Failure) {
        let input = try Self.pipe()
        let output: (read: Int32, write: Int32)
        do throws(Failure) {
            output = try Self.pipe()
        } catch {
            Self.close(input)
            throw error
        }
        let complaints: (read: Int32, write: Int32)
        do throws(Failure) {
            complaints = try Self.pipe()
        } catch {
            Self.close(input)
            Self.close(output)
            throw error
        }
        let result = Self.spawn(command, [input.read, output.write, complaints.write])
        for end in [input.read, output.write, complaints.write] { Glibc.close(end) }
        switch result {
        case .success(let id):
            self.id = id
            (self.input, self.output, self.complaints) = (input.write, output.read, complaints.read)
            for end in [self.input, self.output, self.complaints] {
                _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            }
        case .failure(let failure):
            for end in [input.write, output.read, complaints.read] { Glibc.close(end) }
            throw failure
        }
    }

    /// Ends it for good and waits until it is gone. To be called once.
    func end() -> End {
        kill(id, SIGKILL)
        for end in [input, output, complaints] { Glibc.close(end) }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return End(signal: signal, status: signal == 0 ? (status >> 8) & 0xFF : 0)
    }

    private static func pipe() throws(Failure) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard covey_pipe(&ends) == 0 else { throw Failure(reason: String(cString: strerror(errno))) }
        return (ends[0], ends[1])
    }

    private static func close(_ pipe: (read: Int32, write: Int32)) {
        Glibc.close(pipe.read)
        Glibc.close(pipe.write)
    }

    private static func spawn(_ command: WorkerCommand, _ descriptors: [Int32]) -> Result<pid_t, Failure> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (place, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(place))
        }
        covey_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals that this process ignores or blocks, the child does not.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var id: pid_t = 0
        let status = withWords(command.arguments) { arguments in
            withWords(command.environment) { environment in
                posix_spawn(&id, command.program, &actions, &attributes, arguments, environment)
            }
        }
        guard status == 0 else {
            return .failure(Failure(reason: "\(command.program): \(String(cString: strerror(status)))"))
        }
        return .success(id)
    }

    private static func withWords<Result>(
        _ words: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = words.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return (copies + [nil]).withUnsafeBufferPointer { list in
            guard let base = list.baseAddress else { preconditionFailure("the list ends with nil") }
            return body(base)
        }
    }
}
