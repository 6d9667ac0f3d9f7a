import Glibc
import Kit

/// A blocking client that sends one call after the other on one connection, as a program that edits does.
final class KeptConnection {
    private let socket: Int32
    private let port: UInt16

    /// Connects to `port` on loopback.
    init(port: UInt16) throws {
        self.port = port
        socket = try Sockets.connect(port: port, blocking: true)
        Sockets.limitWaiting(of: socket, seconds: 60)
    }

    deinit { close(socket) }

    /// Sends a call and reads the whole answer. Throws unless its status is one of `statuses`.
    @discardableResult
    func call(
        _ method: String, _ path: String, _ content: String = "", headers: [String] = [],
        expecting statuses: Set<Int> = [200]
    ) throws -> String {
        let lines = ["host: 127.0.0.1:\(port)", "content-type: application/json"] + headers
        let head =
            "\(method) \(path) HTTP/1.1\r\n" + lines.map { $0 + "\r\n" }.joined()
            + "content-length: \(content.utf8.count)\r\n\r\n"
        let request = ByteQueue()
        guard request.append(Array((head + content).utf8)) else { throw Complaint("\(path): too long a request") }
        while request.count > 0 {
            guard case .moved = request.send(to: socket) else { throw SystemError("send to port \(port)") }
        }
        let (status, body) = try HTTPCall.answer(on: socket, what: "\(method) \(path)")
        guard statuses.contains(status) else {
            throw Complaint("\(method) \(path) answered \(status): \(body.prefix(300))")
        }
        return body
    }

    /// Milliseconds that one call takes.
    func time(
        _ method: String, _ path: String, _ content: String = "", expecting statuses: Set<Int> = [200]
    ) throws -> Double {
        let begin = Clock.now()
        try call(method, path, content, expecting: statuses)
        return Clock.milliseconds(from: begin, to: Clock.now())
    }
}
