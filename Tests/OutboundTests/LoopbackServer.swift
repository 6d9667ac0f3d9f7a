import Dispatch
import Glibc
import Synchronization

/// An HTTP/1.1 server on a loopback port for tests: plain sockets, one thread a connection, replies cut into pieces
/// wherever the test wants. It stops with `stop()`.
final class LoopbackServer: Sendable {
    /// What the server read.
    struct Request: Sendable {
        let method: String
        let path: String
        let headers: [String: String]
        let body: [UInt8]
        /// Which connection it came on, counted from 0.
        let connection: Int

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What happens after the last piece.
    enum Ending: Sendable {
        /// The reply is complete and the connection stays open.
        case complete
        /// The connection is closed amid the reply.
        case cut
        /// Nothing happens until the client goes away.
        case hang
    }

    /// A reply whose body is sent piece by piece.
    struct Reply: Sendable {
        var status = 200
        var headers: [(String, String)] = [("Content-Type", "text/event-stream")]
        var pieces: [[UInt8]] = []
        var ending = Ending.complete
        /// Whether the server waits for `advance()` before each piece but the first.
        var isPaced = false
        /// Sent as it is instead of everything else.
        var raw: [UInt8]?

        static func text(_ status: Int, _ text: String, type: String = "application/json") -> Reply {
            Reply(status: status, headers: [("Content-Type", type)], pieces: [Array(text.utf8)])
        }

        static func events(_ text: String, ending: Ending = .complete) -> Reply {
            Reply(pieces: [Array(text.utf8)], ending: ending)
        }
    }

    /// What has happened so far.
    struct Counts: Sendable {
        var accepted = 0
        var closed = 0
        var requests = 0
    }

    private struct State {
        var isStopped = false
        var connections: [Int32] = []
        var counts = Counts()
        var requests: [Request] = []
        var waiters: [(holds: @Sendable (Counts) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private static let connectionsMax = 2048
    private static let requestBytesMax = 32 * 1024 * 1024

    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())
    /// Counts what `advance()` lets go.
    private let advances = DispatchSemaphore(value: 0)
    private let greeting: [UInt8]
    private let answer: @Sendable (Request) -> Reply

    /// Listens on a free port of `127.0.0.1` and answers each request with `answer`. `greeting` is sent to each new
    /// connection unasked.
    init(greeting: [UInt8] = [], _ answer: @escaping @Sendable (Request) -> Reply) {
        self.greeting = greeting
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        let descriptor = listener
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && listen(descriptor, 512) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        precondition(bound, "no loopback port for the test server")
        port = UInt16(bigEndian: address.sin_port)
        startThread { self.acceptAll() }
    }

    /// The address of the server.
    var url: String { "http://127.0.0.1:\(port)" }
    /// The requests read so far.
    var requests: [Request] { state.withLock { $0.requests } }
    /// How many connections were made so far.
    var connectionCount: Int { state.withLock { $0.counts.accepted } }

    /// Lets one more piece of a paced reply go.
    func advance() { advances.signal() }

    /// Waits until `holds`.
    func reaches(_ holds: @escaping @Sendable (Counts) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if !holds(state.counts) { state.waiters.append((holds, continuation)) }
                return holds(state.counts)
            }
            if isReached { continuation.resume() }
        }
    }

    private func count(_ change: (inout State) -> Void) {
        let ready = state.withLock { state in
            change(&state)
            let counts = state.counts
            let ready = state.waiters.filter { $0.holds(counts) }
            state.waiters.removeAll { $0.holds(counts) }
            return ready.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    /// Closes everything.
    func stop() {
        let open = state.withLock { state in
            state.isStopped = true
            return state.connections
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        for _ in 0..<Self.connectionsMax { advances.signal() }
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
            var number: Int?
            count { state in
                guard !state.isStopped, state.connections.count < Self.connectionsMax else { return }
                state.connections.append(descriptor)
                number = state.counts.accepted
                state.counts.accepted += 1
            }
            guard let number else {
                close(descriptor)
                continue
            }
            startThread { self.serve(descriptor, number) }
        }
        close(listener)
    }

    private func serve(_ descriptor: Int32, _ number: Int) {
        var buffered: [UInt8] = []
        _ = write(greeting, to: descriptor)
        while let request = read(descriptor, &buffered, number) {
            count { state in
                state.requests.append(request)
                state.counts.requests += 1
            }
            guard send(answer(request), to: descriptor, head: request.method == "HEAD") else { break }
        }
        state.withLock { state in state.connections.removeAll { $0 == descriptor } }
        close(descriptor)
        count { $0.counts.closed += 1 }
    }

    private func send(_ reply: Reply, to descriptor: Int32, head: Bool) -> Bool {
        if let raw = reply.raw {
            if write(raw, to: descriptor), reply.ending == .hang { drain(descriptor) }
            return false
        }
        var text = "HTTP/1.1 \(reply.status) Test\r\n"
        for (name, value) in reply.headers { text += "\(name): \(value)\r\n" }
        let isWhole = reply.pieces.count <= 1 && reply.ending == .complete
        if isWhole {
            text += "Content-Length: \(reply.pieces.first?.count ?? 0)\r\n\r\n"
        } else {
            text += "Transfer-Encoding: chunked\r\n\r\n"
        }
        var out = Array(text.utf8)
        if head { return write(out, to: descriptor) }
        for (position, piece) in reply.pieces.enumerated() {
            if reply.isPaced, position > 0 { advances.wait() }
            out += isWhole ? piece : Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [0x0D, 0x0A]
            guard write(out, to: descriptor) else { return false }
            out = []
        }
        switch reply.ending {
        case .complete:
            return isWhole ? out.isEmpty || write(out, to: descriptor) : write(Array("0\r\n\r\n".utf8), to: descriptor)
        case .cut: return write(out, to: descriptor) && false
        case .hang:
            if write(out, to: descriptor) { drain(descriptor) }
            return false
        }
    }

    /// Waits until the client goes away.
    private func drain(_ descriptor: Int32) {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private func read(_ descriptor: Int32, _ buffered: inout [UInt8], _ connection: Int) -> Request? {
        var headEnd = Self.end(of: buffered)
        while headEnd == nil {
            guard receive(descriptor, &buffered) else { return nil }
            headEnd = Self.end(of: buffered)
        }
        guard let headEnd else { return nil }
        let lines = String(decoding: buffered[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard let name = parts.first else { continue }
            headers[name.lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let total = headEnd + 4 + (Int(headers["content-length"] ?? "") ?? 0)
        while buffered.count < total { guard receive(descriptor, &buffered) else { return nil } }
        let body = Array(buffered[(headEnd + 4)..<total])
        buffered.removeFirst(total)
        return Request(
            method: String(words[0]), path: String(words[1]), headers: headers, body: body, connection: connection)
    }

    private func receive(_ descriptor: Int32, _ buffered: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0, buffered.count + count <= Self.requestBytesMax else { return false }
        buffered += chunk[..<count]
        return true
    }

    private static func end(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first {
            bytes[$0] == 13 && bytes[$0 + 1] == 10 && bytes[$0 + 2] == 13 && bytes[$0 + 3] == 10
        }
    }

    private func startThread(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        precondition(failed == 0, "no thread for the test server")
        pthread_detach(thread)
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
