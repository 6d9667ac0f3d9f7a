/// Finds what an expression means in a document, counting what it costs.
struct JMESPathEvaluator {
    typealias Node = JMESPath.Node

    let bounds: JMESPath.Bounds
    private var steps = 0
    private var nextLook = Self.lookInterval
    private static let lookInterval = 1_024

    init(_ bounds: JMESPath.Bounds) { self.bounds = bounds }

    /// Counts steps.
    mutating func charge(_ count: Int = 1) throws(JMESPathError) {
        steps += count
        guard steps <= bounds.steps else {
            throw JMESPathError(.bound, reason: "takes more than \(bounds.steps) steps")
        }
        guard steps >= nextLook else { return }
        nextLook = steps + Self.lookInterval
        if bounds.isOver() { throw JMESPathError(.bound, reason: "takes too long") }
    }

    /// What `node` finds in `scope`. Goes down the left sides in a loop, so that a long chain needs no deep stack; the
    /// right sides are as deep as the parser lets expressions nest.
    mutating func value(of node: Node, in scope: JSONValue) throws(JMESPathError) -> JSONValue {
        var waiting: [Node] = []
        var leaf = node
        while let left = leaf.left {
            waiting.append(leaf)
            leaf = left
        }
        try charge(waiting.count + 1)
        var result = try start(leaf, scope)
        while let next = waiting.popLast() { result = try follow(next, result, scope) }
        return result
    }

    /// A node that stands for itself.
    private mutating func start(_ node: Node, _ scope: JSONValue) throws(JMESPathError) -> JSONValue {
        switch node {
        case .current: return scope
        case .field(let name): return scope[name] ?? .null
        case .index(let index): return Self.element(index, of: scope)
        case .slice(let start, let stop, let step): return try slice(scope, start, stop, step ?? 1)
        case .not(let inner): return .bool(!Self.isTrue(try value(of: inner, in: scope)))
        case .literal(let value): return value
        case .multiList(let nodes): return try list(nodes, scope)
        case .multiHash(let names, let nodes): return try hash(names, nodes, scope)
        case .call(let function, let arguments): return try call(function, arguments, scope)
        case .reference: throw JMESPathError(.invalidType, reason: "has an & where no function takes it")
        case .sub, .list, .values, .filter, .flatten, .binary:
            preconditionFailure("has a left side, which is gone down first")
        }
    }

    /// A node whose left side came to `left`.
    private mutating func follow(
        _ node: Node, _ left: JSONValue, _ scope: JSONValue
    ) throws(JMESPathError) -> JSONValue {
        switch node {
        case .sub(_, let right): return try value(of: right, in: left)
        case .list(_, let right): return try project(left.array, right)
        case .values(_, let right): return try project(left.object?.values, right)
        case .filter(_, let condition, let right): return try filter(left.array, condition, right)
        case .flatten(_, let right): return try project(try flattened(left.array), right)
        case .binary(let sign, _, let right): return try combine(sign, left, right, scope)
        default: preconditionFailure("has no left side")
        }
    }

    private mutating func combine(
        _ sign: JMESPath.Operator, _ left: JSONValue, _ right: Node, _ scope: JSONValue
    ) throws(JMESPathError) -> JSONValue {
        switch sign {
        case .or: return Self.isTrue(left) ? left : try value(of: right, in: scope)
        case .and: return Self.isTrue(left) ? try value(of: right, in: scope) : left
        case .pipe: return try value(of: right, in: left)
        case .equal: return .bool(try areEqual(left, try value(of: right, in: scope)))
        case .unequal: return .bool(try !areEqual(left, try value(of: right, in: scope)))
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let right = try value(of: right, in: scope)
            guard left.double != nil, right.double != nil else { return .null }
            return .bool(Self.holds(sign, left, right))
        }
    }

