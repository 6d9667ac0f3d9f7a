import CCurl
import Glibc
import Synchronization

/// Runs libcurl's multi interface on one thread of its own, driven by epoll.
///
/// `@unchecked Sendable`: all fields but the inbox belong to the loop's thread; libcurl's multi and easy handles must
/// not
/// be used from two threads at once and never are.
final class CurlLoop: @unchecked Sendable {
    /// What tasks ask of the loop.
    enum Command {
        case start(CurlTransfer)
        case unpause(CurlTransfer)
        case abort(CurlTransfer)
        case linger(CurlTransfer)
        case stop
    }

    private struct Inbox: ~Copyable {
        var commands: [Command] = []
        var wakeIsOnItsWay = false
        var isClosed = false
    }

    private static let eventsPerTurnMax: Int32 = 256
    /// How many idle easy handles are kept for later requests.
    private static let spareHandlesMax = 256
    /// How long a reply that nobody reads any more may take to end by itself, in nanoseconds.
    private static let lingerTime: Int64 = 250_000_000
    /// Deadlines are looked at no more often than this.
    private static let sweepIntervalMin: Int64 = 10_000_000

    let policy: EgressPolicy
    let limits: HTTPLimits
    let certificateAuthorities: String?
    let resolver: (@Sendable (String) -> [String])?

    private let inbox = Mutex(Inbox())
    private let multi: UnsafeMutableRawPointer
    private let pollDescriptor: Int32
    private let wakeDescriptor: Int32

    private var spareHandles: [UnsafeMutableRawPointer] = []
    private var active: [CurlTransfer] = []
    private var touched: [CurlTransfer] = []
    /// What epoll watches each descriptor for, and what libcurl wants. They differ while a connection is idle: leaving
    /// it registered saves two system calls for each request.
    private var watched: [Int32: UInt32] = [:]
    private var wanted: [Int32: UInt32] = [:]
    private(set) var now: Int64 = 0
    private var timerAt: Int64?
    private var sweepAt = Int64.max
    private var isStopped = false

    private static let isInitialised = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(
        policy: EgressPolicy, limits: HTTPLimits, certificateAuthorities: String?,
        resolver: (@Sendable (String) -> [String])? = nil
    ) {
        self.resolver = resolver
        self.policy = policy
        self.limits = limits
        self.certificateAuthorities = certificateAuthorities
        guard Self.isInitialised, let multi = curl_multi_init() else { preconditionFailure("libcurl does not start") }
        self.multi = multi
        pollDescriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(pollDescriptor >= 0 && wakeDescriptor >= 0, "no file descriptors left for outbound HTTP")
    }

    deinit {
        close(pollDescriptor)
        close(wakeDescriptor)
    }

    /// Starts the thread. It holds the loop until `.stop` was submitted.
    func run() {
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let loop = Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue()
                covey_name_this_thread("covey-outbound")
                loop.turnUntilStopped()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(failed == 0, "no thread can be started for outbound HTTP")
        pthread_detach(thread)
    }

    /// Hands a command to the loop's thread.
    func submit(_ command: Command) {
        let (wakes, isClosed) = inbox.withLock { inbox -> (Bool, Bool) in
            if inbox.isClosed { return (false, true) }
            inbox.commands.append(command)
            defer { inbox.wakeIsOnItsWay = true }
            return (!inbox.wakeIsOnItsWay, false)
        }
        if wakes {
            eventfd_write(wakeDescriptor, 1)
        } else if isClosed, case .start(let transfer) = command {
            transfer.end(.cancelled)
            _ = transfer.flush()
        }
    }

    // MARK: The thread

    private func turnUntilStopped() {
        blockBrokenPipeSignals()
        watchWakes()
        setUpMulti()
        var events = [epoll_event](repeating: epoll_event(), count: Int(Self.eventsPerTurnMax))
        var commands: [Command] = []
        while !isStopped {
            let count = epoll_wait(pollDescriptor, &events, Self.eventsPerTurnMax, waitMilliseconds())
            now = Self.readClock()
            for position in 0..<max(0, Int(count)) { act(on: events[position]) }
            takeCommands(&commands)
            for command in commands { perform(command) }
            commands.removeAll(keepingCapacity: true)
            runTimers()
            collectResults()
            if now >= sweepAt { sweep() }
            flushTouched()
        }
        tearDown()
    }

