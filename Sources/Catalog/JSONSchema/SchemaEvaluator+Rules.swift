extension SchemaEvaluator {
    // MARK: any value

    mutating func checkChoices(_ node: SchemaNode, _ value: JSONValue) -> Bool {
        if let constant = node.rules.constant, !JSONEquality.equal(constant, value) {
            return fail("const", "must be \(Self.phrase([constant]))")
        }
        if let choices = node.rules.choices, !choices.contains(value) {
            return fail("enum", "must be one of \(Self.phrase(choices.values))")
        }
        return true
    }

    /// Values for a message, as JSON, cut short.
    private static func phrase(_ values: [JSONValue]) -> String {
        var text = ""
        for (position, value) in values.enumerated() {
            if text.utf8.count > phraseBytesMax { return text + " …" }
            if position > 0 { text += ", " }
            text += value.jsonText.prefix(phraseBytesMax)
        }
        return text
    }

    private static let phraseBytesMax = 200

    // MARK: numbers and strings

    mutating func checkNumber(_ rules: SchemaNumberRules, _ number: JSONValue) -> Bool {
        if let bound = rules.minimum, bound.compare(number) < 0 {
            return fail("minimum", "must be at least \(bound.value.jsonText)")
        }
        if let bound = rules.exclusiveMinimum, bound.compare(number) <= 0 {
            return fail("exclusiveMinimum", "must be above \(bound.value.jsonText)")
        }
        if let bound = rules.maximum, bound.compare(number) > 0 {
            return fail("maximum", "must be at most \(bound.value.jsonText)")
        }
        if let bound = rules.exclusiveMaximum, bound.compare(number) >= 0 {
            return fail("exclusiveMaximum", "must be below \(bound.value.jsonText)")
        }
        if let bound = rules.multipleOf, !bound.divides(number) {
            return fail("multipleOf", "must be a multiple of \(bound.value.jsonText)")
        }
        return true
    }

    mutating func checkText(_ rules: SchemaTextRules, _ text: String) -> Bool {
        var valid = true
        if rules.minimum != nil || rules.maximum != nil {
            let length = text.unicodeScalars.count
            if let minimum = rules.minimum, length < minimum {
                valid = fail("minLength", "must have at least \(Self.count(minimum, "character"))")
            }
            if let maximum = rules.maximum, length > maximum {
                valid = fail("maxLength", "must have at most \(Self.count(maximum, "character"))")
            }
        }
        if !valid, stopsAtFailure { return false }
        if let pattern = rules.pattern, !occurs(pattern, in: text) {
            valid = fail("pattern", "must match the pattern `\(pattern.source)`")
        }
        if let format = rules.format, !format.accepts(text) {
            valid = fail("format", "must be \(format.phrase)")
        }
        return valid
    }

    private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    // MARK: objects

    mutating func checkMembers(_ rules: SchemaMemberRules, _ object: JSONObject, _ marks: inout SchemaMarks) -> Bool {
        var valid = true
        if let minimum = rules.minimum, object.count < minimum {
            valid = fail("minProperties", "must have at least \(Self.count(minimum, "member"))")
        }
        if let maximum = rules.maximum, object.count > maximum {
            valid = fail("maxProperties", "must have at most \(Self.count(maximum, "member"))")
        }
        for name in rules.required where object.position(of: name) == nil {
            valid = fail("required", "must have the member `\(name)`")
        }
        if !valid, stopsAtFailure { return false }
        guard !rules.properties.isEmpty || !rules.patterns.isEmpty || rules.additional != nil || rules.names != nil
        else { return valid }
        for position in object.keys.indices {
            valid = checkMember(rules, object.keys[position], object.values[position], position, &marks) && valid
            if !valid, stopsAtFailure { return false }
        }
        return valid
    }

    private mutating func checkMember(
        _ rules: SchemaMemberRules, _ name: String, _ value: JSONValue, _ position: Int, _ marks: inout SchemaMarks
    ) -> Bool {
        var valid = true
        var known = false
        if let node = rules.properties[name] {
            known = true
            valid = child(node, value, at: .name(name))
        }
        for (pattern, node) in rules.patterns where occurs(pattern, in: name) {
            known = true
            valid = child(node, value, at: .name(name)) && valid
        }
        if !known, let node = rules.additional {
            known = true
            valid = checkExtra(node, value, .name(name), keyword: "additionalProperties")
        }
        if known, marks.tracking { marks.members.insert(position) }
        if let node = rules.names, !quietly({ $0.child(node, .string(name)) }) {
            valid = fail("propertyNames", "must not have a member named `\(name)`")
        }
        return valid
    }

    /// Checks what no other keyword knows of; a plain `false` there gets a message that says so.
    private mutating func checkExtra(
        _ node: Int, _ value: JSONValue, _ segment: JSONSchemaViolation.Segment, keyword: String
    ) -> Bool {
        guard program.nodes[node].rules.never else { return child(node, value, at: segment) }
        return failAt(segment, keyword, "is not expected here")
    }

    mutating func checkDependents(
        _ rules: SchemaMemberRules, _ object: JSONObject, _ marks: inout SchemaMarks
    ) -> Bool {
        var valid = true
        for (name, required) in rules.dependentRequired where object.position(of: name) != nil {
            for other in required where object.position(of: other) == nil {
                valid = fail("dependentRequired", "must have the member `\(other)`, because it has `\(name)`")
            }
        }
        for (name, node) in rules.dependentSchemas where object.position(of: name) != nil {
            if !valid, stopsAtFailure { return false }
            valid = inPlace(node, .object(object), &marks) && valid
        }
        return valid
    }

    // MARK: arrays

    mutating func checkList(_ rules: SchemaListRules, _ elements: [JSONValue], _ marks: inout SchemaMarks) -> Bool {
        var valid = true
        if let minimum = rules.minimum, elements.count < minimum {
            valid = fail("minItems", "must have at least \(Self.count(minimum, "element"))")
        }
        if let maximum = rules.maximum, elements.count > maximum {
            valid = fail("maxItems", "must have at most \(Self.count(maximum, "element"))")
        }
        if !valid, stopsAtFailure { return false }
        if rules.unique, let (first, second) = JSONEquality.firstRepeat(in: elements) {
            valid = fail("uniqueItems", "must not repeat an element, but \(first) and \(second) are equal")
        }
        for (position, node) in rules.prefix.enumerated() where position < elements.count {
            if !valid, stopsAtFailure { return false }
            if marks.tracking { marks.items.insert(position) }
            valid = child(node, elements[position], at: .index(position)) && valid
        }
        if let node = rules.items {
            if marks.tracking { marks.items.insertAll() }
            for position in elements.indices.dropFirst(rules.prefix.count) {
                if !valid, stopsAtFailure { return false }
                valid = checkExtra(node, elements[position], .index(position), keyword: "items") && valid
            }
        }
        if let node = rules.contains { valid = checkContains(rules, node, elements, &marks) && valid }
        return valid
    }

    private mutating func checkContains(
        _ rules: SchemaListRules, _ node: Int, _ elements: [JSONValue], _ marks: inout SchemaMarks
    ) -> Bool {
        var found = 0
        for position in elements.indices {
            guard quietly({ $0.child(node, elements[position]) }) else { continue }
            found += 1
            if marks.tracking { marks.items.insert(position) }
        }
        if found < rules.containsMinimum {
            let keyword = rules.containsMinimum == 1 ? "contains" : "minContains"
            return fail(
                keyword, "must have at least \(Self.count(rules.containsMinimum, "element")) of the kind asked for")
        }
        if let maximum = rules.containsMaximum, found > maximum {
            return fail("maxContains", "must have at most \(Self.count(maximum, "element")) of the kind asked for")
        }
        return true
    }

    // MARK: combinations

    mutating func checkCombined(_ rules: SchemaCombinedRules, _ value: JSONValue, _ marks: inout SchemaMarks) -> Bool {
        var valid = true
        if let node = rules.reference { valid = inPlace(node, value, &marks) }
        if let (anchor, fallback) = rules.dynamicReference, valid || !stopsAtFailure {
            valid = inPlace(target(of: anchor, fallback: fallback), value, &marks) && valid
        }
        for node in rules.allOf {
            if !valid, stopsAtFailure { return false }
            valid = inPlace(node, value, &marks) && valid
        }
        if !valid, stopsAtFailure { return false }
        if !rules.anyOf.isEmpty { valid = checkAnyOf(rules.anyOf, value, &marks) && valid }
        if !valid, stopsAtFailure { return false }
        if !rules.oneOf.isEmpty { valid = checkOneOf(rules.oneOf, value, &marks) && valid }
        if let node = rules.not, quietly({ $0.child(node, value) }) {
            valid = fail("not", "must not match what the schema rules out")
        }
        if !valid, stopsAtFailure { return false }
        if let condition = rules.condition {
            valid = checkCondition(condition, rules, value, &marks) && valid
        }
        return valid
    }

    private mutating func checkAnyOf(_ nodes: [Int], _ value: JSONValue, _ marks: inout SchemaMarks) -> Bool {
        var holds = false
        for node in nodes {
            let matched = quietly { $0.inPlace(node, value, &marks) }
            holds = holds || matched
            // The others matter only for what they look at.
            if holds, !marks.tracking { return true }
        }
        return holds || explain("anyOf", nodes, value)
    }

    private mutating func checkOneOf(_ nodes: [Int], _ value: JSONValue, _ marks: inout SchemaMarks) -> Bool {
        var holding = 0
        for node in nodes {
            if quietly({ $0.inPlace(node, value, &marks) }) { holding += 1 }
            if holding > 1 { return fail("oneOf", "must match only one of the alternatives, but matches several") }
        }
        return holding == 1 || explain("oneOf", nodes, value)
    }

    private mutating func checkCondition(
        _ condition: Int, _ rules: SchemaCombinedRules, _ value: JSONValue, _ marks: inout SchemaMarks
    ) -> Bool {
        let holds = quietly { $0.inPlace(condition, value, &marks) }
        guard let node = holds ? rules.then : rules.otherwise else { return true }
        return inPlace(node, value, &marks)
    }

    // MARK: what is left over

    mutating func checkUnevaluated(_ node: SchemaNode, _ value: JSONValue, _ marks: inout SchemaMarks) -> Bool {
        var valid = true
        if let rest = node.rules.unevaluatedProperties, case .object(let object) = value {
            for position in object.keys.indices where !marks.members.contains(position) {
                valid =
                    checkExtra(
                        rest, object.values[position], .name(object.keys[position]), keyword: "unevaluatedProperties")
                    && valid
                if !valid, stopsAtFailure { return false }
            }
            marks.members.insertAll()
        }
        if let rest = node.rules.unevaluatedItems, case .array(let elements) = value {
            for position in elements.indices where !marks.items.contains(position) {
                valid = checkExtra(rest, elements[position], .index(position), keyword: "unevaluatedItems") && valid
                if !valid, stopsAtFailure { return false }
            }
            marks.items.insertAll()
        }
        return valid
    }
}
