import Catalog
import Synchronization
import Testing

/// What evaluating an expression may cost, and what it does where the official cases say nothing.
@Suite struct JMESPathSearchTests {
    private static func found(
        _ text: String, _ document: JSONValue = [:], _ bounds: JMESPath.Bounds = JMESPath.Bounds()
    ) throws -> JSONValue {
        try JMESPath(text).search(document, bounds: bounds)
    }

    /// The numbers from 0 on.
    private static func numbers(_ count: Int) -> JSONValue { .array((0..<count).map { .integer(Int64($0)) }) }

    @Test func `numbers stay exact where they can`() throws {
        #expect(try Self.found("sum([`9007199254740993`, `2`])") == 9_007_199_254_740_995)
        #expect(try Self.found("sum([`9223372036854775807`, `1`])").double == 9.223372036854775807e18)
        #expect(try Self.found("abs(`-9223372036854775808`)").double == 9.223372036854775808e18)
        #expect(try Self.found("`1.0` == `1`") == true)
        #expect(try Self.found("`9007199254740993` > `9007199254740992`") == true)
        #expect(try Self.found("id", ["id": .integer(.max)]) == .integer(.max))
    }

    @Test func `text is compared and cut by code points`() throws {
        #expect(try Self.found("length('e\u{301}')") == 2)
        #expect(try Self.found("'e\u{301}' == '\u{e9}'") == false)
        #expect(try Self.found("contains('e\u{301}', 'e')") == true)
        #expect(try Self.found("sort(['\u{1F600}', '\u{FFFD}'])") == ["\u{FFFD}", "\u{1F600}"])
        #expect(try Self.found("ends_with('abc', 'abcd')") == false)
        #expect(try Self.found("contains('abc', '')") == true)
    }

    @Test func `sorting keeps equal ones in order, and the first of equals is the greatest`() throws {
        let people: JSONValue = [
            ["n": "a", "age": 3], ["n": "b", "age": 1], ["n": "c", "age": 3], ["n": "d", "age": 1],
        ]
        #expect(try Self.found("sort_by(@, &age)[].n", people) == ["b", "d", "a", "c"])
        #expect(try Self.found("max_by(@, &age).n", people) == "a")
        #expect(try Self.found("min_by(@, &age).n", people) == "b")
    }

    @Test(arguments: ["@[-9223372036854775807:9223372036854775807:9223372036854775807]", "@[::-9223372036854775807]"])
    func `slices of any size do not overflow`(text: String) throws {
        _ = try Self.found(text, [1, 2, 3])
        #expect(try Self.found("@[-9223372036854775807]", [1, 2, 3]) == .null)
    }

    // MARK: Bounds

