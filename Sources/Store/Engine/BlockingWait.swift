#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Waiting on a thread that exists to block. The one place of the store that waits for time to pass.
enum BlockingWait {
    /// Holds up the calling thread. Never call it on the concurrency pool, but where SQLite itself would hold it up.
    static func milliseconds(_ milliseconds: Int) {
        _ = poll(nil, 0, Int32(clamping: milliseconds))
    }
}
