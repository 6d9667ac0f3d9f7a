import Glibc

/// IPv4 loopback sockets; the bench never speaks to another machine.
public enum Sockets {
    private static let streamNonBlocking =
        Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        | Int32(SOCK_CLOEXEC.rawValue)
    private static let streamBlocking = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    /// Connections that may wait to be accepted.
    private static let backlog: Int32 = 1024

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    /// A non-blocking listening socket on `port`, 0 for any free one.
    public static func listen(port: UInt16) throws(SystemError) -> Int32 {
        let socket = Glibc.socket(AF_INET, streamNonBlocking, 0)
        guard socket >= 0 else { throw SystemError("socket") }
        var on: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = loopback(port)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, Glibc.listen(socket, backlog) == 0 else {
            let error = SystemError("listen on 127.0.0.1:\(port)")
            close(socket)
            throw error
        }
        return socket
    }

    /// The local port of a bound socket.
    public static func port(of socket: Int32) throws(SystemError) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        guard named == 0 else { throw SystemError("getsockname") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Where `freePort` looks: below the ports that the system gives to outgoing connections. A client that asks again
    /// and again for a server that has not started yet could otherwise be given the server's own port, and meet itself.
    private static let freePortRange: ClosedRange<UInt16> = 20_000...29_999

    /// A port that was free a moment ago. Another process may still take it: the caller sees its server fail to start.
    public static func freePort() throws(SystemError) -> UInt16 {
        var attempts = 100
        while true {
            let port = UInt16.random(in: freePortRange)
            attempts -= 1
            do throws(SystemError) {
                close(try listen(port: port))
                return port
            } catch {
                if attempts == 0 { throw error }
            }
        }
    }

    /// The next waiting connection, non-blocking and without delay for small writes; nil when none waits.
    public static func accept(from listener: Int32) -> Int32? {
        let socket = Glibc.accept(listener, nil, nil)
        guard socket >= 0 else { return nil }
        guard fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK) == 0 else {
            close(socket)
            return nil
        }
        sendSmallWritesAtOnce(socket)
        return socket
    }

    /// A connection to `port`. A non-blocking one may still be on its way when this answers.
    public static func connect(port: UInt16, blocking: Bool) throws(SystemError) -> Int32 {
        let socket = Glibc.socket(AF_INET, blocking ? streamBlocking : streamNonBlocking, 0)
        guard socket >= 0 else { throw SystemError("socket") }
        var address = loopback(port)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 || errno == EINPROGRESS else {
            let error = SystemError("connect to 127.0.0.1:\(port)")
            close(socket)
            throw error
        }
        sendSmallWritesAtOnce(socket)
        return socket
    }

    /// Makes blocking reads and writes of `socket` fail after `seconds`.
    public static func limitWaiting(of socket: Int32, seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func sendSmallWritesAtOnce(_ socket: Int32) {
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
}
