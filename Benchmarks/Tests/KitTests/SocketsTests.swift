import Glibc
import Kit
import Testing

struct SocketsTests {
    @Test func `a free port can be listened on, and is not one that outgoing connections get`() throws {
        let port = try Sockets.freePort()
        let socket = try Sockets.listen(port: port)
        defer { close(socket) }
        #expect(try Sockets.port(of: socket) == port)
        #expect(port < 32_768)
        #expect(throws: SystemError("listen on 127.0.0.1:\(port)", code: EADDRINUSE)) { try Sockets.listen(port: port) }
    }
}
