import Kit
import Testing

struct TimerQueueTests {
    @Test func `items come out in the order in which they are due`() {
        var queue = TimerQueue<Int>()
        let numbers = Array(0..<500).shuffled()
        for number in numbers { queue.add(number, due: Int64(number)) }
        #expect(queue.nextDue == 0)
        #expect(queue.take(dueAt: -1) == nil)
        var taken: [Int] = []
        while let next = queue.take(dueAt: 249) { taken.append(next) }
        #expect(taken == Array(0..<250))
        #expect(queue.nextDue == 250)
    }
}
