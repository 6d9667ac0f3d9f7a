/// Things that are due at a time, earliest first: a binary heap.
public struct TimerQueue<Item> {
    private var heap: [(due: Int64, item: Item)] = []

    /// An empty queue.
    public init() {}

    /// When the earliest item is due, as given; nil when there is none.
    public var nextDue: Int64? { heap.first?.due }

    /// Adds an item that is due at `due`.
    public mutating func add(_ item: Item, due: Int64) {
        heap.append((due, item))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest item if it is due at `now`; nil when none is.
    public mutating func take(dueAt now: Int64) -> Item? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.item
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].due < heap[least].due
            {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
