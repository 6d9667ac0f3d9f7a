import Glibc
import Kit

/// One client's connection: requests one after the other, answers at their own pace.
final class Connection {
    let socket: Int32
    /// Tells this connection from an earlier one with the same socket number.
    let generation: UInt64
    private let input = ByteQueue(capacity: 8_192, limit: 8 << 20)
    private let body = ByteQueue(capacity: 8_192, limit: 8 << 20)
    private let output = ByteQueue(capacity: 8_192, limit: 64 << 20)
    private var head: MessageHead?
    private var decoder: BodyDecoder?
    private var reply: Reply?
    private var nextPiece = 0
    private var startedAt: Int64 = 0
    private var waitsToWrite = false
    private var isClosed = false

    init(socket: Int32, generation: UInt64) {
        self.socket = socket
        self.generation = generation
    }

    /// Whether an answer is under way.
    var isAnswering: Bool { reply != nil }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        Glibc.close(socket)
    }

    /// The socket can be read or, while output waits, written.
    func isReady(_ server: ModelServer) {
        if waitsToWrite {
            flush(server)
            return
        }
        switch input.receive(from: socket) {
        case .moved: advance(server)
        case .notNow: return
        case .closed, .failed, .full: server.drop(self)
        }
    }

    /// A piece of the answer is due.
    func isDue(_ server: ModelServer, now: Int64) {
        sendDuePieces(server, now: now)
        if !isClosed, reply == nil { advance(server) }
    }

    /// Answers as many requests as have arrived, one at a time.
    private func advance(_ server: ModelServer) {
        while !isClosed, reply == nil {
            if head == nil {
                switch MessageHead.read(input.bytes) {
                case .incomplete: return
                case .malformed: return server.drop(self)
                case .head(let read):
                    input.consume(read.length)
                    if read.expectsContinue { output.append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
                    head = read
                    decoder = BodyDecoder(read, isResponse: false)
                }
            }
            decoder?.decode(input, into: body)
            if case .malformed = decoder?.state { return server.drop(self) }
            guard decoder?.isFinished == true, let request = head?.request else {
                flush(server)
                return
            }
            reply = server.answer(request.method, request.path, body.bytes)
            body.removeAll()
            head = nil
            decoder = nil
            begin(server)
        }
    }

    private func begin(_ server: ModelServer) {
        guard let reply else { return }
        nextPiece = 0
        server.began()
        if reply.isImmediate {
            for piece in reply.pieces { output.append(piece) }
            nextPiece = reply.pieces.count
            finishReply(server)
            flush(server)
        } else {
            startedAt = Clock.now()
            server.wake(self, at: startedAt + Int64(reply.firstMilliseconds) * 1_000_000)
        }
    }

    /// Sends every piece whose time has come. Times count from the request, so that a late wake-up does not add up.
    private func sendDuePieces(_ server: ModelServer, now: Int64) {
        guard let reply else { return }
        while nextPiece < reply.pieces.count {
            let offset = reply.firstMilliseconds + nextPiece * reply.delayMilliseconds
            let due = startedAt + Int64(offset) * 1_000_000
            guard due <= now else {
                server.wake(self, at: due)
                break
            }
            output.append(reply.pieces[nextPiece])
            nextPiece += 1
        }
        if nextPiece == reply.pieces.count { finishReply(server) }
        flush(server)
    }

    private func finishReply(_ server: ModelServer) {
        reply = nil
        server.ended()
    }

    private func flush(_ server: ModelServer) {
        guard !isClosed, output.count > 0 else { return }
        switch output.send(to: socket) {
        case .failed, .closed, .full: return server.drop(self)
        case .moved, .notNow: break
        }
        let shouldWait = output.count > 0
        guard shouldWait != waitsToWrite else { return }
        waitsToWrite = shouldWait
        do throws(SystemError) {
            try server.epoll.change(socket, to: shouldWait ? .writing : .reading)
        } catch {
            server.drop(self)
        }
    }
}
