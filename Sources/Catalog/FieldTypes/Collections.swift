extension FieldType {
    /// A list of at most `countMax` elements.
    public static func list<Element>(of element: FieldType<Element>, countMax: Int = 10_000) -> FieldType
    where Value == [Element] {
        FieldType(
            schema: ["type": "array", "items": .object(element.schema), "maxItems": .integer(Int64(countMax))],
            shownSchema: ["type": "array", "items": .object(element.shownSchema)],
            decode: { json, decoding in
                guard let elements = json.array else {
                    decoding.wrongType("a list", json)
                    return nil
                }
                guard elements.count <= countMax else {
                    decoding.fail("must have at most \(countMax) elements")
                    return nil
                }
                var values: [Element] = []
                for (position, item) in elements.enumerated() {
                    decoding.within(String(position)) { deeper in
                        if let value = element.decode(item, &deeper) { values.append(value) }
                    }
                }
                return values.count == elements.count || decoding.isStored ? values : nil
            }, encode: { .array($0.map(element.encode)) }, show: { .array($0.map(element.show)) },
            secrets: element.secrets.map(SecretPlaces.elements))
    }

    /// A map from names to elements, in the order in which they came.
    ///
    /// - Parameters:
    ///   - names: The JSON Schema of the names; empty for any.
    ///   - key: Why a name is refused, or nil when it is fine.
    public static func map<Element>(
        of element: FieldType<Element>, names: JSONObject = [:],
        key: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> FieldType where Value == OrderedMap<Element> {
        func schema(_ element: JSONObject) -> JSONObject {
            let map: JSONObject = ["type": "object", "additionalProperties": .object(element)]
            return names.isEmpty ? map : map.with("propertyNames", .object(names))
        }
        return FieldType(
            schema: schema(element.schema), shownSchema: schema(element.shownSchema),
            decode: { json, decoding in
                guard let members = json.object else {
                    decoding.wrongType("an object", json)
                    return nil
                }
                var map = OrderedMap<Element>()
                for (name, member) in members {
                    decoding.within(name) { deeper in
                        if !deeper.isStored, let reason = key(name) { return deeper.fail(reason) }
                        if let value = element.decode(member, &deeper) { map.append(name, value) }
                    }
                }
                return map.count == members.count || decoding.isStored ? map : nil
            },
            encode: { map in .object(JSONObject(map.entries.map { ($0.name, element.encode($0.value)) })) },
            show: { map in .object(JSONObject(map.entries.map { ($0.name, element.show($0.value)) })) },
            secrets: element.secrets.map(SecretPlaces.values))
    }

    /// A value of `wrapped`, or null.
    public static func nullable<Wrapped>(_ wrapped: FieldType<Wrapped>) -> FieldType where Value == Wrapped? {
        FieldType(
            schema: wrapped.schema.allowingNull, shownSchema: wrapped.shownSchema.allowingNull,
            decode: { json, decoding in json.isNull ? .some(nil) : wrapped.decode(json, &decoding).map { .some($0) } },
            encode: { $0.map(wrapped.encode) ?? .null }, show: { $0.map(wrapped.show) ?? .null },
            secrets: wrapped.secrets)
    }
}

extension FieldType where Value: Structure {
    /// A declared object: its fields are declared in the structure, read and checked each on its own.
    public static var structure: FieldType {
        FieldType(
            schema: Value.schema, shownSchema: Value.schema(for: .view),
            decode: { json, decoding in
                var value = Value()
                return value.assign(json, creating: true, &decoding) || decoding.isStored ? value : nil
            }, encode: { $0.document }, show: { $0.view }, secrets: Value.secrets)
    }
}

/// A map that keeps the order in which its names came. Names are unique; made from JSON objects, which see to that.
public struct OrderedMap<Value: Sendable>: Sendable {
    /// Names with their values, in order.
    public private(set) var entries: [(name: String, value: Value)] = []
    /// Name to position.
    private var index: [String: Int] = [:]

    /// A map without entries.
    public init() {}
    /// A map of `entries`; of entries with the same name the first holds.
    public init(_ entries: [(name: String, value: Value)]) {
        for (name, value) in entries { append(name, value) }
    }
    /// The names, in order.
    public var names: [String] { entries.map(\.name) }
    /// The values, in order.
    public var values: [Value] { entries.map(\.value) }
    /// Whether there is no entry.
    public var isEmpty: Bool { entries.isEmpty }
    /// How many entries there are.
    public var count: Int { entries.count }
    /// The value of `name`, or nil.
    public subscript(name: String) -> Value? { index[name].map { entries[$0].value } }
    /// Adds an entry at the end; one whose name is there already is not taken.
    public mutating func append(_ name: String, _ value: Value) {
        guard index[name] == nil else { return }
        index[name] = entries.count
        entries.append((name, value))
    }
}

extension OrderedMap: Equatable where Value: Equatable {
    /// Equal when names, values and their order are.
    public static func == (left: OrderedMap, right: OrderedMap) -> Bool {
        left.entries.count == right.entries.count
            && zip(left.entries, right.entries).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    }
}

extension JSONObject {
    /// Whether null is a value of this schema; one that names no type is left to say so itself.
    var takesNull: Bool {
        switch self["type"] {
        case nil: true
        case .array(let types): types.contains("null")
        case let type: type == "null"
        }
    }

    /// This schema, also taking null.
    public var allowingNull: JSONObject {
        var schema = self
        switch self["type"] {
        case .string(let type): schema["type"] = .array([.string(type), "null"])
        case nil where !isEmpty: return ["anyOf": .array([.object(self), ["type": "null"]])]
        default: break
        }
        if case .array(let cases) = self["enum"] { schema["enum"] = .array(cases + [.null]) }
        return schema
    }
}
