import Catalog

/// Values made from a JSON Schema as the catalog writes them: some that it forbids, some that it allows.
enum SchemaSamples {
    /// A value, where in it the point is, and what the point is.
    struct Sample {
        let value: JSONValue
        var path: [String] = []
        let why: String
    }

    private static let depthMax = 6

    // MARK: Wrong

    /// Values that the schema forbids, each for one reason.
    static func wrong(_ schema: JSONObject, depth: Int = 0) -> [Sample] {
        guard depth < depthMax, let types = types(of: schema) else { return [] }
        var samples = specimens.filter {
            !types.contains($0.type) && !($0.type == "integer" && types.contains("number"))
        }
        .map { Sample(value: $0.value, why: "is \($0.type)") }
        if types.contains("string") { samples += wrongTexts(schema) }
        if types.contains("integer") || types.contains("number") { samples += wrongNumbers(schema, types) }
        if types.contains("array") { samples += wrongLists(schema, depth) }
        if types.contains("object") { samples += wrongObjects(schema, depth) }
        return samples
    }

    /// Whether a wrong value is of another type than it must be.
    static func isOfType(_ sample: Sample) -> Bool { specimens.contains { sample.why == "is \($0.type)" } }

    private static let specimens: [(type: String, value: JSONValue)] = [
        ("string", "x"), ("integer", 3), ("number", JSONValue(1.5)), ("boolean", true), ("object", ["zzz": 1]),
        ("array", [true]),
        ("null", .null),
    ]

    /// The JSON types that a schema names; nil when it names none, and so takes what it likes.
    private static func types(of schema: JSONObject) -> Set<String>? {
        switch schema["type"] {
        case .string(let type): return [type]
        case .array(let types): return Set(types.compactMap(\.string))
        default: break
        }
        guard let forms = schema["anyOf"]?.array else { return nil }
        var all: Set<String> = []
        for form in forms {
            guard let types = form.object.flatMap(types(of:)) else { return nil }
            all.formUnion(types)
        }
        return all
    }

    private static func wrongTexts(_ schema: JSONObject) -> [Sample] {
        guard schema["type"] != nil else { return [] }
        var samples: [Sample] = []
        if let length = schema["maxLength"]?.integer {
            samples.append(Sample(value: text(length + 1), why: "is too long"))
        }
        if let length = schema["minLength"]?.integer, length > 0 {
            samples.append(Sample(value: text(length - 1), why: "is too short"))
        }
        if schema["pattern"] != nil { samples.append(Sample(value: "é\r\nè ", why: "is outside the pattern")) }
        if schema["enum"] != nil { samples.append(Sample(value: "no such word", why: "is none of the words")) }
        if schema["format"] == "uri" { samples.append(Sample(value: "not an address", why: "is no address")) }
        return samples
    }

    private static func wrongNumbers(_ schema: JSONObject, _ types: Set<String>) -> [Sample] {
        var samples: [Sample] = []
        if let bound = schema["minimum"]?.double {
            samples.append(Sample(value: JSONValue(bound - 1), why: "is too low"))
        }
        if let bound = schema["maximum"]?.double {
            samples.append(Sample(value: JSONValue(bound + 1), why: "is too high"))
        }
        return samples
    }

    private static func wrongLists(_ schema: JSONObject, _ depth: Int) -> [Sample] {
        var samples: [Sample] = []
        let element = schema["items"]?.object ?? [:]
        if let count = schema["maxItems"]?.integer {
            let many = JSONValue.array(Array(repeating: sample(element), count: count + 1))
            samples.append(Sample(value: many, why: "has too many elements"))
        }
        for inner in wrong(element, depth: depth + 1) {
            samples.append(Sample(value: [inner.value], path: ["0"] + inner.path, why: inner.why))
        }
        return samples
    }

    private static func wrongObjects(_ schema: JSONObject, _ depth: Int) -> [Sample] {
        var samples: [Sample] = []
        let whole = sample(schema).object ?? [:]
        for (name, member) in schema["properties"]?.object ?? [:] {
            for inner in wrong(member.object ?? [:], depth: depth + 1) {
                let value = JSONValue.object(whole.with(name, inner.value))
                samples.append(Sample(value: value, path: [name] + inner.path, why: inner.why))
            }
        }
        for name in schema["required"]?.array?.compactMap(\.string) ?? [] {
            var lacking = whole
            lacking[name] = nil
            samples.append(Sample(value: .object(lacking), path: [name], why: "is missing"))
        }
        if schema["additionalProperties"] == false {
            samples.append(Sample(value: .object(whole.with("zzz", 1)), path: ["zzz"], why: "is not declared"))
        }
        if let member = schema["additionalProperties"]?.object {
            for inner in wrong(member, depth: depth + 1) {
                samples.append(Sample(value: ["k": inner.value], path: ["k"] + inner.path, why: inner.why))
            }
            if schema["propertyNames"]?["pattern"] != nil {
                samples.append(Sample(value: ["a b": sample(member)], path: ["a b"], why: "is no name"))
            }
        }
        return samples
    }

    // MARK: Right

    /// Values that the schema allows, at its bounds.
    static func right(_ schema: JSONObject, depth: Int = 0) -> [Sample] {
        guard depth < depthMax, let types = types(of: schema), schema["anyOf"] == nil else { return [] }
        var samples = [Sample(value: sample(schema), why: "is plain")]
        if types.contains("null") { samples.append(Sample(value: .null, why: "is null")) }
        if let words = schema["enum"]?.array { return words.map { Sample(value: $0, why: "is one of the words") } }
        if types.contains("string") {
            for name in ["minLength", "maxLength"] where schema["format"] == nil {
                guard let length = schema[name]?.integer else { continue }
                // Pictures are addresses, however long.
                guard length < 1_000_001 else { continue }
                samples.append(Sample(value: text(length), why: "is as long as \(name)"))
            }
        }
        for name in ["minimum", "maximum"] {
            if let bound = schema[name] { samples.append(Sample(value: bound, why: "is the \(name)")) }
        }
        if types.contains("array"), let element = schema["items"]?.object {
            samples += right(element, depth: depth + 1).map { Sample(value: [$0.value], why: $0.why) }
        }
        let whole = sample(schema).object ?? [:]
        for (name, member) in schema["properties"]?.object ?? [:] {
            for inner in right(member.object ?? [:], depth: depth + 1) {
                samples.append(
                    Sample(value: .object(whole.with(name, inner.value)), why: "has \(name) that \(inner.why)"))
            }
        }
        if let member = schema["additionalProperties"]?.object {
            samples += right(member, depth: depth + 1).map { Sample(value: ["k": $0.value], why: $0.why) }
        }
        return samples
    }

    /// The smallest value that the schema allows.
    static func sample(_ schema: JSONObject) -> JSONValue {
        if let word = schema["enum"]?.array?.first { return word }
        if let forms = schema["anyOf"]?.array { return sample(forms.first?.object ?? [:]) }
        guard let types = types(of: schema) else { return [:] }
        if types.contains("object") {
            var object = JSONObject()
            for name in schema["required"]?.array?.compactMap(\.string) ?? [] {
                object[name] = sample(schema["properties"]?[name]?.object ?? [:])
            }
            return .object(object)
        }
        if types.contains("array") { return [] }
        if types.contains("string") {
            return schema["format"] == "uri" ? "https://example.com/" : text(max(1, schema["minLength"]?.integer ?? 1))
        }
        if types.contains("boolean") { return true }
        return schema["minimum"] ?? 1
    }

    private static func text(_ length: Int) -> JSONValue { .string(String(repeating: "a", count: length)) }
}
