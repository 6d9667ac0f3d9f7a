/// What was found out about a resource by looking at the world, a server's answer for instance. It is not
/// configuration: it has no versions, and no read writes it.
public struct Observation: Sendable, Equatable {
    /// What of the configuration it was found for: what is found for another basis says nothing.
    public let basis: String
    /// How it stands, as one word.
    public let status: String
    /// What else was found.
    public let document: JSONObject
    /// When, milliseconds since 1970.
    public let at: Int64

    /// An observation from its parts.
    public init(basis: String, status: String, document: JSONObject = [:], at: Int64) {
        self.basis = basis
        self.status = status
        self.document = document
        self.at = at
    }
}

/// How resources of a kind stand in the world, for kinds of which something is found out.
public struct Standing<R: Resource>: Sendable {
    /// The words for it.
    public let statuses: [String]
    /// The word for a resource, from what was found out about it or that nothing was.
    public let status: @Sendable (R, Observation?, Workspace) throws -> String

    /// A standing from its parts.
    public init(
        statuses: [String], status: @escaping @Sendable (R, Observation?, Workspace) throws -> String
    ) {
        self.statuses = statuses
        self.status = status
    }
}

/// The observations on one branch, inside a transaction. A struct of functions, as `Workspace` is.
public struct Observations {
    /// What was found out about a resource; nil while nothing was.
    public let get: (ResourceKey) throws -> Observation?
    /// What was found out about all resources of a kind on the branch, without the documents, by their ids.
    public let statuses: (_ kind: String) throws -> [String: Observation]

    /// Observations in which there is nothing.
    public static var none: Observations { Observations(get: { _ in nil }, statuses: { _ in [:] }) }

    /// Observations from their functions.
    public init(
        get: @escaping (ResourceKey) throws -> Observation?,
        statuses: @escaping (String) throws -> [String: Observation]
    ) {
        self.get = get
        self.statuses = statuses
    }
}
