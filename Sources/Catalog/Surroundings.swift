/// What an operation knows beside what is stored: who calls, and the server that it runs in.
public struct Surroundings: Sendable {
    /// Who calls.
    public var caller: Requester
    /// The server's address as clients see it, without a slash at its end.
    public var publicURL: String
    /// Why the server sends no request to an address, for people; nil when it does. The connection is checked again,
    /// with the address that the name leads to then.
    public var refusalOfAddress: @Sendable (String) -> String?
    /// The results of works that are too slow for a transaction, in their order. What is not done yet makes it throw
    /// `SlowWork.Outstanding`: the transaction is taken back, the works are done beside it, and it is run again.
    public var slowly: @Sendable ([SlowWork]) throws -> [String]

    /// Surroundings without a server: the caller is the system, every address is good, slow works are done at once.
    public init(
        caller: Requester = .system, publicURL: String = "",
        refusalOfAddress: @escaping @Sendable (String) -> String? = { _ in nil },
        slowly: @escaping @Sendable ([SlowWork]) throws -> [String] = { $0.map { $0.run() } }
    ) {
        self.caller = caller
        self.publicURL = publicURL
        self.refusalOfAddress = refusalOfAddress
        self.slowly = slowly
    }
}

/// Who calls an operation, as the operation sees it.
public struct Requester: Sendable, Equatable {
    /// Who is written down as the author of what is made: a user's id, or the means by which a machine was recognised.
    public let name: String
    /// What it may do where the operation works.
    public let rights: Rights
    /// The account of a person; nil for a machine.
    public let account: String?

    /// A caller from its parts.
    public init(name: String, rights: Rights, account: String? = nil) {
        self.name = name
        self.rights = rights
        self.account = account
    }

    /// Whether it may do what owners and administrators of the tenant may.
    public var isAdministrator: Bool { rights.isAdministrator }

    /// The account to whose projects lists of the tenant are limited; nil when they show every project.
    public var limitingAccount: String? { isAdministrator ? nil : account ?? "" }

    /// The server itself.
    public static let system = Requester(name: "system", rights: .owner)

    /// Whether a text names no person but the system or a key: nobody acts as such (manage spec §2.18).
    public static func isSystem(_ name: String) -> Bool { name == system.name || name.hasPrefix("apikey:") }
}

/// Work that takes so long that no transaction may wait for it: hashes of secrets, say.
public struct SlowWork: Sendable {
    /// What is done and with what: equal works have equal results. May hold secrets, so it is never shown.
    public let identity: [String]
    /// Does it.
    public let run: @Sendable () -> String

    /// Works done for one request at most.
    public static let countMax = 200

    /// A work from its parts.
    public init(_ identity: [String], run: @escaping @Sendable () -> String) {
        self.identity = identity
        self.run = run
    }

    /// Thrown out of a transaction that needs works which are not done yet.
    public struct Outstanding: Error {
        /// The works, each once.
        public let works: [SlowWork]
    }

    /// What `Surroundings.slowly` is when these results are at hand.
    public static func lookUp(
        in results: [[String]: String]
    ) -> @Sendable ([SlowWork]) throws -> [String] {
        { works in
            var lacking: [[String]: SlowWork] = [:]
            for work in works where results[work.identity] == nil { lacking[work.identity] = work }
            guard lacking.count + results.count <= countMax else {
                throw Problem.badRequest("The request has more than \(countMax) secrets; send them in several")
            }
            if !lacking.isEmpty { throw Outstanding(works: Array(lacking.values)) }
            return works.map { results[$0.identity] ?? "" }
        }
    }
}
