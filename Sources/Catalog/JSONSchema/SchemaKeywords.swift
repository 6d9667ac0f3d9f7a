/// The keywords that hold subschemas.
enum SchemaKeywords {
    /// How a keyword holds its subschemas.
    enum Shape {
        case schema
        case list
        case map
        case schemaOrList
    }

    static let shapes: [String: Shape] = [
        "additionalProperties": .schema, "propertyNames": .schema, "contains": .schema, "not": .schema,
        "if": .schema, "then": .schema, "else": .schema, "unevaluatedItems": .schema,
        "unevaluatedProperties": .schema, "contentSchema": .schema, "additionalItems": .schema,
        "items": .schemaOrList, "allOf": .list, "anyOf": .list, "oneOf": .list, "prefixItems": .list,
        "$defs": .map, "definitions": .map, "properties": .map, "patternProperties": .map,
        "dependentSchemas": .map, "dependencies": .map,
    ]
}

extension SchemaCompiler {
    /// The rules that the subschema `value` states.
    mutating func rules(of value: JSONValue, at location: SchemaLocation) throws(JSONSchemaError) -> SchemaRules {
        var rules = SchemaRules()
        rules.resource = resource(of: location)
        guard case .object(let object) = value else {
            rules.never = value == .bool(false)
            return rules
        }
        let asserts = resources[rules.resource].asserts
        for position in object.keys.indices {
            let site = KeywordSite(keyword: object.keys[position], value: object.values[position], location: location)
            try applyCombined(site, to: &rules)
            try applyMembers(site, to: &rules)
            try applyItems(site, in: object, to: &rules)
            if asserts {
                try applyValue(site, to: &rules)
                try applyCounts(site, to: &rules)
            }
            if site.keyword == "format", formats, let format = SchemaFormat(rawValue: try text(site)) {
                rules.text.orNew.format = format
            }
        }
        return rules
    }

    /// One keyword in its place.
    struct KeywordSite {
        let keyword: String
        let value: JSONValue
        let location: SchemaLocation

        /// Where the value of the keyword stands.
        var place: SchemaLocation { location.appending(keyword) }
    }

    // MARK: keywords

    private mutating func applyCombined(_ site: KeywordSite, to rules: inout SchemaRules) throws(JSONSchemaError) {
        var part = rules.combined ?? SchemaCombinedRules()
        switch site.keyword {
        case "$ref":
            part.reference = try resolve(try text(site), keyword: site.keyword, from: site.location).node
        case "$dynamicRef":
            let (target, anchor) = try resolve(try text(site), keyword: site.keyword, from: site.location)
            if let anchor {
                part.dynamicReference = (anchor, target)
                tracksScope = true
            } else if part.reference == nil {
                part.reference = target
            } else {
                part.allOf.append(target)
            }
        case "allOf": part.allOf += try schemaList(site)
        case "anyOf": part.anyOf = try schemaList(site)
        case "oneOf": part.oneOf = try schemaList(site)
        case "not": part.not = try node(at: site.place, site.value)
        case "if": part.condition = try node(at: site.place, site.value)
        case "then": part.then = try node(at: site.place, site.value)
        case "else": part.otherwise = try node(at: site.place, site.value)
        default: return
        }
        rules.combined = part
    }

    private mutating func applyMembers(_ site: KeywordSite, to rules: inout SchemaRules) throws(JSONSchemaError) {
        var part = rules.members ?? SchemaMemberRules()
        switch site.keyword {
        case "properties":
            for (name, child) in try object(site) {
                part.properties[name] = try node(at: site.place.appending(name), child)
            }
        case "patternProperties":
            for (source, child) in try object(site) {
                let pattern = try pattern(source, site)
                part.patterns.append((pattern, try node(at: site.place.appending(source), child)))
            }
        case "additionalProperties": part.additional = try node(at: site.place, site.value)
        case "propertyNames": part.names = try node(at: site.place, site.value)
        case "dependentSchemas":
            for (name, child) in try object(site) {
                part.dependentSchemas.append((name, try node(at: site.place.appending(name), child)))
            }
        case "dependencies":
            for (name, child) in try object(site) {
                if case .array = child {
                    part.dependentRequired.append((name, try names(child, site)))
                } else {
                    part.dependentSchemas.append((name, try node(at: site.place.appending(name), child)))
                }
            }
        case "unevaluatedProperties":
            rules.unevaluatedProperties = try node(at: site.place, site.value)
            return
        default: return
        }
        rules.members = part
    }

    private mutating func applyItems(
        _ site: KeywordSite, in object: JSONObject, to rules: inout SchemaRules
    ) throws(JSONSchemaError) {
        var part = rules.list ?? SchemaListRules()
        switch site.keyword {
        case "prefixItems": part.prefix = try schemaList(site)
        case "items":
            if case .array(let elements) = site.value {
                // A tuple, as it was written up to draft 2019-09.
                part.prefix = elements.isEmpty ? [] : try schemaList(site)
            } else {
                part.items = try node(at: site.place, site.value)
            }
        case "additionalItems":
            guard case .array = object["items"] else { return }
            part.items = try node(at: site.place, site.value)
        case "contains": part.contains = try node(at: site.place, site.value)
        case "unevaluatedItems":
            rules.unevaluatedItems = try node(at: site.place, site.value)
            return
        default: return
        }
        rules.list = part
    }

