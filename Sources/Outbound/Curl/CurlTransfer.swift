import CCurl
import Synchronization

/// The head of a reply as the loop hands it over.
struct ResponseHead: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let decisions: [EgressDecision]
}

/// One request on its way, shared between the task that waits for it and the loop's thread.
///
/// `@unchecked Sendable`: the fields under "loop" hold C handles and are touched on the loop's thread alone; everything
/// else is constant or behind the lock.
final class CurlTransfer: @unchecked Sendable {
    typealias HeadWaiter = UnsafeContinuation<Result<ResponseHead, OutboundError>, Never>
    typealias BodyWaiter = UnsafeContinuation<Result<[UInt8]?, OutboundError>, Never>

    /// Where the reply stands.
    private struct Shared: ~Copyable {
        var head: ResponseHead?
        var buffer: [UInt8] = []
        var ended = false
        var failure: OutboundError?
        var isPaused = false
        // Unsafe continuations, because checked ones cost an allocation for each wait; each is taken out under the lock
        // and resumed exactly once.
        var headWaiter: HeadWaiter?
        var bodyWaiter: BodyWaiter?
    }

    let request: HTTPRequest
    let loop: CurlLoop
    private let shared = Mutex(Shared())

    // Loop: the C handles and what only callbacks touch.
    var easy: UnsafeMutableRawPointer?
    var headerList: UnsafeMutablePointer<curl_slist>?
    var resolvedList: UnsafeMutablePointer<curl_slist>?
    var position = -1
    var isTouched = false
    var startedAt: Int64 = 0
    var lastByteAt: Int64 = 0
    var hasBytes = false
    var isHeldBack = false
    var failure: OutboundError?
    var decisions: [EgressDecision] = []
    var openedSockets = 0
    var status = 0
    var headers = HTTPHeaders()
    var headerBytes = 0
    var headIsDone = false
    var bodyBytes = 0
    /// When a transfer that nobody reads any more is given up; nil while somebody does.
    var lingersUntil: Int64?
    var lingeredBytes = 0

    init(_ request: HTTPRequest, loop: CurlLoop) {
        self.request = request
        self.loop = loop
    }

    // MARK: The task's side

    /// Starts the transfer and waits for the head.
    func start() async throws(OutboundError) -> ResponseHead {
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (waiter: HeadWaiter) in
                let failure = shared.withLock { shared in
                    if shared.failure == nil { shared.headWaiter = waiter }
                    return shared.failure
                }
                if let failure { return waiter.resume(returning: .failure(failure)) }
                loop.submit(.start(self))
            }
        } onCancel: {
            abort()
        }
        return try result.get()
    }

    /// The next bytes of the body; nil at the end.
    func next() async throws(OutboundError) -> [UInt8]? {
        if let ready = ready(waiter: nil) { return try ready.get() }
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (waiter: BodyWaiter) in
                if let ready = ready(waiter: waiter) { waiter.resume(returning: ready) }
            }
        } onCancel: {
            abort()
        }
        return try result.get()
    }

    /// What there is to read now, or nil after having left `waiter` to be resumed later.
    private func ready(waiter: BodyWaiter?) -> Result<[UInt8]?, OutboundError>? {
        var resumes = false
        let result: Result<[UInt8]?, OutboundError>? = shared.withLock { shared in
            if !shared.buffer.isEmpty {
                resumes = shared.isPaused
                shared.isPaused = false
                return .success(shared.buffer.takeAll())
            }
            if let failure = shared.failure { return .failure(failure) }
            if shared.ended { return .success(nil) }
            precondition(shared.bodyWaiter == nil, "a body has one reader: wait for one next() before the other")
            shared.bodyWaiter = waiter
            return nil
        }
        if resumes { loop.submit(.unpause(self)) }
        return result
    }

    /// Ends the transfer for the task at once; the loop closes its connection soon after.
    func abort() {
        let (isNews, head, body) = shared.withLock { shared -> (Bool, HeadWaiter?, BodyWaiter?) in
            guard !shared.ended, shared.failure == nil else { return (false, nil, nil) }
            shared.failure = .cancelled
            shared.buffer = []
            return (true, shared.headWaiter.take(), shared.bodyWaiter.take())
        }
        guard isNews else { return }
        loop.submit(.abort(self))
        head?.resume(returning: .failure(.cancelled))
        body?.resume(returning: .failure(.cancelled))
    }

    /// Nobody reads on. A reply that is about to end is let come to its end, so that its connection can be used again.
    func drop() {
        let isOpen = shared.withLock { shared in
            shared.buffer = []
            return !shared.ended && shared.failure == nil
        }
        if isOpen { loop.submit(.linger(self)) }
    }

    // MARK: The loop's side

    /// Whether the task gave up before the transfer began.
    var isAbandoned: Bool { shared.withLock { $0.failure != nil } }

    /// Publishes the head.
    func publishHead() {
        headIsDone = true
        let head = ResponseHead(status: status, headers: headers, decisions: decisions)
        shared.withLock { $0.head = head }
    }

    /// Takes bytes of the body. False when the reader is behind by `bufferBytesMax`: then nothing was taken.
    func receive(_ bytes: UnsafeRawBufferPointer, bufferBytesMax: Int) -> Bool {
        shared.withLock { shared in
            if shared.failure != nil { return true }
            guard shared.buffer.count < bufferBytesMax else {
                shared.isPaused = true
                return false
            }
            shared.buffer.append(contentsOf: bytes)
            return true
        }
    }

    /// Marks the end, good or bad. What was received before stays readable.
    func end(_ failure: OutboundError?) {
        shared.withLock { shared in
            guard !shared.ended, shared.failure == nil else { return }
            if let failure { shared.failure = failure } else { shared.ended = true }
        }
    }

    /// Resumes the waiting task if there is something for it. Called once a turn of the loop. Returns whether that made
    /// room for a transfer that was held back.
    func flush() -> Bool {
        var resumes = false
        var head: (HeadWaiter, Result<ResponseHead, OutboundError>)?
        var body: (BodyWaiter, Result<[UInt8]?, OutboundError>)?
        shared.withLock { shared in
            if let waiter = shared.headWaiter {
                if let value = shared.head {
                    head = (waiter, .success(value))
                } else if let failure = shared.failure {
                    head = (waiter, .failure(failure))
                }
                if head != nil { shared.headWaiter = nil }
            }
            if let waiter = shared.bodyWaiter {
                if !shared.buffer.isEmpty {
                    resumes = shared.isPaused
                    shared.isPaused = false
                    body = (waiter, .success(shared.buffer.takeAll()))
                } else if let failure = shared.failure {
                    body = (waiter, .failure(failure))
                } else if shared.ended {
                    body = (waiter, .success(nil))
                }
                if body != nil { shared.bodyWaiter = nil }
            }
        }
        if let head { head.0.resume(returning: head.1) }
        if let body { body.0.resume(returning: body.1) }
        return resumes
    }
}

/// Keeps a transfer going for as long as somebody may read its body.
final class CurlBody: Sendable {
    private let transfer: CurlTransfer
    private let owner: CurlOwner

    init(_ transfer: CurlTransfer, owner: CurlOwner) {
        self.transfer = transfer
        self.owner = owner
    }

    func next() async throws(OutboundError) -> [UInt8]? { try await transfer.next() }

    deinit { transfer.drop() }
}

extension Array {
    /// Returns all elements and leaves none.
    fileprivate mutating func takeAll() -> [Element] {
        var other: [Element] = []
        swap(&self, &other)
        return other
    }
}
