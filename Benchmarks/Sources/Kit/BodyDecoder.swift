/// Takes the framing off an HTTP/1.1 body as it arrives in pieces of any size.
public struct BodyDecoder: Equatable, Sendable {
    /// What is expected next.
    public enum State: Equatable, Sendable {
        case bytes(Int)
        case untilClose
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
        case finished
        case malformed(String)
    }

    /// Bytes of a chunk-size or trailer line, at most.
    public static let lineMaximum = 4_096

    /// Where the decoder stands.
    public private(set) var state: State

    /// The decoder for the body that `head` announces. A response without a length and without chunks lasts until its
    /// connection closes; a request without them has no body.
    public init(_ head: MessageHead, isResponse: Bool) {
        if head.isChunked {
            state = .chunkSize
        } else if let length = head.contentLength {
            state = length == 0 ? .finished : .bytes(length)
        } else if isResponse, head.status != 204, head.status != 304 {
            state = .untilClose
        } else {
            state = .finished
        }
    }

    /// Whether the whole body has been seen.
    public var isFinished: Bool { state == .finished }

    /// Moves what can be decoded from the front of `input` to the end of `output`.
    public mutating func decode(_ input: ByteQueue, into output: ByteQueue) {
        var isMoving = true
        while isMoving { isMoving = step(input, output) }
    }

    /// One step; false when nothing more can be done with what has arrived.
    private mutating func step(_ input: ByteQueue, _ output: ByteQueue) -> Bool {
        switch state {
        case .finished, .malformed: return false
        case .bytes(let left):
            let taken = move(min(left, input.count), input, output)
            if case .malformed = state { return false }
            state = taken == left ? .finished : .bytes(left - taken)
            return false
        case .untilClose:
            _ = move(input.count, input, output)
            return false
        case .chunk(let left):
            let taken = move(min(left, input.count), input, output)
            if case .malformed = state { return false }
            state = taken == left ? .chunkEnd : .chunk(left - taken)
            return taken == left
        case .chunkEnd:
            guard input.count >= 2 else { return false }
            guard input.bytes[0] == 0x0D, input.bytes[1] == 0x0A else { return fail("a chunk without an end of line") }
            input.consume(2)
            state = .chunkSize
            return true
        case .chunkSize:
            guard let line = takeLine(input) else { return false }
            let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
                return fail("a chunk size of '\(String(decoding: line, as: UTF8.self))'")
            }
            state = size == 0 ? .trailer : .chunk(size)
            return true
        case .trailer:
            guard let line = takeLine(input) else { return false }
            if line.isEmpty { state = .finished }
            return true
        }
    }

    private mutating func move(_ length: Int, _ input: ByteQueue, _ output: ByteQueue) -> Int {
        guard output.append(UnsafeRawBufferPointer(rebasing: input.bytes[0..<length])) else {
            _ = fail("a body of more than \(output.limit) bytes")
            return 0
        }
        input.consume(length)
        return length
    }

    private mutating func takeLine(_ input: ByteQueue) -> [UInt8]? {
        let bytes = input.bytes
        var length = 0
        while length + 1 < bytes.count, length <= Self.lineMaximum {
            if bytes[length] == 0x0D, bytes[length + 1] == 0x0A {
                let line = Array(bytes[0..<length])
                input.consume(length + 2)
                return line
            }
            length += 1
        }
        if length > Self.lineMaximum { _ = fail("a line of more than \(Self.lineMaximum) bytes") }
        return nil
    }

    private mutating func fail(_ reason: String) -> Bool {
        state = .malformed(reason)
        return false
    }
}
