import CEpoll
import Glibc

/// Bytes that arrive at the end and leave at the front, with a hard bound.
public final class ByteQueue {
    /// What became of one attempt to move bytes through a socket.
    public enum Transfer: Equatable, Sendable {
        case moved(Int)
        case notNow
        case closed
        case failed(Int32)
        case full
    }

    /// Bytes that may wait here.
    public let limit: Int
    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0

    /// An empty queue for at most `limit` bytes, which starts with room for `capacity`.
    public init(capacity: Int = 4_096, limit: Int = 4 << 20) {
        self.limit = limit
        self.capacity = capacity
        storage = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { storage.deallocate() }

    /// Bytes waiting.
    public var count: Int { end - start }

    /// The waiting bytes; valid until the next change.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage + start, count: end - start) }

    /// Forgets the first `length` bytes, at most `count`.
    public func consume(_ length: Int) {
        start += min(length, count)
        if start == end { removeAll() }
    }

    /// Forgets everything; keeps the room.
    public func removeAll() {
        start = 0
        end = 0
    }

    /// Adds `bytes` at the end; false, and nothing added, when that would pass `limit`.
    @discardableResult
    public func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return true }
        guard reserve(bytes.count) else { return false }
        memcpy(storage + end, source, bytes.count)
        end += bytes.count
        return true
    }

    /// Adds the bytes of an array; false when that would pass `limit`.
    @discardableResult
    public func append(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { append($0) } }

    /// Reads once from `socket` to the end of the queue.
    public func receive(from socket: Int32) -> Transfer {
        guard reserve(1) else { return .full }
        if capacity - end < 2_048 { _ = reserve(min(4_096, limit - count)) }
        let received = recv(socket, storage + end, capacity - end, 0)
        if received > 0 {
            end += received
            return .moved(received)
        }
        if received == 0 { return .closed }
        return errno == EAGAIN || errno == EINTR ? .notNow : .failed(errno)
    }

    /// Writes once from the front of the queue to `socket`.
    public func send(to socket: Int32) -> Transfer {
        guard count > 0 else { return .moved(0) }
        let sent = Glibc.send(socket, storage + start, count, Int32(MSG_NOSIGNAL))
        if sent >= 0 {
            consume(sent)
            return .moved(sent)
        }
        return errno == EAGAIN || errno == EINTR ? .notNow : .failed(errno)
    }

    private func reserve(_ extra: Int) -> Bool {
        guard count + extra <= limit else { return false }
        if end + extra <= capacity { return true }
        if start > 0 {
            memmove(storage, storage + start, count)
            end -= start
            start = 0
            if end + extra <= capacity { return true }
        }
        var grown = capacity * 2
        while grown < end + extra { grown *= 2 }
        let replacement = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
        memcpy(replacement, storage, end)
        storage.deallocate()
        storage = replacement
        capacity = grown
        return true
    }
}

extension UnsafeRawBufferPointer {
    /// Where `needle` first occurs at or after `offset`, counted from the start; nil when it does not. An empty
    /// needle is nowhere.
    public func firstOffset(of needle: [UInt8], from offset: Int = 0) -> Int? {
        guard let base = baseAddress, !needle.isEmpty, offset < count else { return nil }
        let found = needle.withUnsafeBytes { memmem(base + offset, count - offset, $0.baseAddress, needle.count) }
        return found.map { base.distance(to: UnsafeRawPointer($0)) }
    }

    /// Where `needle` last occurs; nil when it does not.
    public func lastOffset(of needle: [UInt8]) -> Int? {
        var last: Int?
        var position = 0
        while let found = firstOffset(of: needle, from: position) {
            last = found
            position = found + 1
        }
        return last
    }

    /// The bytes of `range` as text, with replacement characters where they are not UTF-8.
    public func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: self[range]), as: UTF8.self)
    }
}
