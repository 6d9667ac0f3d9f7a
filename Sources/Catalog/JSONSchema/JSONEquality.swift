/// Equality of JSON values as JSON Schema core §4.2.2 has it: numbers by value (`1` is `1.0`), strings by code points
/// (not by canonical equivalence, as Swift's own comparison), objects without regard to order.
struct JSONEquality: Hashable, Sendable {
    let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    static func == (left: JSONEquality, right: JSONEquality) -> Bool { equal(left.value, right.value) }

    static func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.integer(let left), .integer(let right)): return left == right
        case (.string(let left), .string(let right)): return sameText(left, right)
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { equal($0, $1) }
        case (.object(let left), .object(let right)): return sameMembers(left, right)
        case (.integer, .number), (.number, .integer), (.number, .number):
            return ExactDecimal(left) == ExactDecimal(right)
        default: return false
        }
    }

    /// Whether two strings have the same code points.
    static func sameText(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    private static func sameMembers(_ left: JSONObject, _ right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        for position in left.keys.indices {
            guard let other = right.position(of: left.keys[position]),
                sameText(left.keys[position], right.keys[other]),
                equal(left.values[position], right.values[other])
            else { return false }
        }
        return true
    }

    func hash(into hasher: inout Hasher) { Self.hash(value, into: &hasher) }

    private static func hash(_ value: JSONValue, into hasher: inout Hasher) {
        switch value {
        case .null: hasher.combine(0)
        case .bool(let flag): hasher.combine(flag)
        case .integer(let whole): hasher.combine(whole)
        case .number(let number):
            let exact = ExactDecimal(literal: number.text)
            if let whole = exact.int64 { hasher.combine(whole) } else { hasher.combine(exact) }
        case .string(let text): hasher.combine(text)
        case .array(let elements):
            hasher.combine(elements.count)
            for element in elements { hash(element, into: &hasher) }
        case .object(let object):
            hasher.combine(object.count)
            var sum = 0
            for position in object.keys.indices {
                var member = Hasher()
                member.combine(object.keys[position])
                hash(object.values[position], into: &member)
                sum = sum &+ member.finalize()
            }
            hasher.combine(sum)
        }
    }

    /// The positions of the first two equal elements, or nil when all differ.
    static func firstRepeat(in elements: [JSONValue]) -> (first: Int, second: Int)? {
        guard elements.count > quadraticMax else {
            for second in elements.indices.dropFirst() {
                for first in 0..<second where equal(elements[first], elements[second]) { return (first, second) }
            }
            return nil
        }
        var seen: [JSONEquality: Int] = [:]
        seen.reserveCapacity(elements.count)
        for (position, element) in elements.enumerated() {
            if let first = seen.updateValue(position, forKey: JSONEquality(element)) { return (first, position) }
        }
        return nil
    }

    /// Up to this many elements, comparing each with each is faster than hashing them.
    private static let quadraticMax = 8
}
