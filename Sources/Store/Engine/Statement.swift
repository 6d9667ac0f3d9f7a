import Synchronization

/// One SQL statement, the same text for both engines: parameters `$1`, `$2`, …, marks of `Dialect` in braces. Make each
/// once, as a `static let`: every connection keeps what it prepared under the statement's number.
public struct Statement: Sendable {
    /// The text, marks included.
    public let text: String
    /// Tells statements apart, from 0 in the order of their making.
    let number: Int

    private static let count = Atomic<Int>(0)

    /// A new statement. Costs a place in every connection's cache: do not make one per call.
    public init(_ text: String) {
        self.text = text
        number = Self.count.wrappingAdd(1, ordering: .relaxed).oldValue
    }
}

/// A value that a statement takes.
public enum SQLValue: Sendable, Hashable {
    case null
    case text(String)
    /// Text that is at hand as UTF-8 bytes, for instance JSON that was just written.
    case utf8([UInt8])
    case integer(Int64)
    case double(Double)
    case bool(Bool)

    /// Text, or null when there is none.
    static func text(_ text: String?) -> SQLValue { text.map(SQLValue.text) ?? .null }
    /// An integer, or null when there is none.
    static func integer(_ integer: Int64?) -> SQLValue { integer.map(SQLValue.integer) ?? .null }
}
