import CSandbox
import Glibc

/// The worker's side of its pipes: lines on standard input and output. When the other side is gone, so is the worker.
struct WorkerPipe {
    private var buffer: [UInt8] = []
    /// Bytes of `buffer` in which there is no line's end.
    private var looked = 0
    private static let lineBytesMax = 64 << 20

    /// The next line, or nil when none came within `milliseconds` (−1 for no limit).
    mutating func line(within milliseconds: Int32) -> [UInt8]? {
        while true {
            if let end = buffer[looked...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                looked = 0
                return line
            }
            looked = buffer.count
            if buffer.count > Self.lineBytesMax { exit(2) }
            var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let ready = poll(&descriptor, 1, milliseconds)
            if ready == 0 { return nil }
            if ready > 0 { fill() }
        }
    }

    private mutating func fill() {
        let count = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { space in
            let count = read(STDIN_FILENO, space.baseAddress, space.count)
            if count > 0 { buffer += UnsafeRawBufferPointer(rebasing: space[..<count]) }
            return count
        }
        if count == 0 || (count < 0 && errno != EINTR) { exit(0) }
    }

    /// Writes `line` and its end.
    func write(_ line: [UInt8]) {
        let whole = line + [UInt8(ascii: "\n")]
        var sent = 0
        while sent < whole.count {
            let count = whole[sent...].withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { exit(0) }
            sent += max(0, count)
        }
    }
}
