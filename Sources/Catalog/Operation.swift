/// One operation of the API: everything that routes, permissions and the OpenAPI document need to know of it.
public struct Operation: Sendable {
    /// An HTTP method.
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
    }

    /// Who may call it (manage spec §0.11).
    public enum Permission: String, Sendable {
        /// Anybody.
        case none
        /// Any person who has signed in.
        case person
        /// Any member of the tenant.
        case member
        /// The person whom the path names as `userId`, and owners and administrators of the tenant.
        case own
        /// Owners and administrators of the tenant.
        case admin
        /// The operator of the server alone, by their secret.
        case `operator`
        /// Who may view the project.
        case view
        /// Who may use the project.
        case use
        /// Who may edit the project.
        case edit
        /// Holders of a credential for running agents (run spec §1).
        case run

        /// Whether it is about managing: neither open to anybody nor about running agents.
        public var isManagement: Bool { self != .none && self != .run }
    }

    /// Where a request names its project, and with it the branch that the `Workspace` stands on.
    public enum ProjectPlace: Sendable, Equatable {
        /// Nowhere: it works on the tenant; the project of the workspace's branch is empty.
        case nowhere
        /// In the path parameter of this name.
        case path(String)
        /// In the member of this name of the body, because the project is about to be made. What is no string there is
        /// refused by the operation itself; the dispatcher takes it for empty.
        case body(String)
    }

    /// A parameter in path, query or header.
    public struct Parameter: Sendable {
        /// Where a parameter stands.
        public enum Place: String, Sendable { case path, query, header }
        /// The name on the wire.
        public let name: String
        /// Where it stands.
        public let place: Place
        /// What it is for, written for users.
        public let help: String
        /// The JSON Schema of its value.
        public let schema: JSONObject
        /// Whether a request must have it; path parameters always do.
        public let required: Bool

        /// A parameter from its parts.
        public init(
            _ name: String, in place: Place, _ help: String, schema: JSONObject = ["type": "string"],
            required: Bool = false
        ) {
            self.name = name
            self.place = place
            self.help = help
            self.schema = schema
            self.required = required || place == .path
        }
    }

    /// A success that the operation answers with.
    public struct Response: Sendable {
        /// The status.
        public let status: Int
        /// What it means, written for users.
        public let help: String
        /// The JSON Schema of the body, or nil for no body.
        public let schema: JSONObject?
        /// The media type of the body.
        public let mediaType: String
        /// The header fields that come with it, with what they say.
        public let headers: [(name: String, help: String)]

        /// A response from its parts.
        public init(
            _ status: Int, _ help: String, schema: JSONObject? = nil, mediaType: String = "application/json",
            headers: [(name: String, help: String)] = []
        ) {
            self.status = status
            self.help = help
            self.schema = schema
            self.mediaType = mediaType
            self.headers = headers
        }
    }

    /// The name in the contract, `list-agents`. Unique.
    public let id: String
    /// The method.
    public let method: Method
    /// Further methods that do the same and are not in the document: PUT and PATCH are twins (manage spec §0.7).
    public let aliases: [Method]
    /// The path with parameters in braces.
    public let path: String
    /// The groups in the document, the main one first.
    public let tags: [String]
    /// One line for users.
    public let summary: String
    /// Who may call it.
    public let permission: Permission
    /// Where a request names the project that it works on.
    public let project: ProjectPlace
    /// Whether it works on the branch that a request names; else on what lives outside branches, `Kind.isVersioned`.
    public let isVersioned: Bool
    /// Parameters beside those in the path, which are found in it.
    public let parameters: [Parameter]
    /// The JSON Schema of the body, or nil when it takes none.
    public let request: JSONObject?
    /// What it answers with when all is well.
    public let responses: [Response]
    /// The statuses of the problems it may answer with.
    public let errors: [Int]
    /// What it does.
    public let effect: Effect
    /// The resource that it reads, from the parameters of its path, where what was found out about that one is part of
    /// the answer; nil otherwise.
    public private(set) var observed: (@Sendable ([String: String]) -> ResourceKey)?
    /// The member of the body, or the parameter of the query, that names the tenant, where the path does not; nil where
    /// none does.
    public private(set) var tenantName: String?
    /// Whether its body may hold files, and so may be larger than that of others.
    public private(set) var takesFiles = false
    /// Whether it is an endpoint that does a request with an `Idempotency-Key` once; what changes configuration always
    /// does.
    public private(set) var isDoneOnceForKey = false
    private let queryRules: QueryRules

    /// What an operation does.
    public enum Effect: Sendable {
        /// Reads configuration, in one consistent read.
        case read(@Sendable (Workspace, OperationInput) throws -> OperationOutput)
        /// Changes configuration, in one transaction.
        case write(@Sendable (Workspace, OperationInput) throws -> OperationOutput)
        /// Answered by an endpoint of the server: streams, runs, health.
        case endpoint
    }

    /// The statuses that every managed operation lists.
    public static let commonErrors = [400, 401, 403, 404, 422, 500]

    /// An operation from its parts.
    public init(
        _ id: String, _ method: Method, aliases: [Method] = [], _ path: String, tags: [String], summary: String,
        permission: Permission, project: ProjectPlace? = nil, isVersioned: Bool = true, parameters: [Parameter] = [],
        request: JSONObject? = nil, responses: [Response], errors: [Int] = Operation.commonErrors, effect: Effect
    ) {
        self.id = id
        self.method = method
        self.aliases = aliases
        self.path = path
        self.tags = tags
        self.summary = summary
        self.permission = permission
        self.project = project ?? (Self.names(in: path).contains("projectId") ? .path("projectId") : .nowhere)
        self.isVersioned = isVersioned
        self.parameters = parameters
        self.request = request
        self.responses = responses
        self.errors = errors
        self.effect = effect
        queryRules = QueryRules(parameters)
    }

    /// An operation of one group from its parts.
    public init(
        _ id: String, _ method: Method, aliases: [Method] = [], _ path: String, tag: String, summary: String,
        permission: Permission, project: ProjectPlace? = nil, isVersioned: Bool = true, parameters: [Parameter] = [],
        request: JSONObject? = nil, responses: [Response], errors: [Int] = Operation.commonErrors, effect: Effect
    ) {
        self.init(
            id, method, aliases: aliases, path, tags: [tag], summary: summary, permission: permission, project: project,
            isVersioned: isVersioned, parameters: parameters, request: request, responses: responses, errors: errors,
            effect: effect)
    }

    /// The same operation, with the resource about which its answer says what was found out.
    public func observing(_ observed: (@Sendable ([String: String]) -> ResourceKey)?) -> Operation {
        var operation = self
        operation.observed = observed
        return operation
    }

    /// The same operation, with the member of its body, or the parameter of its query, that names the tenant.
    public func namingTenant(_ name: String) -> Operation {
        var operation = self
        operation.tenantName = name
        return operation
    }

    /// The same operation, with a body that may hold files.
    public func takingFiles() -> Operation {
        var operation = self
        operation.takesFiles = true
        return operation
    }

    /// The same operation, whose endpoint does a request with an `Idempotency-Key` once.
    public func doneOnceForKey() -> Operation {
        var operation = self
        operation.isDoneOnceForKey = true
        return operation
    }

    /// Refuses a query in which a parameter is not as it is declared, with everything that is broken in it.
    ///
    /// - Parameter more: The rules of parameters that are not the operation's own.
    public func check(_ query: [String: String], and more: QueryRules? = nil) throws(Problem) {
        let broken = queryRules.broken(in: query) + (more?.broken(in: query) ?? [])
        if !broken.isEmpty { throw Problem.invalid(broken) }
    }

    /// Whether each call that succeeds is put on record: those that change what is managed.
    public var isAudited: Bool { permission.isManagement && method != .get }

    /// The main group in the document.
    public var tag: String { tags.first ?? "" }

    /// The parameters of the path, in order.
    public var pathParameters: [String] { Self.names(in: path) }

    private static func names(in path: String) -> [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }
}

