extension JSONObject {
    /// This JSON Schema of an object with more members.
    ///
    /// - Parameters:
    ///   - members: The schemas of the members; one of a name that is there takes its place.
    ///   - required: Those of all its members that must be there, beside the ones that must already.
    public func adding(_ members: JSONObject, required: [String] = []) -> JSONObject {
        var schema = self
        schema["properties"] = .object((schema["properties"]?.object ?? [:]).merging(members))
        return schema.requiring(required)
    }

    /// This JSON Schema of an object, of which these members must be there too.
    public func requiring(_ names: [String]) -> JSONObject {
        var schema = self
        var required = schema["required"]?.array ?? []
        for name in names.map(JSONValue.string) where !required.contains(name) { required.append(name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        return schema
    }

    /// This JSON Schema of an object, of which these members may be absent.
    public func withoutRequiring(_ names: Set<String>) -> JSONObject {
        var schema = self
        let required = (schema["required"]?.array ?? []).filter { !names.contains($0.string ?? "") }
        schema["required"] = required.isEmpty ? nil : .array(required)
        return schema
    }

    /// These members with one more, or another value of it.
    public func with(_ name: String, _ value: JSONValue) -> JSONObject {
        var members = self
        members[name] = value
        return members
    }

    /// These members with `others` laid over them.
    public func merging(_ others: JSONObject) -> JSONObject {
        var merged = self
        for (name, value) in others { merged[name] = value }
        return merged
    }
}
