import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Listens on a connection of its own and hands what it hears to the hub. After a break it connects again and tells
/// everybody to catch up, because PostgreSQL keeps nothing for the absent.
final class PostgresListener: Sendable {
    /// How long it waits before it connects again.
    static let reconnectMs = 500

    private let url: String
    private let hub: SignalHub
    /// A pipe: a byte in it wakes the thread.
    private let wakeReader: Int32
    private let wakeWriter: Int32
    private let isClosed = Atomic<Bool>(false)
    /// Whether the pipe is open. Its descriptors' numbers are soon another file's, so nobody may use them after it
    /// closed.
    private let pipeIsOpen = Mutex(true)
    private let thread = Mutex<WorkerThread?>(nil)
    /// The names by which the process is there.
    private let names = Mutex<Set<String>>([])

    init(url: String, hub: SignalHub) throws(StoreError) {
        self.url = url
        self.hub = hub
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw .unavailable(retryable: true) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        wakeReader = ends[0]
        wakeWriter = ends[1]
        let thread = try WorkerThread { [self] in serve() }
        self.thread.withLock { $0 = thread }
    }

    /// Holds a lock for a name as long as it is connected.
    func attend(as name: String) {
        names.withLock { _ = $0.insert(name) }
        refresh()
    }

    /// Makes the thread look at the hub's channels again.
    func refresh() {
        pipeIsOpen.withLock { isOpen in
            var byte: UInt8 = 0
            // A full pipe wakes it as well.
            if isOpen { _ = write(wakeWriter, &byte, 1) }
        }
    }

    /// Ends the thread. A second time does nothing.
    func stop() async {
        isClosed.store(true, ordering: .releasing)
        refresh()
        await thread.withLock { $0 }?.finished()
        pipeIsOpen.withLock { isOpen in
            guard isOpen else { return }
            isOpen = false
            close(wakeReader)
            close(wakeWriter)
        }
    }

    private func serve() {
        let connection = PostgresConnection(url: url)
        var listening: Set<String> = []
        var attending: Set<String> = []
        while !isClosed.load(ordering: .acquiring) {
            let (wanted, names) = (hub.channels, names.withLock { $0 })
            guard !wanted.isEmpty || !names.isEmpty else {
                wait(for: nil, milliseconds: -1)
                continue
            }
            do throws(StoreError) {
                let wasDown = !connection.isConnected
                if wasDown {
                    (listening, attending) = ([], [])
                    try connection.connect()
                }
                for name in names.subtracting(attending) {
                    // Shared: a session of this process that the server has not missed yet is in nobody's way.
                    let literal = "'\(name.replacing("'", with: "''"))'"
                    try connection.script(
                        "SELECT pg_advisory_lock_shared(\(Dialect.attendance), hashtext(\(literal)))")
                    attending.insert(name)
                }
                for channel in wanted.subtracting(listening) {
                    try connection.script("LISTEN \(PostgresConnection.quoted(channel))")
                    // What was told before the LISTEN took effect is as lost as what was told during a break.
                    hub.catchUp(on: channel)
                }
                for channel in listening.subtracting(wanted) {
                    try connection.script("UNLISTEN \(PostgresConnection.quoted(channel))")
                }
                listening = wanted
                wait(for: connection.socket, milliseconds: -1)
                for (channel, payload) in try connection.notifications() { hub.deliver(payload, on: channel) }
            } catch {
                connection.disconnect()
                wait(for: nil, milliseconds: Int32(Self.reconnectMs))
            }
        }
    }

    /// Returns when the connection has something, when somebody wakes the thread, or when the time is over.
    private func wait(for socket: Int32?, milliseconds: Int32) {
        var watched = [pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0)]
        if let socket { watched.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0)) }
        _ = poll(&watched, nfds_t(watched.count), milliseconds)
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wakeReader, &bytes, bytes.count) > 0 {}
    }
}
