import Testing

/// The acceptance checks of the manage spec (§8): each has a test that says its number, as `§8 check 4`.
struct AcceptanceChecks {
    /// How many there are.
    private static let count = 18
    /// Those that wait for accounts. May only shrink.
    private static let waiting: Set<Int> = []

    @Test func `each acceptance check has a test that says its number`() {
        let text = Repository.swiftFiles(in: "Tests").filter { $0.target != "TidyTests" }.map(\.text).joined()
        let said = Set(text.matches(of: #/§8 check (\d+)/#).compactMap { Int($0.1) })
        for number in 1...Self.count {
            let isMissing = !said.contains(number)
            #expect(
                isMissing == Self.waiting.contains(number),
                isMissing ? "write a test of §8 check \(number)" : "take \(number) out of those that wait")
        }
    }
}
