import Measuring
import Testing

struct GrowthTests {
    private static func part(_ number: Int, bytes: Int) -> Growth.Part {
        Growth.Part(before: number * 100, turns: 100, bytes: bytes, p50: 1, processorPerTurn: 0.5)
    }

    @Test func `each part is held against the first`() {
        var growth = Growth()
        growth.parts = [Self.part(0, bytes: 200_000), Self.part(1, bytes: 220_000), Self.part(2, bytes: 221_000)]
        let lines = growth.lines
        #expect(lines.count == 5)
        #expect(lines[2] == "| 1 to 100 | 2000 | 1.00 × | 1.000 | 0.500 |  |")
        #expect(lines[3] == "| 101 to 200 | 2200 | 1.10 × | 1.000 | 0.500 | ≤ 1.1 × met |")
        #expect(lines[4].hasSuffix("| ≤ 1.1 × missed |"))
    }
}