/// What an operation is called with: everything already decoded from the request.
public struct OperationInput: Sendable {
    /// The parameters of the path, percent-decoded.
    public var path: [String: String]
    /// The parameters of the query, percent-decoded and as they are declared; of doubled names the last holds.
    public var query: [String: String]
    /// The body; an empty object when there is none.
    public var body: JSONValue
    /// The method, of those that the operation answers to.
    public var method: Operation.Method

    /// An input from its parts.
    public init(
        path: [String: String] = [:], query: [String: String] = [:], body: JSONValue = [:],
        method: Operation.Method = .get
    ) {
        self.path = path
        self.query = query
        self.body = body
        self.method = method
    }

    /// The path parameter `name`. The dispatcher sees to it that it is there.
    public func parameter(_ name: String) -> String { path[name] ?? "" }
}

/// What an operation answers.
public struct OperationOutput: Sendable, Equatable {
    /// The HTTP status.
    public var status: Int
    /// The body, or nil for none.
    public var body: JSONValue?

    /// An answer from its parts.
    public init(_ status: Int, _ body: JSONValue? = nil) {
        self.status = status
        self.body = body
    }

    /// 200 with `{"data": …}`.
    public static func data(_ value: JSONValue, status: Int = 200) -> OperationOutput {
        OperationOutput(status, ["data": value])
    }
}