    @Test(arguments: [
        "[*].[@[*].[@]]", "map(&map(&@, $), $)", "[?contains($, @)]", "[*].{a: @, b: @, c: @}", "sort_by(@, &@)",
    ])
    func `the steps end what costs too much`(text: String) throws {
        let text = text.replacing("$", with: "[@,@,@,@][]")
        let error = #expect(throws: JMESPathError.self) {
            try Self.found(text, Self.numbers(2_000), JMESPath.Bounds(steps: 4_000))
        }
        #expect(error?.kind == .bound)
    }

    @Test(arguments: [
        "to_string(@)", "[@, @] | [0] == [1]", "length(to_string([@, @]))", "@ == [[`1`]]", "[@ == @, @]",
    ])
    func `what doubles at each step stays bounded`(last: String) throws {
        let doubling = String(repeating: "[@, @] | ", count: 90) + last
        let half = "(" + String(repeating: "[@, @] | ", count: 40) + "@)"
        let other = "[\(half), \(half)] | [0] == [1]"
        for text in [doubling, other] {
            do throws(JMESPathError) {
                let value = try JMESPath(text).search(1)
                // Compared by length, or shared: what is left is small.
                #expect(value.jsonText.utf8.count < 100)
            } catch {
                #expect(error.kind == .bound)
            }
        }
    }

    @Test func `a text that doubles is counted by its length`() throws {
        let text = String(repeating: "[@, @] | join('', @) | ", count: 60) + "length(@)"
        let error = #expect(throws: JMESPathError.self) { try Self.found(text, "abcdefgh") }
        #expect(error?.kind == .bound)
    }

    @Test func `a result that is too large is refused`() throws {
        let bounds = JMESPath.Bounds(resultBytes: 1_000)
        #expect(throws: JMESPathError.self) { try Self.found("@", Self.numbers(1_000), bounds) }
        #expect(try Self.found("[:10]", Self.numbers(1_000), bounds) == Self.numbers(10))
    }

    @Test func `who asks to stop is heard in the middle of an evaluation`() throws {
        let looks = Mutex(0)
        let bounds = JMESPath.Bounds(
            steps: .max,
            isOver: {
                looks.withLock {
                    $0 += 1
                    return $0 == 3
                }
            })
        // Four million elements: only the third look ends it.
        let error = #expect(throws: JMESPathError.self) {
            try Self.found("[*].[@[*]]", .array(Array(repeating: Self.numbers(2_000), count: 2_000)), bounds)
        }
        #expect(error?.kind == .bound)
        #expect(looks.withLock { $0 } == 3)
    }

    @Test func `the longest chain and the deepest nesting are evaluated`() throws {
        let chain = "a" + String(repeating: ".a", count: JMESPath.linksMax - 1)
        #expect(try Self.found(chain, ["a": ["a": 1]]) == .null)
        let deep = String(repeating: "not_null(", count: 49) + "a" + String(repeating: ")", count: 49)
        #expect(try Self.found(deep, ["a": 7]) == 7)
        let mapped = String(repeating: "map(&", count: 24) + "@" + String(repeating: ", [@])", count: 24)
        _ = try Self.found(mapped, 1)
    }

    // MARK: Random expressions

    @Test func `random expressions neither crash nor pass the bounds`() throws {
        var random = RandomExpressions()
        let document: JSONValue = [
            "a": [1, JSONValue(2.5), -3, ["b": "x", "c": [true, .null, []]]],
            "b": ["a": "text", "b": [:], "c": [[1], [2, 3]]],
            "c": "e\u{301}\u{1F600}",
        ]
        let bounds = JMESPath.Bounds(steps: 3_000, resultBytes: 2_000)
        var evaluated = 0
        for _ in 0..<10_000 {
            let text = random.expression(depth: 5)
            do throws(JMESPathError) {
                let path = try JMESPath(text)
                evaluated += 1
                let value = try path.search(document, bounds: bounds)
                #expect(value.jsonText.utf8.count <= 12_000, "\(text)")
            } catch {
                #expect(!error.reason.isEmpty)
            }
            _ = try? JMESPath(random.damaged(text))
        }
        #expect(evaluated > 7_000, "most of what is made is well-formed")
    }
}

/// Makes expressions at random, mostly well-formed.
private struct RandomExpressions {
    private var random = SystemRandomNumberGenerator()

    private static let functions = [
        "abs(#)", "avg(#)", "ceil(#)", "contains(#, #)", "ends_with(#, #)", "floor(#)", "join(#, #)", "keys(#)",
        "length(#)", "map(&#, #)", "max(#)", "max_by(#, &#)", "merge(#, #)", "min(#)", "min_by(#, &#)",
        "not_null(#, #)",
        "reverse(#)", "sort(#)", "sort_by(#, &#)", "starts_with(#, #)", "sum(#)", "to_array(#)", "to_number(#)",
        "to_string(#)", "type(#)", "values(#)",
    ]
    private static let leaves = [
        "a", "b", "c", "@", "*", "[*]", "[]", "[0]", "[-1]", "[::-1]", "`1`", "`[1, 2]`", "'x'",
    ]
    private static let shapes = [
        "#.a", "#[*].b", "#[0]", "#[1:]", "#[]", "# | #", "# || #", "# && #", "!#", "(#)", "# == #", "# < #", "[#, #]",
        "{x: #, y: #}", "#[?#]", "#.*", "#.[a, #]", "#[*].{z: #}", "# >= #", "# != #",
    ]

    mutating func expression(depth: Int) -> String {
        guard depth > 0, !chance(5) else { return Self.leaves.randomElement(using: &random) ?? "a" }
        let shapes = chance(2) ? Self.functions : Self.shapes
        var text = ""
        for character in shapes.randomElement(using: &random) ?? "#" {
            text += character == "#" ? expression(depth: depth - 1) : String(character)
        }
        return text
    }

    private mutating func chance(_ sides: Int) -> Bool { Int.random(in: 0..<sides, using: &random) == 0 }

    /// The text with a few characters lost, doubled or changed.
    mutating func damaged(_ text: String) -> String {
        var characters = Array(text)
        for _ in 0..<3 where !characters.isEmpty {
            let place = Int.random(in: characters.indices, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: characters.remove(at: place)
            case 1: characters.insert(characters[place], at: place)
            default: characters[place] = Array("[]{}()|&.*@`'\"\\#0-:, \u{301}").randomElement(using: &random) ?? "["
            }
        }
        return String(characters)
    }
}
