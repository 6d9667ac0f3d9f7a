import Dispatch
import Glibc

/// A bare TCP connection, for what no well-behaved client would send.
public final class RawConnection: Sendable {
    private let descriptor: Int32

    /// Bytes that one read takes at most.
    private static let chunk = 65_536

    /// Connects to a port of 127.0.0.1. Nil when nobody listens there.
    public init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard connected == 0 else { return nil }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(descriptor) }

    /// Sends text; false when the other side has closed.
    @discardableResult public func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// What comes until the other side closes, or 20 s pass without a byte. Waits on a thread of its own.
    public func readToEnd() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                var all: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: Self.chunk)
                while true {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    all += buffer[..<count]
                }
                continuation.resume(returning: String(decoding: all, as: UTF8.self))
            }
        }
    }
}