    private static func holds(_ sign: JMESPath.Operator, _ left: JSONValue, _ right: JSONValue) -> Bool {
        switch sign {
        case .less: isNumber(left, below: right)
        case .lessOrEqual: !isNumber(right, below: left)
        case .greater: isNumber(right, below: left)
        default: !isNumber(left, below: right)
        }
    }

    // MARK: Projections

    /// `right` of each element, without the nulls; null where there is nothing to project.
    private mutating func project(_ elements: [JSONValue]?, _ right: Node) throws(JMESPathError) -> JSONValue {
        guard let elements else { return .null }
        if case .current = right {
            try charge(elements.count)
            return .array(elements.filter { !$0.isNull })
        }
        var found: [JSONValue] = []
        for element in elements {
            let result = try value(of: right, in: element)
            if !result.isNull { found.append(result) }
        }
        return .array(found)
    }

    private mutating func filter(
        _ elements: [JSONValue]?, _ condition: Node, _ right: Node
    ) throws(JMESPathError) -> JSONValue {
        guard let elements else { return .null }
        var found: [JSONValue] = []
        for element in elements where Self.isTrue(try value(of: condition, in: element)) {
            let result = try value(of: right, in: element)
            if !result.isNull { found.append(result) }
        }
        return .array(found)
    }

    private mutating func flattened(_ elements: [JSONValue]?) throws(JMESPathError) -> [JSONValue]? {
        guard let elements else { return nil }
        var flat: [JSONValue] = []
        for element in elements {
            try charge(1 + (element.array?.count ?? 0))
            if case .array(let inner) = element { flat += inner } else { flat.append(element) }
        }
        return flat
    }

    // MARK: Selections

    private mutating func list(_ nodes: [Node], _ scope: JSONValue) throws(JMESPathError) -> JSONValue {
        if scope.isNull { return .null }
        var elements: [JSONValue] = []
        for node in nodes { elements.append(try value(of: node, in: scope)) }
        return .array(elements)
    }

    private mutating func hash(
        _ names: [String], _ nodes: [Node], _ scope: JSONValue
    ) throws(JMESPathError) -> JSONValue {
        if scope.isNull { return .null }
        var object = JSONObject()
        for (name, node) in zip(names, nodes) { object[name] = try value(of: node, in: scope) }
        return .object(object)
    }

    private static func element(_ index: Int, of value: JSONValue) -> JSONValue {
        guard case .array(let elements) = value else { return .null }
        return value[index < 0 ? elements.count + index : index] ?? .null
    }

    /// As Python slices.
    private mutating func slice(
        _ value: JSONValue, _ start: Int?, _ stop: Int?, _ step: Int
    ) throws(JMESPathError) -> JSONValue {
        guard case .array(let elements) = value else { return .null }
        let count = elements.count
        let (first, last) = step > 0 ? (0, count) : (-1, count - 1)
        func bounded(_ index: Int?, else standard: Int) -> Int {
            guard let index else { return standard }
            return min(max(index < 0 ? index + count : index, first), last)
        }
        let from = bounded(start, else: step > 0 ? 0 : count - 1)
        let to = bounded(stop, else: step > 0 ? count : -1)
        // A step beyond the array is as good as one just past it, and cannot overflow.
        let positions = stride(from: from, to: to, by: min(max(step, -count - 1), count + 1))
        try charge(max(from, to) - min(from, to))
        return .array(positions.map { elements[$0] })
    }

    /// What counts as true: anything but null, false and what is empty.
    static func isTrue(_ value: JSONValue) -> Bool {
        switch value {
        case .null: false
        case .bool(let flag): flag
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        case .integer, .number: true
        }
    }
}

extension JMESPath.Node {
    /// The part that is found first, nil for a node that stands for itself.
    var left: Self? {
        switch self {
        case .sub(let left, _), .list(let left, _), .values(let left, _), .filter(let left, _, _),
            .flatten(let left, _),
            .binary(_, let left, _):
            left
        default: nil
        }
    }
}
