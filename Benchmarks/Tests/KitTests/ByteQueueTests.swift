import Kit
import Testing

struct ByteQueueTests {
    @Test func `bytes leave in the order in which they came, whatever the sizes`() {
        let queue = ByteQueue(capacity: 8, limit: 1_000)
        var expected: [UInt8] = []
        var left: [UInt8] = []
        for step in 0..<200 {
            let piece = (0..<step % 7).map { UInt8(truncatingIfNeeded: step + $0) }
            expected += piece
            #expect(queue.append(piece))
            let length = min(queue.count, step % 5)
            left += Array(queue.bytes[0..<length])
            queue.consume(length)
        }
        left += Array(queue.bytes)
        #expect(left == expected)
    }

    @Test func `the bound holds and a refused piece leaves nothing behind`() {
        let queue = ByteQueue(capacity: 4, limit: 10)
        #expect(queue.append([UInt8](repeating: 1, count: 10)))
        #expect(!queue.append([2]))
        #expect(queue.count == 10)
        queue.consume(1)
        #expect(queue.append([2]))
    }

    @Test func `a needle is found first and last`() {
        Array("one two one two".utf8).withUnsafeBytes { bytes in
            #expect(bytes.firstOffset(of: Array("two".utf8)) == 4)
            #expect(bytes.firstOffset(of: Array("two".utf8), from: 5) == 12)
            #expect(bytes.lastOffset(of: Array("one".utf8)) == 8)
            #expect(bytes.firstOffset(of: Array("three".utf8)) == nil)
            #expect(bytes.firstOffset(of: []) == nil)
        }
    }
}
