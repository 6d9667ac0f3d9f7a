import Glibc
import Kit

/// One blocking call on a connection of its own: set-up, readiness, cold starts.
public struct HTTPCall: Sendable {
    /// The answer's status code.
    public let status: Int
    /// The answer's whole body.
    public let body: String

    /// Calls `method path` on loopback. Throws when nobody listens, or the answer is broken or takes longer than
    /// `seconds` between two bytes.
    public init(
        _ method: String, port: UInt16, _ path: String, headers: [String] = [], body content: String = "",
        seconds: Int = 30
    ) throws {
        let socket = try Sockets.connect(port: port, blocking: true)
        defer { close(socket) }
        Sockets.limitWaiting(of: socket, seconds: seconds)
        let lines = ["host: 127.0.0.1:\(port)", "connection: close", "content-type: application/json"] + headers
        let head =
            "\(method) \(path) HTTP/1.1\r\n" + lines.map { $0 + "\r\n" }.joined()
            + "content-length: \(content.utf8.count)\r\n\r\n"
        let request = ByteQueue()
        request.append(Array((head + content).utf8))
        while request.count > 0 {
            guard case .moved = request.send(to: socket) else { throw SystemError("send to port \(port)") }
        }
        (status, body) = try Self.answer(on: socket, what: "\(method) \(path)")
    }

    /// Reads one answer, which nothing follows.
    static func answer(on socket: Int32, what: String) throws -> (Int, String) {
        let input = ByteQueue()
        let output = ByteQueue()
        var head: MessageHead?
        var decoder: BodyDecoder?
        while decoder?.isFinished != true {
            switch input.receive(from: socket) {
            case .moved: break
            case .closed where decoder?.state == .untilClose:
                return (head?.status ?? 0, output.bytes.text(0..<output.count))
            case .closed: throw Complaint("\(what): the connection closed before an answer")
            case .notNow: throw Complaint("\(what): no answer in time")
            case .failed(let code): throw SystemError(what, code: code)
            case .full: throw Complaint("\(what): too long an answer")
            }
            if head == nil {
                switch MessageHead.read(input.bytes) {
                case .incomplete: continue
                case .malformed(let reason): throw Complaint("\(what): \(reason)")
                case .head(let read):
                    input.consume(read.length)
                    head = read
                    decoder = BodyDecoder(read, isResponse: true)
                }
            }
            decoder?.decode(input, into: output)
            if case .malformed(let reason) = decoder?.state { throw Complaint("\(what): \(reason)") }
        }
        return (head?.status ?? 0, output.bytes.text(0..<output.count))
    }
}
