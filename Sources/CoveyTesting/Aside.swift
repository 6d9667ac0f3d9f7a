public import Foundation
import Synchronization

/// Waits for something outside, a process or a pipe, on a thread of its own: the tests share few threads, and one that
/// stands still stops others.
public func aside<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}

/// One process is begun at a time: Foundation's `Process.run` reads past its memory when several threads are in it.
private let starting = Mutex(())

extension Process {
    /// Begins the process, as `run` does, while no other one is being begun by this.
    public func begin() throws { try starting.withLock { _ in try run() } }
}
