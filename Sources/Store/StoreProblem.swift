public import Catalog

extension StoreError {
    /// What a client is told. Causes that are not its business stay out; log the error itself.
    public var problem: Problem {
        switch self {
        case .uniqueViolation, .conflict: Problem.conflict(description)
        case .foreignKeyViolation: Problem.badRequest("A reference names something that does not exist.")
        case .notFound(let what): Problem(.notFound, "\(what) was not found.")
        case .full: Problem(.insufficientStorage, description)
        case .unavailable, .tooBusy: Problem(.serviceUnavailable, description, retryAfter: .seconds(1))
        case .newerSchema, .corrupt: Problem(.internalServerError, Problem.internalDetail)
        case .other(let cause): cause as? Problem ?? Problem(.internalServerError, Problem.internalDetail)
        }
    }
}

extension ConfigurationTransaction {
    /// This transaction as what operations of the catalog work on. Store errors come out of it as they are, but for
    /// refused deletions and unknown resources, which are `Problem`s.
    public func workspace(_ tools: WorkspaceTools) -> Workspace {
        var workspace = Workspace(
            branch: branch, now: tools.now, makeID: tools.makeID,
            get: { try self.get($0) },
            several: { try self.several($0) },
            contents: { try self.contents(of: $0) },
            all: { try self.all($0, $1) },
            everything: { try self.everything() },
            page: { try self.page($0) },
            projects: { try self.projects($0, tools) },
            inProjects: { try self.atTop(of: $1, kind: $0) },
            referrers: { try self.referrers($0) },
            put: { [branch] key, document, links in
                try Self.problems {
                    let sealed = try tools.sealing.sealed(document, key, in: branch) { try self.get(key) }
                    return try self.put(key, sealed, links)
                }
            },
            delete: { key in try Self.problems { try self.delete(key) } },
            exists: { try self.exists() },
            createBranch: { try Self.problems { try self.createBranch() } },
            deleteProject: { try self.deleteProject() },
            on: { try self.on($0).workspace(tools) },
            setHandle: { key, handle in try Self.problems { try self.setHandle(key, handle) } },
            versions: versions(at: nil))
        workspace.observations = Observations(
            get: { try self.observation(of: $0) }, statuses: { _ in try self.observedStatuses() })
        place(&workspace, tools)
        workspace.credentials = credentialEntries(tools.sealing.keyring)
        workspace.onAllBranches = { try self.onAllBranches($0) }
        workspace.aligned = { [branch] in tools.sealing.aligned($0, kind: $1, with: $2, in: branch) }
        return workspace
    }

    /// Gives a workspace what is the same in every state: the caller, and the tenant as far as the caller may see it.
    func place(_ workspace: inout Workspace, _ tools: WorkspaceTools) {
        workspace.surroundings = tools.surroundings
        workspace.invocations = invocationLog
        workspace.inTenant = { query in
            var query = query
            query.visibleTo = tools.surroundings.caller.limitingAccount
            return try self.everywhere(query)
        }
        workspace.members = members(at: tools.now)
        workspace.holders = { try self.holders(of: $0, $1) }
    }

    /// One page of the tenant's projects, as far as the caller may see them.
    func projects(_ query: ListQuery, _ tools: WorkspaceTools) throws -> (entries: [Entry], total: Int) {
        var query = query
        query.kind = tools.projectKind
        query.visibleTo = tools.surroundings.caller.limitingAccount
        return try tenantPage(query)
    }

    static func problems<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as StoreError {
            switch error {
            case .conflict, .notFound, .uniqueViolation: throw error.problem
            default: throw error
            }
        }
    }
}

/// What a workspace is given beside its transaction.
public struct WorkspaceTools {
    /// The kind of the resources that the tenant's list of projects shows.
    let projectKind: String
    /// The time of the operation, milliseconds since 1970.
    let now: Int64
    /// Gives a fresh id.
    let makeID: () -> String
    /// Who calls, and the server.
    let surroundings: Surroundings
    /// Seals the secrets in what is put.
    let sealing: Sealing

    /// Tools from their parts.
    public init(
        projectKind: String, now: Int64, makeID: @escaping () -> String, surroundings: Surroundings = Surroundings(),
        sealing: Sealing
    ) {
        self.projectKind = projectKind
        self.now = now
        self.makeID = makeID
        self.surroundings = surroundings
        self.sealing = sealing
    }
}
