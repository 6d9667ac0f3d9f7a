/// One check of one value.
struct SchemaEvaluator {
    let program: SchemaProgram
    /// Whether violations are wanted, or only the answer.
    private(set) var collecting: Bool
    private var violations: [JSONSchemaViolation] = []
    private var path: [JSONSchemaViolation.Segment] = []
    private var depth = 0
    private var steps = JSONSchema.Limits.stepsMax
    private var patternSteps = JSONSchema.Limits.patternStepsMax
    /// The bound that was crossed, after which every answer is no.
    private var exhausted: String?
    /// The resources entered, when `$dynamicRef` needs them.
    private var scope: [Int] = []

    init(_ program: SchemaProgram, collecting: Bool) {
        self.program = program
        self.collecting = collecting
    }

    mutating func violations(of value: JSONValue) -> [JSONSchemaViolation] {
        _ = child(program.root, value)
        if let exhausted {
            violations.append(JSONSchemaViolation(path: [], keyword: "", message: exhausted))
        }
        return violations
    }

    mutating func accepts(_ value: JSONValue) -> Bool { child(program.root, value) && exhausted == nil }

    // MARK: what the rules use

    /// Whether there is nothing more to learn once a rule has failed.
    var stopsAtFailure: Bool {
        !collecting || exhausted != nil || violations.count >= JSONSchema.Limits.violationsMax
    }

    /// Notes a violation at the current place; always false.
    mutating func fail(_ keyword: String, _ message: @autoclosure () -> String) -> Bool {
        if collecting, violations.count < JSONSchema.Limits.violationsMax {
            violations.append(JSONSchemaViolation(path: path, keyword: keyword, message: message()))
        }
        return false
    }

    /// Notes a violation one step further in; always false.
    mutating func failAt(_ segment: JSONSchemaViolation.Segment, _ keyword: String, _ message: String) -> Bool {
        guard collecting else { return false }
        path.append(segment)
        defer { path.removeLast() }
        return fail(keyword, message)
    }

    /// Gives the check up; always false.
    mutating func exhaust(_ reason: String) -> Bool {
        if exhausted == nil { exhausted = reason }
        return false
    }

    /// Whether `pattern` occurs in `text`.
    mutating func occurs(_ pattern: SchemaPattern, in text: String) -> Bool {
        pattern.regex.occurs(in: text, steps: &patternSteps) ?? exhaust("takes too long to match against patterns")
    }

    /// Checks a value that is not the current one's, with nothing to remember about it.
    mutating func child(_ node: Int, _ value: JSONValue) -> Bool {
        var marks = SchemaMarks()
        return check(node, value, &marks)
    }

    /// Checks a part of the current value.
    mutating func child(_ node: Int, _ value: JSONValue, at segment: @autoclosure () -> JSONSchemaViolation.Segment)
        -> Bool
    {
        guard collecting else { return child(node, value) }
        path.append(segment())
        defer { path.removeLast() }
        return child(node, value)
    }

    /// Checks the current value against another subschema, and remembers what that looked at if it passed.
    mutating func inPlace(_ node: Int, _ value: JSONValue, _ marks: inout SchemaMarks) -> Bool {
        var inner = SchemaMarks(tracking: marks.tracking)
        guard check(node, value, &inner) else { return false }
        if marks.tracking { marks.formUnion(inner) }
        return true
    }

    /// Does `body` without noting violations.
    mutating func quietly<Answer>(_ body: (inout SchemaEvaluator) -> Answer) -> Answer {
        let outer = collecting
        collecting = false
        defer { collecting = outer }
        return body(&self)
    }

    /// Where `$dynamicRef` to `anchor` leads now: the outermost resource entered that has it.
    func target(of anchor: String, fallback: Int) -> Int {
        for resource in scope {
            if let node = program.dynamicAnchors[resource][anchor] { return node }
        }
        return fallback
    }

    // MARK: one subschema

    private mutating func check(_ index: Int, _ value: JSONValue, _ marks: inout SchemaMarks) -> Bool {
        guard exhausted == nil else { return false }
        steps -= 1
        guard steps > 0 else { return exhaust("takes too long to check against its schema") }
        guard depth < JSONSchema.Limits.depthMax else { return exhaust("or its schema nests too deep to be checked") }
        depth += 1
        defer { depth -= 1 }
        let node = program.nodes[index]
        guard program.tracksScope, scope.last != node.rules.resource else { return apply(node, value, &marks) }
        scope.append(node.rules.resource)
        defer { scope.removeLast() }
        return apply(node, value, &marks)
    }

    private mutating func apply(_ node: SchemaNode, _ value: JSONValue, _ marks: inout SchemaMarks) -> Bool {
        if node.rules.never { return fail("false", "is not allowed") }
        if let types = node.rules.types, !types.accept(value) {
            return fail("type", "must be \(types.phrase), but is \(value.typeName)")
        }
        if node.rules.tracksMarks { marks.tracking = true }
        var valid = checkChoices(node, value)
        if !valid, stopsAtFailure { return false }
        valid = checkKind(node, value, &marks) && valid
        if !valid, stopsAtFailure { return false }
        if let combined = node.rules.combined {
            valid = checkCombined(combined, value, &marks) && valid
            if !valid, stopsAtFailure { return false }
        }
        if node.rules.tracksMarks { valid = checkUnevaluated(node, value, &marks) && valid }
        return valid
    }

    /// The rules for the kind of value that this is.
    private mutating func checkKind(_ node: SchemaNode, _ value: JSONValue, _ marks: inout SchemaMarks) -> Bool {
        switch value {
        case .object(let object):
            guard let rules = node.rules.members else { return true }
            return checkMembers(rules, object, &marks) && checkDependents(rules, object, &marks)
        case .array(let elements):
            guard let rules = node.rules.list else { return true }
            return checkList(rules, elements, &marks)
        case .string(let text):
            guard let rules = node.rules.text else { return true }
            return checkText(rules, text)
        case .integer, .number:
            guard let rules = node.rules.number else { return true }
            return checkNumber(rules, value)
        case .null, .bool: return true
        }
    }

    // MARK: alternatives

    /// Notes why no alternative holds. When only one of them is of the value's kind, what is wrong with that one says
    /// more than that none holds.
    mutating func explain(_ keyword: String, _ alternatives: [Int], _ value: JSONValue) -> Bool {
        guard collecting, exhausted == nil else { return false }
        let likely = alternatives.filter { isLikely($0, value) }
        if likely.count == 1 {
            let before = violations.count
            _ = child(likely[0], value)
            if violations.count > before { return false }
        }
        return fail(keyword, "must match \(keyword == "oneOf" ? "one" : "at least one") of the alternatives")
    }

    /// Whether `value` has the type that an alternative asks for, and the constants by which alternatives differ.
    private func isLikely(_ index: Int, _ value: JSONValue) -> Bool {
        var index = index
        for _ in 0..<Self.referencesFollowedMax {
            let rules = program.nodes[index].rules
            if rules.never { return false }
            if let types = rules.types, !types.accept(value) { return false }
            if let constant = rules.constant, !JSONEquality.equal(constant, value) { return false }
            if case .object(let object) = value, let members = rules.members {
                for (name, member) in object {
                    guard let node = members.properties[name] else { continue }
                    if let constant = program.nodes[node].rules.constant, !JSONEquality.equal(constant, member) {
                        return false
                    }
                }
            }
            guard let reference = rules.combined?.reference else { return true }
            index = reference
        }
        return true
    }

    /// How many references are followed to see what an alternative is about.
    private static let referencesFollowedMax = 8
}
