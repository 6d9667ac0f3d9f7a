import Glibc

/// The one place of the bench that reads clocks or waits for time to pass.
public enum Clock {
    /// Nanoseconds on the monotonic clock; only differences mean something.
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Seconds since 1970.
    public static func unixSeconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec
    }

    /// Blocks the calling thread for `milliseconds`, at least 0.
    public static func pause(milliseconds: Double) {
        guard milliseconds > 0 else { return }
        let nanoseconds = Int64(milliseconds * 1_000_000)
        var request = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000)
        )
        var left = timespec()
        while nanosleep(&request, &left) == -1, errno == EINTR { request = left }
    }

    /// Milliseconds from `start` to `end`, both from `now()`.
    public static func milliseconds(from start: Int64, to end: Int64) -> Double {
        Double(end - start) / 1_000_000
    }
}