    private func setUpMulti() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        covey_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limits.idleConnectionsMax)
        covey_multi_set_on_socket(multi, onSocket, context)
        covey_multi_set_on_timer(multi, onTimer, context)
    }

    /// With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE to us; on this thread a broken pipe is an error code, nothing else.
    private func blockBrokenPipeSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Edge-triggered, so that each wake is one event and the counter never needs reading.
    private func watchWakes() {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLET.rawValue
        event.data.fd = wakeDescriptor
        epoll_ctl(pollDescriptor, EPOLL_CTL_ADD, wakeDescriptor, &event)
    }

    private func waitMilliseconds() -> Int32 {
        let next = min(timerAt ?? .max, sweepAt)
        guard next != .max else { return -1 }
        let wait = next - Self.readClock()
        return wait <= 0 ? 0 : Int32(clamping: (wait + 999_999) / 1_000_000)
    }

    private func takeCommands(_ commands: inout [Command]) {
        inbox.withLock { inbox in
            swap(&commands, &inbox.commands)
            inbox.wakeIsOnItsWay = false
        }
    }

    private func act(on event: epoll_event) {
        let descriptor = event.data.fd
        guard descriptor != wakeDescriptor else { return }
        guard wanted[descriptor] != nil else { return forget(descriptor) }
        var mask: Int32 = 0
        if event.events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
        if event.events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(multi, descriptor, mask, &running)
    }

    private func runTimers() {
        var running: Int32 = 0
        // Each round may set the timer anew; libcurl makes progress in each, the bound guards against its never ending.
        for _ in 0..<64 {
            guard let due = timerAt, due <= now else { return }
            timerAt = nil
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        }
    }

    private func collectResults() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = CurlTransfer.of(easy)
            else { continue }
            var failure = transfer.failure ?? transfer.error(for: covey_message_result(message))
            if failure == nil, !transfer.headIsDone { failure = .cut("the reply's head is incomplete") }
            finish(transfer, failure)
        }
    }

    // MARK: Transfers

    private func perform(_ command: Command) {
        switch command {
        case .start(let transfer): start(transfer)
        case .unpause(let transfer): unpause(transfer)
        case .abort(let transfer): if transfer.easy != nil { finish(transfer, .cancelled) }
        case .linger(let transfer): if transfer.easy != nil { linger(transfer) }
        case .stop: isStopped = true
        }
    }

    private func start(_ transfer: CurlTransfer) {
        // A cancellation may overtake the start; its command found nothing to end.
        guard !transfer.isAbandoned else { return }
        guard active.count < limits.transfersMax else {
            return fail(transfer, .tooManyTransfers(max: limits.transfersMax))
        }
        guard let easy = spareHandles.popLast() ?? curl_easy_init() else {
            return fail(transfer, .cannotConnect("out of memory"))
        }
        transfer.easy = easy
        transfer.position = active.count
        transfer.startedAt = now
        transfer.lastByteAt = now
        active.append(transfer)
        // Taken back by `finish`, which every started transfer comes to.
        let context = Unmanaged.passRetained(transfer).toOpaque()
        if let problem = transfer.prepare(easy, context: context, loop: self) { return finish(transfer, problem) }
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
            return finish(transfer, .cannotConnect("libcurl takes no more transfers"))
        }
        sweepAt = min(sweepAt, transfer.deadline(now: now).at)
    }

    private func fail(_ transfer: CurlTransfer, _ error: OutboundError) {
        transfer.end(error)
        touch(transfer)
    }

    private func unpause(_ transfer: CurlTransfer) {
        guard let easy = transfer.easy, transfer.isHeldBack else { return }
        transfer.isHeldBack = false
        transfer.lastByteAt = now
        sweepAt = min(sweepAt, transfer.deadline(now: now).at)
        curl_easy_pause(easy, CURLPAUSE_CONT)
    }

    private func linger(_ transfer: CurlTransfer) {
        let end = now + Self.lingerTime
        transfer.lingersUntil = end
        sweepAt = min(sweepAt, end)
        unpause(transfer)
    }

    /// Ends a transfer and takes its handle back. A connection whose reply is not complete is closed by libcurl.
    private func finish(_ transfer: CurlTransfer, _ failure: OutboundError?) {
        guard let easy = transfer.easy else { return }
        transfer.easy = nil
        curl_multi_remove_handle(multi, easy)
        curl_slist_free_all(transfer.headerList)
        transfer.headerList = nil
        curl_slist_free_all(transfer.resolvedList)
        transfer.resolvedList = nil
        if spareHandles.count < Self.spareHandlesMax {
            curl_easy_reset(easy)
            spareHandles.append(easy)
        } else {
            curl_easy_cleanup(easy)
        }
        if let last = active.last {
            last.position = transfer.position
            active.swapAt(transfer.position, active.count - 1)
            active.removeLast()
        }
        transfer.end(failure)
        touch(transfer)
        Unmanaged.passUnretained(transfer).release()
    }

    /// Notes that a transfer has news for its task.
    func touch(_ transfer: CurlTransfer) {
        guard !transfer.isTouched else { return }
        transfer.isTouched = true
        touched.append(transfer)
    }

    /// Resumes the tasks that there is news for: one resumption each for everything that this turn brought.
    private func flushTouched() {
        var position = 0
        while position < touched.count {
            let transfer = touched[position]
            position += 1
            transfer.isTouched = false
            // Letting go of a held-back transfer may touch it again, once: nobody waits for it by then.
            if transfer.flush() { unpause(transfer) }
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// Ends what is over its time and finds the next deadline.
    private func sweep() {
        var next = Int64.max
        for transfer in active.reversed() {
            let deadline = transfer.deadline(now: now)
            if deadline.at <= now { finish(transfer, .timedOut(deadline.phase)) } else { next = min(next, deadline.at) }
        }
        sweepAt = next == .max ? .max : max(next, now + Self.sweepIntervalMin)
    }

    private func tearDown() {
        let late = inbox.withLock { inbox -> [Command] in
            inbox.isClosed = true
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for case .start(let transfer) in late { fail(transfer, .cancelled) }
        while let transfer = active.last { finish(transfer, .cancelled) }
        for handle in spareHandles { curl_easy_cleanup(handle) }
        curl_multi_cleanup(multi)
        flushTouched()
    }

    // MARK: Descriptors

    /// libcurl's wish for a descriptor: 0 for none.
    func want(_ descriptor: Int32, _ mask: UInt32) {
        guard mask != 0 else {
            wanted[descriptor] = nil
            return
        }
        wanted[descriptor] = mask
        let before = watched[descriptor]
        guard before != mask else { return }
        var event = epoll_event()
        event.events = mask
        event.data.fd = descriptor
        epoll_ctl(pollDescriptor, before == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event)
        watched[descriptor] = mask
    }

    /// Something happened on a connection that nobody uses: libcurl finds out when it takes it up again.
    private func forget(_ descriptor: Int32) {
        guard watched.removeValue(forKey: descriptor) != nil else { return }
        var event = epoll_event()
        epoll_ctl(pollDescriptor, EPOLL_CTL_DEL, descriptor, &event)
    }

    /// The kernel takes a closed descriptor out of the epoll set by itself.
    func didClose(_ descriptor: Int32) {
        watched[descriptor] = nil
        wanted[descriptor] = nil
    }

    func setTimer(milliseconds: Int) {
        timerAt = milliseconds < 0 ? nil : now + Int64(milliseconds) * 1_000_000
    }

    private static func readClock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

private let onSocket: curl_socket_callback = { _, descriptor, what, context, _ in
    guard let context else { return 0 }
    let loop = Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue()
    switch what {
    case CURL_POLL_IN: loop.want(descriptor, EPOLLIN.rawValue)
    case CURL_POLL_OUT: loop.want(descriptor, EPOLLOUT.rawValue)
    case CURL_POLL_INOUT: loop.want(descriptor, EPOLLIN.rawValue | EPOLLOUT.rawValue)
    default: loop.want(descriptor, 0)
    }
    return 0
}

private let onTimer: curl_multi_timer_callback = { _, milliseconds, context in
    guard let context else { return 0 }
    Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds: milliseconds)
    return 0
}
