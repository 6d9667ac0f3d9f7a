extension JMESPathEvaluator {
    mutating func call(
        _ function: JMESPathFunction, _ nodes: [Node], _ scope: JSONValue
    ) throws(JMESPathError) -> JSONValue {
        var values: [JSONValue] = []
        var expression = Node.current
        let parameters = function.parameters
        for (position, node) in nodes.enumerated() {
            let parameter = parameters[min(position, parameters.count - 1)]
            if parameter == .expression {
                guard case .reference(let inner) = node else { throw wrong(function, position, parameter) }
                expression = inner
                continue
            }
            let value = try value(of: node, in: scope)
            try charge(value.array?.count ?? 0)
            guard parameter.takes(value) else { throw wrong(function, position, parameter) }
            values.append(value)
        }
        switch function {
        case .map, .maxBy, .minBy, .sortBy: return try apply(function, expression, values[0].array ?? [])
        case .abs, .avg, .ceil, .floor, .sum: return Self.reckon(function, values[0])
        case .contains, .endsWith, .startsWith, .join, .reverse, .length, .toString, .toNumber:
            return try text(function, values)
        default: return try other(function, values)
        }
    }

    private func wrong(
        _ function: JMESPathFunction, _ position: Int, _ parameter: JMESPathFunction.Parameter
    ) -> JMESPathError {
        JMESPathError(
            .invalidType,
            reason: "calls \(function.rawValue) with something else than \(parameter.name) as argument \(position + 1)")
    }

    private mutating func other(
        _ function: JMESPathFunction, _ values: [JSONValue]
    ) throws(JMESPathError) -> JSONValue {
        let first = values[0]
        switch function {
        case .keys:
            try charge(first.object?.count ?? 0)
            return .array((first.object?.keys ?? []).map(JSONValue.string))
        case .values: return .array(first.object?.values ?? [])
        case .merge:
            var merged = JSONObject()
            for value in values {
                try charge(value.object?.count ?? 0)
                for (name, value) in value.object ?? [:] { merged[name] = value }
            }
            return .object(merged)
        case .max: return try order(first.array ?? []).last.flatMap { first[$0] } ?? .null
        case .min: return try order(first.array ?? []).first.flatMap { first[$0] } ?? .null
        case .sort: return .array(try order(first.array ?? []).compactMap { first[$0] })
        case .notNull: return values.first { !$0.isNull } ?? .null
        case .toArray: return first.array == nil ? .array([first]) : first
        case .type: return .string(first.double == nil ? first.typeName : "number")
        default: preconditionFailure("\(function) is called elsewhere")
        }
    }

    // MARK: Expressions of each element

    private mutating func apply(
        _ function: JMESPathFunction, _ expression: Node, _ elements: [JSONValue]
    ) throws(JMESPathError) -> JSONValue {
        var keys: [JSONValue] = []
        for element in elements { keys.append(try value(of: expression, in: element)) }
        if function == .map { return .array(keys) }
        guard JMESPathFunction.Parameter.numbersOrStrings.takes(.array(keys)) else {
            throw JMESPathError(
                .invalidType, reason: "calls \(function.rawValue) by what is neither all numbers nor all strings")
        }
        let order = try order(keys)
        switch function {
        case .sortBy: return .array(order.map { elements[$0] })
        case .minBy: return order.first.map { elements[$0] } ?? .null
        default:
            // Of equal ones the first.
            guard let last = order.last else { return .null }
            let first = order.first { !Self.isKey(keys[$0], below: keys[last]) } ?? last
            return elements[first]
        }
    }

    // MARK: Numbers

    private static func reckon(_ function: JMESPathFunction, _ value: JSONValue) -> JSONValue {
        switch function {
        case .abs:
            if case .integer(let whole) = value {
                return Int64(exactly: whole.magnitude).map(JSONValue.integer) ?? JSONValue(Double(whole.magnitude))
            }
            return JSONValue(Swift.abs(value.double ?? 0))
        case .ceil, .floor:
            if case .integer = value { return value }
            return JSONValue((value.double ?? 0).rounded(function == .ceil ? .up : .down))
        case .sum: return sum(value.array ?? [])
        default:
            guard let elements = value.array, !elements.isEmpty else { return .null }
            return JSONValue((sum(elements).double ?? 0) / Double(elements.count))
        }
    }

    /// Exact as long as all are integers and their sum is one.
    private static func sum(_ elements: [JSONValue]) -> JSONValue {
        var whole: Int64 = 0
        for (position, element) in elements.enumerated() {
            guard case .integer(let value) = element, case let (sum, overflow) = whole.addingReportingOverflow(value),
                !overflow
            else {
                return JSONValue(elements[position...].reduce(Double(whole)) { $0 + ($1.double ?? 0) })
            }
            whole = sum
        }
        return .integer(whole)
    }

    // MARK: Text

    private mutating func text(
        _ function: JMESPathFunction, _ values: [JSONValue]
    ) throws(JMESPathError) -> JSONValue {
        let first = values[0]
        try charge((first.string?.utf8.count ?? 0) / Self.bytesAStep)
        switch function {
        case .contains: return .bool(try contains(first, values[1]))
        case .startsWith: return .bool((first.string ?? "").utf8.starts(with: (values[1].string ?? "").utf8))
        case .endsWith:
            let (text, ending) = ((first.string ?? "").utf8, (values[1].string ?? "").utf8)
            return .bool(text.suffix(ending.count).elementsEqual(ending))
        case .join:
            let parts = (values[1].array ?? []).map { $0.string ?? "" }
            let between = (first.string ?? "").utf8.count
            try charge(parts.reduce(0) { $0 + $1.utf8.count + between } / Self.bytesAStep)
            return .string(parts.joined(separator: first.string ?? ""))
        case .reverse:
            if case .array(let elements) = first { return .array(elements.reversed()) }
            var scalars = String.UnicodeScalarView()
            scalars.append(contentsOf: (first.string ?? "").unicodeScalars.reversed())
            return .string(String(scalars))
        case .length:
            if case .string(let text) = first { return .integer(Int64(text.unicodeScalars.count)) }
            return .integer(Int64(first.array?.count ?? first.object?.count ?? 0))
        case .toString:
            if case .string = first { return first }
            try measure(first, bytesMax: bounds.resultBytes)
            return .string(first.jsonText)
        default:
            if first.double != nil { return first }
            guard case .string(let text) = first, let value = try? JSONValue(parsing: text), value.double != nil else {
                return .null
            }
            return value
        }
    }

    private mutating func contains(_ subject: JSONValue, _ sought: JSONValue) throws(JMESPathError) -> Bool {
        if case .string(let text) = subject {
            guard case .string(let part) = sought else { return false }
            // One look at each place, and the part again where it begins there.
            try charge(text.utf8.count / Self.bytesAStep * (1 + part.utf8.count / Self.bytesAStep))
            return Array(text.utf8).firstRange(of: Array(part.utf8)) != nil || part.isEmpty
        }
        for element in subject.array ?? [] {
            if try areEqual(element, sought) { return true }
        }
        return false
    }
}
