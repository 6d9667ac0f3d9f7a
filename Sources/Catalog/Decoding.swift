/// Collects what is wrong with a document while it is decoded, so that all broken fields are reported at once.
public struct Decoding: Sendable {
    /// Where decoding stands: steps from the root of the body.
    public private(set) var path: [String]
    /// What was found broken so far, at most `brokenMax`.
    public private(set) var broken: [Problem.Broken] = []

    /// Broken fields reported at once; a body with more is refused all the same.
    public static let brokenMax = 100

    /// Whether the document comes from the store. Rules were kept when it was written, so they are not asked again, and
    /// members that only the server writes are taken.
    public let isStored: Bool

    /// Starts at `path`, the root unless told otherwise.
    public init(at path: [String] = [], isStored: Bool = false) {
        self.path = path
        self.isStored = isStored
    }

    /// Notes a broken rule at the current place.
    public mutating func fail(_ reason: String) {
        guard broken.count < Self.brokenMax else { return }
        broken.append(Problem.Broken(path, reason))
    }

    /// Notes a broken rule at `name` below the current place.
    public mutating func fail(_ reason: String, at name: String) {
        within(name) { $0.fail(reason) }
    }

    /// Notes a broken rule at several steps below the current place.
    public mutating func fail(_ reason: String, along steps: [String]) {
        path += steps
        fail(reason)
        path.removeLast(steps.count)
    }

    /// Runs `body` one step deeper.
    public mutating func within<Result>(_ name: String, _ body: (inout Decoding) -> Result) -> Result {
        path.append(name)
        defer { path.removeLast() }
        return body(&self)
    }

    /// Throws a `Problem` naming every broken field, if there is any.
    public func finish() throws(Problem) {
        if !broken.isEmpty { throw Problem.invalid(broken) }
    }
}
