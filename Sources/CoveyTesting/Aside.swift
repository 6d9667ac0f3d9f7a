import Foundation

/// Waits for something outside, a process or a pipe, on a thread of its own: the tests share few threads, and one that
/// stands still stops others.
public func aside<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}
