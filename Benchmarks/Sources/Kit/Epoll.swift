import CEpoll
import Glibc

/// Waits for many sockets on one thread. Level-triggered: what is not read now is reported again.
public struct Epoll: ~Copyable {
    /// What to be woken for.
    public enum Interest: Sendable {
        case reading
        case writing

        var mask: UInt32 {
            switch self {
            case .reading: EPOLLIN.rawValue
            case .writing: EPOLLOUT.rawValue
            }
        }
    }

    /// The most events that one `wait` answers.
    public static let batchMaximum = 512

    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>

    /// Throws when the system refuses an epoll instance.
    public init() throws(SystemError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        events = .allocate(capacity: Self.batchMaximum)
        events.initialize(repeating: epoll_event(), count: Self.batchMaximum)
        guard descriptor >= 0 else { throw SystemError("epoll_create1") }
    }

    deinit {
        events.deallocate()
        close(descriptor)
    }

    /// Starts watching `socket`. Closing the socket ends it.
    public func add(_ socket: Int32, for interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_ADD, socket, interest)
    }

    /// Replaces what `socket` is watched for.
    public func change(_ socket: Int32, to interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_MOD, socket, interest)
    }

    private func control(_ operation: Int32, _ socket: Int32, _ interest: Interest) throws(SystemError) {
        var event = epoll_event()
        event.events = interest.mask
        event.data.fd = socket
        guard epoll_ctl(descriptor, operation, socket, &event) == 0 else { throw SystemError("epoll_ctl") }
    }

    /// Waits at most `milliseconds` and answers how many sockets are ready, at most `batchMaximum`; 0 after a timeout
    /// or a signal.
    public func wait(milliseconds: Int32) -> Int {
        max(0, Int(epoll_wait(descriptor, events, Int32(Self.batchMaximum), milliseconds)))
    }

    /// The socket of ready event `index`, counted from 0 in the last `wait`.
    public func socket(at index: Int) -> Int32 { events[index].data.fd }
}
