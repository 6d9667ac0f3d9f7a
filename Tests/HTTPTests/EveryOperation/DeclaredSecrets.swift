import Catalog

/// Where the schema of a body declares secrets: each value that it calls `writeOnly`.
struct DeclaredSecrets {
    /// The schemas that references lead to.
    let components: JSONObject

    /// A way into a value.
    enum Step: Hashable {
        case member(String)
        /// Each element of a list.
        case element
        /// Each value of a map.
        case value
        /// One of several forms of the value.
        case form(Int)
    }

    /// A place of a secret.
    struct Place: Hashable, CustomStringConvertible {
        var steps: [Step]

        var description: String {
            steps.map { step in
                switch step {
                case .member(let name): "." + name
                case .element: "[]"
                case .value: "{}"
                case .form(let number): "|\(number)"
                }
            }.joined()
        }
    }

    /// Deeper than any secret lies; bounds schemas that refer to themselves.
    private static let depthMax = 16

    // MARK: Finding

    /// The places of all secrets in a value of the schema.
    func places(in schema: JSONValue?) -> [Place] {
        var found: [Place] = []
        collect(schema, [], &found)
        return found
    }

    private func collect(_ schema: JSONValue?, _ steps: [Step], _ found: inout [Place]) {
        guard steps.count < Self.depthMax, let schema = resolved(schema) else { return }
        if schema["writeOnly"] == true { found.append(Place(steps: steps)) }
        let forms = forms(of: schema)
        for (number, form) in forms.enumerated() {
            collect(form, forms.count == 1 ? steps : steps + [.form(number)], &found)
        }
        for (name, member) in schema["properties"]?.object ?? [:] { collect(member, steps + [.member(name)], &found) }
        collect(schema["items"], steps + [.element], &found)
        collect(schema["additionalProperties"], steps + [.value], &found)
    }

    /// The schema with what its references lead to in their places, as deep as bodies are looked at.
    func inlined(_ schema: JSONValue?, depth: Int = 0) -> JSONObject {
        guard depth < Self.depthMax, var object = resolved(schema) else { return [:] }
        if let properties = object["properties"]?.object {
            object["properties"] = .object(
                JSONObject(properties.map { ($0.key, .object(inlined($0.value, depth: depth + 1))) }))
        }
        for name in ["items", "additionalProperties"] where object[name]?.object != nil {
            object[name] = .object(inlined(object[name], depth: depth + 1))
        }
        if let forms = object["anyOf"]?.array {
            object["anyOf"] = .array(forms.map { .object(inlined($0, depth: depth + 1)) })
        }
        return object
    }

    private func resolved(_ schema: JSONValue?) -> JSONObject? {
        guard let object = schema?.object else { return nil }
        guard let name = object["$ref"]?.string?.split(separator: "/").last else { return object }
        return resolved(components[String(name)])
    }

    private func forms(of schema: JSONObject) -> [JSONValue] {
        (schema["anyOf"]?.array ?? []).filter { $0["type"] != "null" }
    }

    // MARK: Writing

    /// The value with another one in place of a secret; what is missing on the way there is made by the schema.
    func putting(_ secret: JSONValue, at place: Place, in value: JSONValue, _ schema: JSONValue?) -> JSONValue {
        put(secret, place.steps[...], value, schema)
    }

    private func put(
        _ secret: JSONValue, _ steps: ArraySlice<Step>, _ value: JSONValue?, _ schema: JSONValue?
    ) -> JSONValue {
        guard let step = steps.first, var schema = resolved(schema) else { return secret }
        if case .form = step {} else if let only = forms(of: schema).first, let form = resolved(only) { schema = form }
        let rest = steps.dropFirst()
        let known = value.flatMap { $0.isNull ? JSONValue?.none : $0 } ?? SchemaSamples.sample(schema)
        switch step {
        case .form(let number): return put(secret, rest, value, forms(of: schema)[number])
        case .member(let name):
            var object = known.object ?? [:]
            object[name] = put(secret, rest, object[name], schema["properties"]?[name])
            return .object(object)
        case .value:
            var object = known.object ?? [:]
            let name = object.keys.first ?? "x-secret"
            object[name] = put(secret, rest, object[name], schema["additionalProperties"])
            return .object(object)
        case .element:
            var list = known.array ?? []
            let position = list.firstIndex { fits($0, rest.first, schema["items"]) } ?? list.count
            let new = put(secret, rest, position < list.count ? list[position] : nil, schema["items"])
            if position < list.count { list[position] = new } else { list.append(new) }
            return .array(list)
        }
    }

    /// Whether an element of a list is of the form that a way leads into.
    private func fits(_ element: JSONValue, _ step: Step?, _ schema: JSONValue?) -> Bool {
        guard case .form(let number) = step else { return true }
        let form = resolved(resolved(schema).map { forms(of: $0)[number] })
        return (form?["required"]?.array ?? []).allSatisfy { element[$0.string ?? ""] != nil }
    }
}

extension SecretPlaces {
    /// The same places as `DeclaredSecrets` names them.
    var declared: [DeclaredSecrets.Place] {
        func within(_ places: SecretPlaces, _ step: DeclaredSecrets.Step) -> [DeclaredSecrets.Place] {
            places.declared.map { DeclaredSecrets.Place(steps: [step] + $0.steps) }
        }
        return switch self {
        case .here: [DeclaredSecrets.Place(steps: [])]
        case .elements(let places): within(places, .element)
        case .values(let places): within(places, .value)
        case .members(let members): members.flatMap { within($0.value, .member($0.key)) }
        }
    }
}
