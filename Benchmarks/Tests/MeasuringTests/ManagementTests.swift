import Measuring
import Testing

struct ManagementTests {
    @Test func `a figure is held against its reference, or its bound`() {
        let fast = ManagementResults.Figure(title: "get", agents: 10, samples: [1, 1, 9], reference: 0.5, limit: nil)
        #expect(fast.median == 1 && fast.share == 0.5 && fast.isMet == true)
        let slow = ManagementResults.Figure(title: "get", agents: 10, samples: [2], reference: 0.5, limit: nil)
        #expect(slow.isMet == false)
        let bounded = ManagementResults.Figure(title: "page", agents: 10, samples: [6], reference: nil, limit: 5)
        #expect(bounded.share == nil && bounded.isMet == false)
        let told = ManagementResults.Figure(title: "search", agents: 10, samples: [6], reference: nil, limit: nil)
        #expect(told.isMet == nil)
        var results = ManagementResults()
        results.figures = [fast, bounded, told]
        #expect(results.lines.count == 5)
        #expect(results.lines[2] == "| get | 10 | 1.000 | 9.000 | 0.500 | 0.50 × | ≥ 0.40 × met |")
        #expect(results.lines[3].hasSuffix("|  |  | ≤ 5 ms missed |"))
        #expect(results.lines[4].hasSuffix("|  |  |  |"))
    }
}