    private func applyValue(_ site: KeywordSite, to rules: inout SchemaRules) throws(JSONSchemaError) {
        switch site.keyword {
        case "type": rules.types = try types(site)
        case "const": rules.constant = site.value
        case "enum":
            guard let values = site.value.array else { throw fault(site, "must be an array") }
            rules.choices = SchemaChoices(values)
        case "minimum": rules.number.orNew.minimum = try bound(site)
        case "maximum": rules.number.orNew.maximum = try bound(site)
        case "exclusiveMinimum": rules.number.orNew.exclusiveMinimum = try bound(site)
        case "exclusiveMaximum": rules.number.orNew.exclusiveMaximum = try bound(site)
        case "multipleOf":
            let divisor = try bound(site)
            // What is too small for a double is no divisor: to divide by it would take as many steps as it has zeros.
            guard site.value.double ?? 0 > 0 else { throw fault(site, "must be above 0") }
            guard divisor.exact.digits.count <= ExactDecimal.divisorDigitsMax else {
                throw fault(site, "must have at most \(ExactDecimal.divisorDigitsMax) significant digits")
            }
            rules.number.orNew.multipleOf = divisor
        case "minLength": rules.text.orNew.minimum = try count(site)
        case "maxLength": rules.text.orNew.maximum = try count(site)
        case "pattern": rules.text.orNew.pattern = try pattern(try text(site), site)
        default: break
        }
    }

    private func applyCounts(_ site: KeywordSite, to rules: inout SchemaRules) throws(JSONSchemaError) {
        switch site.keyword {
        case "minItems": rules.list.orNew.minimum = try count(site)
        case "maxItems": rules.list.orNew.maximum = try count(site)
        case "minContains": rules.list.orNew.containsMinimum = try count(site)
        case "maxContains": rules.list.orNew.containsMaximum = try count(site)
        case "uniqueItems":
            guard let unique = site.value.bool else { throw fault(site, "must be true or false") }
            rules.list.orNew.unique = unique
        case "minProperties": rules.members.orNew.minimum = try count(site)
        case "maxProperties": rules.members.orNew.maximum = try count(site)
        case "required": rules.members.orNew.required = try names(site.value, site)
        case "dependentRequired":
            for (name, child) in try object(site) {
                rules.members.orNew.dependentRequired.append((name, try names(child, site)))
            }
        default: break
        }
    }

    // MARK: values

    private func fault(_ site: KeywordSite, _ reason: String) -> JSONSchemaError {
        fault(site.location, keyword: site.keyword, reason)
    }

    private func text(_ site: KeywordSite) throws(JSONSchemaError) -> String {
        guard let text = site.value.string else { throw fault(site, "must be a string") }
        return text
    }

    private func object(_ site: KeywordSite) throws(JSONSchemaError) -> JSONObject {
        guard let object = site.value.object else { throw fault(site, "must be an object") }
        return object
    }

    private mutating func schemaList(_ site: KeywordSite) throws(JSONSchemaError) -> [Int] {
        guard let elements = site.value.array, !elements.isEmpty else {
            throw fault(site, "must be an array with at least one schema")
        }
        var nodes: [Int] = []
        for (index, element) in elements.enumerated() {
            nodes.append(try node(at: site.place.appending(String(index)), element))
        }
        return nodes
    }

    private func types(_ site: KeywordSite) throws(JSONSchemaError) -> SchemaTypes {
        let elements = site.value.array ?? [site.value]
        var types: SchemaTypes = []
        for element in elements {
            guard let named = SchemaTypes.named.first(where: { .string($0.name) == element }) else {
                throw fault(site, "must be one of \(SchemaTypes.named.map(\.name).joined(separator: ", "))")
            }
            types.insert(named.type)
        }
        guard !types.isEmpty else { throw fault(site, "must name at least one type") }
        return types
    }

    private func bound(_ site: KeywordSite) throws(JSONSchemaError) -> NumberBound {
        guard let bound = NumberBound(site.value) else { throw fault(site, "must be a number") }
        return bound
    }

    private func count(_ site: KeywordSite) throws(JSONSchemaError) -> Int {
        guard let exact = ExactDecimal(site.value), exact.isWhole, !exact.negative else {
            throw fault(site, "must be a whole number, 0 or above")
        }
        return site.value.integer ?? .max
    }

    private func names(_ value: JSONValue, _ site: KeywordSite) throws(JSONSchemaError) -> [String] {
        guard let elements = value.array else { throw fault(site, "must be an array of strings") }
        var names: [String] = []
        for element in elements {
            guard let name = element.string else { throw fault(site, "must be an array of strings") }
            names.append(name)
        }
        return names
    }

    private func pattern(_ source: String, _ site: KeywordSite) throws(JSONSchemaError) -> SchemaPattern {
        do throws(RegexError) {
            return SchemaPattern(source: source, regex: try ECMARegex(source))
        } catch {
            throw fault(site, "has a pattern that \(error.reason)")
        }
    }
}

/// Rules that start out asking nothing.
protocol SchemaPart {
    init()
}

extension Optional where Wrapped: SchemaPart {
    /// The part, made when it is first written to.
    fileprivate var orNew: Wrapped {
        get { self ?? Wrapped() }
        set { self = newValue }
    }
}

extension SchemaNumberRules: SchemaPart {}
extension SchemaTextRules: SchemaPart {}
extension SchemaListRules: SchemaPart {}
extension SchemaMemberRules: SchemaPart {}
