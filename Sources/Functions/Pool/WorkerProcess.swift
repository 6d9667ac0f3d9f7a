import Catalog
import CSandbox
import Foundation
import Glibc
import Synchronization

/// A worker as its host sees it: lines to it and from it, a deadline, and an end. A thread of its own starts the
/// process, speaks with it and waits for its end; the process ends with that thread, and so with the server, however
/// that goes.
final class WorkerProcess: Sendable {
    /// What comes from a worker.
    enum Event: Sendable {
        /// A message.
        case message(JSONValue)
        /// The last one: it is gone.
        case ended(End)
    }

    /// Why a worker is gone.
    enum End: Sendable, Equatable {
        /// It could not be started.
        case notStarted(String)
        /// Its host ended it.
        case stopped
        /// It was over its time.
        case late
        /// It wrote more than it may, or what nobody understands.
        case loud
        /// It went by itself, with what it said to the error output.
        case gone(ChildProcess.End, said: String)
    }

    private struct State {
        var pending: [UInt8] = []
        var deadline: ContinuousClock.Instant?
        var end: End?
        var isOver = false
        var processID: pid_t?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// What it says, in order; one reader.
    let events: AsyncStream<Event>
    private let sink: AsyncStream<Event>.Continuation
    private let state = Mutex(State())
    private let wake: Int32
    private let lineBytesMax: Int

    /// Messages that may wait for their reader.
    private static let messagesMax = 256
    /// Bytes of the error output that are kept.
    private static let complaintBytesMax = 2000

    /// Starts one, which must be ready within `limits.startMs`: its first message says so.
    init(_ command: WorkerCommand, _ limits: FunctionLimits) {
        (events, sink) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.messagesMax))
        wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        lineBytesMax = limits.lineBytes
        setDeadline(.milliseconds(limits.startMs))
        let thread = Thread { [self] in work(command) }
        thread.name = "function"
        thread.start()
    }

    deinit { close(wake) }

    /// The id of the process; nil where there is none.
    var processID: pid_t? { state.withLock { $0.processID } }
    /// Whether it is gone or is to go.
    var isOver: Bool { state.withLock { $0.isOver || $0.end != nil } }

    /// Sends a message.
    func send(_ message: JSONValue) {
        let line = message.jsonBytes + [UInt8(ascii: "\n")]
        change { $0.pending += line }
    }

    /// Ends it unless it is done by then; nil for no deadline. Time is the machine's: what is bounded is a process.
    func setDeadline(_ duration: Duration?) {
        change { $0.deadline = duration.map { ContinuousClock.now.advanced(by: $0) } }
    }

    /// Ends it at once.
    func stop() { change { $0.end = $0.end ?? .stopped } }

    /// Waits until it is gone and nothing of it is left.
    func waitUntilGone() async {
        await withCheckedContinuation { continuation in
            let isGone = state.withLock { state in
                if !state.isOver { state.waiting.append(continuation) }
                return state.isOver
            }
            if isGone { continuation.resume() }
        }
    }

    private func change(_ body: (inout sending State) -> Void) {
        let isAlive = state.withLock { state in
            guard !state.isOver else { return false }
            body(&state)
            return true
        }
        if isAlive { eventfd_write(wake, 1) }
    }

    // MARK: The thread

    private func work(_ command: WorkerCommand) {
        // Signals are for others; above all, writing to a worker that is gone must be an error and not SIGPIPE.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        let end: End
        do throws(ChildProcess.Failure) {
            let child = try ChildProcess(command)
            state.withLock { $0.processID = child.id }
            let conversation = converse(child)
            let fate = child.end()
            end = state.withLock { $0.end ?? .gone(fate, said: conversation) }
        } catch {
            end = .notStarted(error.reason)
        }
        let waiting = state.withLock { state in
            state.isOver = true
            state.processID = nil
            defer { state.waiting = [] }
            return state.waiting
        }
        // Where messages fill the buffer, the stream's own end says it.
        sink.yield(.ended(end))
        sink.finish()
        for continuation in waiting { continuation.resume() }
    }

    /// Passes on what comes and goes until the worker is gone or is to go. Returns what it said to the error output.
    private func converse(_ child: ChildProcess) -> String {
        var lines = LineBuffer(bytesMax: lineBytesMax)
        var complaints: [UInt8] = []
        while true {
            let (isWriting, deadline, isEnded) = state.withLock { (!$0.pending.isEmpty, $0.deadline, $0.end != nil) }
            if isEnded { break }
            var descriptors = [
                pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
                pollfd(fd: child.complaints, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isWriting ? child.input : -1, events: Int16(POLLOUT), revents: 0),
            ]
            poll(&descriptors, nfds_t(descriptors.count), Self.milliseconds(until: deadline))
            if descriptors[1].revents != 0 {
                var count: eventfd_t = 0
                eventfd_read(wake, &count)
            }
            if descriptors[3].revents != 0, !write(to: child) { break }
            if descriptors[2].revents != 0, let more = Self.read(child.complaints) {
                complaints += more.prefix(Self.complaintBytesMax - complaints.count)
            }
            if descriptors[0].revents != 0 {
                guard let bytes = Self.read(child.output) else { break }
                guard take(bytes, &lines) else {
                    state.withLock { $0.end = $0.end ?? .loud }
                    break
                }
            }
            if let deadline, ContinuousClock.now >= deadline {
                state.withLock { state in
                    if state.deadline == deadline { state.end = state.end ?? .late }
                }
            }
        }
        if let more = Self.read(child.complaints) {
            complaints += more.prefix(Self.complaintBytesMax - complaints.count)
        }
        return String(decoding: complaints, as: UTF8.self)
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let (seconds, attoseconds) = ContinuousClock.now.duration(to: deadline).components
        return Int32(clamping: max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1))
    }

    /// What there is to read; empty for nothing yet, nil at the end.
    private static func read(_ file: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(file, &bytes, bytes.count)
        if count > 0 { return Array(bytes[..<count]) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
    }

    /// Whether the worker still reads.
    private func write(to child: ChildProcess) -> Bool {
        state.withLock { state in
            let count = state.pending.withUnsafeBytes { Glibc.write(child.input, $0.baseAddress, $0.count) }
            if count > 0 { state.pending.removeFirst(count) }
            return count >= 0 || errno == EAGAIN || errno == EINTR
        }
    }

    /// Hands on the lines that are whole. False when one is too long or none, or nobody takes them.
    private func take(_ bytes: [UInt8], _ lines: inout LineBuffer) -> Bool {
        guard let whole = lines.add(bytes) else { return false }
        for line in whole {
            guard let message = try? JSONValue(mending: line) else { return false }
            if case .enqueued = sink.yield(.message(message)) { continue }
            return false
        }
        return true
    }
}

/// Bytes that gather into lines.
private struct LineBuffer {
    let bytesMax: Int
    private var bytes: [UInt8] = []

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The lines that are whole now; nil when one is too long.
    mutating func add(_ more: [UInt8]) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        for part in more.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if part.startIndex > 0 {
                lines.append(bytes)
                bytes = []
            }
            bytes += part
            guard bytes.count <= bytesMax else { return nil }
        }
        return lines
    }
}
