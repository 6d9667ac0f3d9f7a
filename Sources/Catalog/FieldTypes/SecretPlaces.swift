/// Where the secrets are in stored documents of a declared shape. It follows from the types of the fields, so that
/// whoever seals, shows or searches documents finds every secret, and nothing else: what users put into free JSON is
/// never taken for one.
public indirect enum SecretPlaces: Sendable, Equatable {
    /// The value is one.
    case here
    /// In each element of a list.
    case elements(SecretPlaces)
    /// In each value of a map.
    case values(SecretPlaces)
    /// In these members of an object.
    case members([String: SecretPlaces])

    /// The document with every secret in it replaced.
    ///
    /// - Parameters:
    ///   - old: Another document of the same shape; nil for none.
    ///   - replace: Gives what takes the place of a secret, from the secret, what the other document has in its place
    ///     (nil for nothing) and the way to it.
    public func replacing(
        in document: JSONValue, beside old: JSONValue? = nil, at path: [String] = [],
        _ replace: (JSONValue, JSONValue?, [String]) throws -> JSONValue
    ) rethrows -> JSONValue {
        switch (self, document) {
        case (_, .null): return document
        case (.here, _): return try replace(document, old, path)
        case (.elements(let places), .array(let elements)):
            return .array(
                try elements.enumerated().map { position, element in
                    try places.replacing(
                        in: element, beside: Self.counterpart(of: element, in: old), at: path + [String(position)],
                        replace)
                })
        case (.values(let places), .object(var object)):
            for (name, value) in object {
                let other = Self.member(name, of: old)
                object[name] = try places.replacing(in: value, beside: other, at: path + [name], replace)
            }
            return .object(object)
        case (.members(let members), .object(var object)):
            for (name, places) in members {
                guard let value = object[name] else { continue }
                object[name] = try places.replacing(in: value, beside: old?[name], at: path + [name], replace)
            }
            return .object(object)
        default: return document
        }
    }

    /// Whether a secret in the document meets a condition.
    public func contains(in document: JSONValue, where condition: (JSONValue) -> Bool) -> Bool {
        switch (self, document) {
        case (_, .null): false
        case (.here, _): condition(document)
        case (.elements(let places), .array(let elements)):
            elements.contains { places.contains(in: $0, where: condition) }
        case (.values(let places), .object(let object)):
            object.values.contains { places.contains(in: $0, where: condition) }
        case (.members(let members), .object(let object)):
            members.contains { name, places in object[name].map { places.contains(in: $0, where: condition) } ?? false }
        default: false
        }
    }

    /// The member of a map; names that differ in case alone mean the same where there is no exact one, as those of
    /// header fields do.
    private static func member(_ name: String, of map: JSONValue?) -> JSONValue? {
        guard let object = map?.object else { return nil }
        if let value = object[name] { return value }
        let lowered = name.lowercased()
        return object.first { $0.key.lowercased() == lowered }?.value
    }

    /// The element of another list that is the same thing: elements say who they are by id or name, never by where
    /// they stand, or a secret could end up with what it does not belong to.
    private static func counterpart(of element: JSONValue, in list: JSONValue?) -> JSONValue? {
        for member in ["id", "name"] {
            guard let name = element[member]?.string else { continue }
            return list?.array?.first { $0[member]?.string == name }
        }
        return nil
    }
}
