/// The members of a JSON object in the order in which they came. Names are unique; look-up is by name.
public struct JSONObject: Sendable {
    /// The names, in order.
    public private(set) var keys: [String] = []
    /// The values, in the order of `keys`.
    public private(set) var values: [JSONValue] = []
    /// Name to position, kept only for large objects: below the threshold a linear look is faster.
    private var index: [String: Int]?

    private static let indexThreshold = 16

    /// An object without members.
    public init() {}

    /// An object of `members`; of members with the same name the last value holds, at the first one's place.
    public init(_ members: some Sequence<(key: String, value: JSONValue)>) {
        for (name, value) in members { self[name] = value }
    }

    /// How many members there are.
    public var count: Int { keys.count }
    /// Whether there is no member.
    public var isEmpty: Bool { keys.isEmpty }

    /// Reads the member `name` (nil when there is none); writing nil removes it, writing a value sets or appends it.
    public subscript(name: String) -> JSONValue? {
        get { position(of: name).map { values[$0] } }
        set {
            if let position = position(of: name) {
                guard let newValue else { return remove(at: position) }
                values[position] = newValue
            } else if let newValue {
                append(name, newValue)
            }
        }
    }

    /// Where `name` stands, or nil.
    public func position(of name: String) -> Int? {
        if let index { return index[name] }
        return keys.firstIndex(of: name)
    }

    private mutating func append(_ name: String, _ value: JSONValue) {
        keys.append(name)
        values.append(value)
        if index != nil {
            index![name] = keys.count - 1
        } else if keys.count > Self.indexThreshold {
            index = Dictionary(uniqueKeysWithValues: zip(keys, keys.indices))
        }
    }

    private mutating func remove(at position: Int) {
        keys.remove(at: position)
        values.remove(at: position)
        if index != nil { index = Dictionary(uniqueKeysWithValues: zip(keys, keys.indices)) }
    }
}

extension JSONObject: Sequence {
    /// Walks the members in order.
    public func makeIterator() -> AnyIterator<(key: String, value: JSONValue)> {
        var position = 0
        return AnyIterator {
            guard position < keys.count else { return nil }
            defer { position += 1 }
            return (keys[position], values[position])
        }
    }
}

extension JSONObject: Hashable {
    /// Two objects are equal when they have the same members, in whatever order (RFC 8259 §4).
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        if left.keys == right.keys { return left.values == right.values }
        return left.allSatisfy { right[$0.key] == $0.value }
    }

    /// Hashes without regard to order, as equality asks.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(
            zip(keys, values).reduce(0) { sum, member in
                var hasher = Hasher()
                hasher.combine(member.0)
                hasher.combine(member.1)
                return sum &+ hasher.finalize()
            })
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object with the members in the order written.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements { self[name] = value }
    }
}
