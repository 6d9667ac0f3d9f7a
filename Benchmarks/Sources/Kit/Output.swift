import Glibc

/// What the programs of the bench say: results on standard output, everything else on standard error.
public enum Output {
    /// One line of result.
    public static func result(_ line: String) { write(line, to: STDOUT_FILENO) }

    /// One line for the person who watches.
    public static func note(_ line: String) { write(line, to: STDERR_FILENO) }

    /// Says why a program named `program` gives up, and ends it with status 1.
    public static func giveUp(_ program: String, _ reason: any Error) -> Never {
        note("\(program): \(reason)")
        exit(1)
    }

    private static func write(_ line: String, to descriptor: Int32) {
        let bytes = Array((line + "\n").utf8)
        var sent = 0
        while sent < bytes.count {
            let written = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            sent += written
        }
    }
}
