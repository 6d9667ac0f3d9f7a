extension FieldType where Value == Int {
    /// A whole number in `range`; `3.0` is taken, `3.5` is not.
    public static func integer(_ range: ClosedRange<Int> = Int.min...Int.max) -> FieldType {
        var schema: JSONObject = ["type": "integer"]
        if range.lowerBound > Int.min { schema["minimum"] = .integer(Int64(range.lowerBound)) }
        if range.upperBound < Int.max { schema["maximum"] = .integer(Int64(range.upperBound)) }
        return FieldType(
            schema: schema,
            decode: { json, decoding in
                guard let value = json.integer else {
                    decoding.wrongType("an integer", json)
                    return nil
                }
                if decoding.isStored { return value }
                if value < range.lowerBound { decoding.fail("must be at least \(range.lowerBound)") }
                if value > range.upperBound { decoding.fail("must be at most \(range.upperBound)") }
                return range.contains(value) ? value : nil
            }, encode: { .integer(Int64($0)) })
    }
}

extension FieldType where Value == Double {
    /// Every number that JSON can hold.
    public static var allNumbers: ClosedRange<Double> {
        -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    }

    /// A number in `range`.
    public static func number(
        _ range: ClosedRange<Double> = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    )
        -> FieldType
    {
        var schema: JSONObject = ["type": "number"]
        if range.lowerBound > -Double.greatestFiniteMagnitude { schema["minimum"] = JSONValue(range.lowerBound) }
        if range.upperBound < Double.greatestFiniteMagnitude { schema["maximum"] = JSONValue(range.upperBound) }
        return FieldType(
            schema: schema,
            decode: { json, decoding in
                guard let value = json.double else {
                    decoding.wrongType("a number", json)
                    return nil
                }
                guard decoding.isStored || range.contains(value) else {
                    decoding.fail("must be between \(range.lowerBound) and \(range.upperBound)")
                    return nil
                }
                return value
            }, encode: { JSONValue($0) })
    }
}

extension FieldType where Value == Bool {
    /// True or false.
    public static let flag = FieldType(
        schema: ["type": "boolean"],
        decode: { json, decoding in
            if json.bool == nil { decoding.wrongType("true or false", json) }
            return json.bool
        }, encode: { .bool($0) })
}

extension FieldType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the cases of an enum, by its raw value.
    public static var choice: FieldType {
        let names = Value.allCases.map(\.rawValue)
        return FieldType(
            schema: ["type": "string", "enum": .array(names.map(JSONValue.string))],
            decode: { json, decoding in
                if let value = json.string.flatMap(Value.init(rawValue:)) { return value }
                decoding.fail("must be one of \(names.joined(separator: ", "))")
                return nil
            }, encode: { .string($0.rawValue) })
    }
}

extension FieldType where Value == JSONValue {
    /// Any JSON value, kept as it came.
    public static let json = FieldType(schema: [:], decode: { json, _ in json }, encode: { $0 })

    /// A JSON Schema (2020-12) as users write it: an object that compiles, kept as it came.
    public static let jsonSchema = schema(["type": "object", "additionalProperties": true]) {
        JSONSchema.problems(inDocument: $0)
    }

    /// A JSON Schema in which a component tells a model what to fill in (manage spec §0.12), kept as it came.
    public static let llmSchema = schema(LLMSchema.schema) { LLMSchema.problems(in: $0) }

    private static func schema(
        _ schema: JSONObject, _ problems: @escaping @Sendable (JSONValue) -> [JSONSchemaViolation]
    ) -> FieldType {
        FieldType(
            schema: schema,
            decode: { json, decoding in
                guard json.object != nil else {
                    decoding.wrongType("a JSON Schema object", json)
                    return nil
                }
                if decoding.isStored { return json }
                let problems = problems(json)
                for problem in problems { decoding.fail(problem.message, along: problem.path.map(\.step)) }
                return problems.isEmpty ? json : nil
            }, encode: { $0 })
    }
}

extension FieldType where Value == JSONObject {
    /// Any JSON object, kept as it came.
    public static let jsonObject = FieldType(
        schema: ["type": "object", "additionalProperties": true],
        decode: { json, decoding in
            if json.object == nil { decoding.wrongType("an object", json) }
            return json.object
        }, encode: { .object($0) })
}

extension JSONSchemaViolation.Segment {
    /// The step as paths of broken fields have it.
    var step: String {
        switch self {
        case .name(let name): name
        case .index(let index): String(index)
        }
    }
}
