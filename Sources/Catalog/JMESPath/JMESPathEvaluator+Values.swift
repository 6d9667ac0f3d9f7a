extension JMESPathEvaluator {
    /// Whether two values are the same JSON; numbers by value, strings by code points. Without recursion and counted,
    /// because what an expression made may be far larger than it is in memory, where parts are shared.
    mutating func areEqual(_ left: JSONValue, _ right: JSONValue) throws(JMESPathError) -> Bool {
        var pairs = [(left, right)]
        while let (left, right) = pairs.popLast() {
            try charge()
            switch (left, right) {
            case (.array(let left), .array(let right)):
                guard left.count == right.count else { return false }
                try charge(left.count)
                pairs += zip(left, right)
            case (.object(let left), .object(let right)):
                guard left.count == right.count else { return false }
                try charge(left.count)
                for (name, value) in left {
                    guard let other = right[name] else { return false }
                    pairs.append((value, other))
                }
            case (.string(let left), .string(let right)):
                try charge(left.utf8.count / Self.bytesAStep)
                guard JSONEquality.sameText(left, right) else { return false }
            default:
                guard JSONEquality.equal(left, right) else { return false }
            }
        }
        return true
    }

    /// Holds that `value` has at most `bytesMax` bytes as JSON text and nests no deeper than JSON may, so that it can
    /// be written and compared.
    mutating func measure(_ value: JSONValue, bytesMax: Int) throws(JMESPathError) {
        var bytes = 0
        var waiting = [(value, 0)]
        while let (value, depth) = waiting.popLast() {
            guard depth <= JSONValue.depthMax else {
                throw JMESPathError(.bound, reason: "makes what nests deeper than \(JSONValue.depthMax)")
            }
            var width = 0
            switch value {
            case .null, .bool: bytes += 5
            case .integer: bytes += 8
            case .number(let number): bytes += number.text.utf8.count
            case .string(let text): bytes += text.utf8.count + 2
            case .array(let elements):
                width = elements.count
                bytes += 2 + width
                for element in elements { waiting.append((element, depth + 1)) }
            case .object(let object):
                width = object.count
                bytes += 2 + width
                for (name, value) in object {
                    bytes += name.utf8.count + 3
                    waiting.append((value, depth + 1))
                }
            }
            try charge(1 + width)
            guard bytes <= bytesMax else { throw JMESPathError(.bound, reason: "makes more than \(bytesMax) bytes") }
        }
    }

    /// Bytes of text that count as one step.
    static var bytesAStep: Int { 16 }

    /// Whether a number is less than another; exactly, where both are integers.
    static func isNumber(_ left: JSONValue, below right: JSONValue) -> Bool {
        if case .integer(let left) = left, case .integer(let right) = right { return left < right }
        return (left.double ?? 0) < (right.double ?? 0)
    }

    /// Whether a number or a string stands before another of its type; strings by code points.
    static func isKey(_ left: JSONValue, below right: JSONValue) -> Bool {
        if case .string(let left) = left, case .string(let right) = right {
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        }
        return isNumber(left, below: right)
    }

    /// The positions of `keys` in ascending order, equal ones as they came.
    mutating func order(_ keys: [JSONValue]) throws(JMESPathError) -> [Int] {
        let levels = Int.bitWidth - keys.count.leadingZeroBitCount
        var bytes = 0
        for key in keys { bytes += key.string?.utf8.count ?? 0 }
        try charge((keys.count + bytes / Self.bytesAStep) * levels)
        return keys.indices.sorted { first, second in
            if Self.isKey(keys[first], below: keys[second]) { return true }
            return !Self.isKey(keys[second], below: keys[first]) && first < second
        }
    }
}
