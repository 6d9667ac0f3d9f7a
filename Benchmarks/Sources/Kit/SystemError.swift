import Glibc

/// A refused system call: which one and why.
public struct SystemError: Error, CustomStringConvertible, Equatable {
    /// What was tried, in words that make sense to a reader of the bench's output.
    public let action: String
    /// The `errno` of the call.
    public let code: Int32

    /// A refusal with the code that the call left in `errno`.
    public init(_ action: String) { self.init(action, code: errno) }

    /// A refusal with a code that is known otherwise.
    public init(_ action: String, code: Int32) {
        self.action = action
        self.code = code
    }

    /// The action and the system's own words for the code.
    public var description: String { "\(action): \(String(cString: strerror(code)))" }
}

/// A failure that is told to the person who runs the bench, as is.
public struct Complaint: Error, CustomStringConvertible, Equatable {
    /// The whole message.
    public let description: String

    /// A complaint with this message.
    public init(_ description: String) { self.description = description }
}
