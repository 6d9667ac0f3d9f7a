import Catalog
import Store

/// Decides who may call what (manage spec §3.2, §3.6), for every operation alike: no operation checks it again.
struct Gate: Sendable {
    let store: Store

    /// That a call is not let through.
    struct Refusal: Error {
        /// What the caller is told.
        let problem: Problem
        /// Whether the caller belongs to the tenant of the call.
        var isOfMember = false
    }

    /// What the caller may do where the call goes. Throws `Refusal`: 401 for whom it is not meant, 404 for what the
    /// caller may not know of, and 403 for what is known to them and not theirs to do. Else `StoreError`.
    func admit(_ call: Call, project: String?) async throws -> Rights {
        switch call.operation.permission {
        case .none, .run: return .nobody
        case .person:
            guard call.caller.account != nil || call.caller.authority == .everything else {
                throw Refusal(problem: .unauthorized("Sign in first"))
            }
            return .nobody
        case .operator, .member, .own, .admin, .view, .use, .edit: break
        }
        if let own = call.caller.tenant, own != call.tenant { throw Refusal(problem: refusal(of: project)) }
        switch call.caller.authority {
        case .everything: return .owner
        case .operations(let names):
            guard names.contains(call.operation.id) else { throw Refusal(problem: .unauthorized("Invalid Token")) }
            guard project == nil || project == call.caller.project else {
                throw Refusal(problem: Problem(.forbidden, "The key is of another project"), isOfMember: true)
            }
            return Rights(organization: .member, project: .member)
        case .person(let account):
            let rights = try await store.rights(of: account, tenant: call.tenant, project: project)
            if rights.organization == nil { throw Refusal(problem: refusal(of: project)) }
            if let problem = Self.refusal(of: call, project, rights) {
                throw Refusal(problem: problem, isOfMember: true)
            }
            return rights
        case .none: throw Refusal(problem: refusal(of: project))
        }
    }

    /// What a member of the tenant is told who may not make the call; nil when they may.
    private static func refusal(of call: Call, _ project: String?, _ rights: Rights) -> Problem? {
        let permission = call.operation.permission
        // Who may make projects is told what there is; to others a project that they do not see is none.
        if project != nil, !rights.seesProject { return .notFound("Project") }
        if permission == .own, call.path["userId"] != call.caller.account, !rights.isAdministrator {
            return Problem(.forbidden, "Only administrators may see what belongs to somebody else")
        }
        if permission == .operator { return Problem(.forbidden, "Only the operator of the server may do this") }
        return rights.may(permission) ? nil : forbidden(call, rights)
    }

    /// What a stranger to a tenant is told: nothing of its projects, and the same whether or not the tenant exists.
    private func refusal(of project: String?) -> Problem {
        project == nil ? Problem(.forbidden, "Access denied to this organization") : .notFound("Project")
    }

    /// The refusal of somebody who knows the thing, with what would be needed (manage spec §0.8).
    private static func forbidden(_ call: Call, _ rights: Rights) -> Problem {
        let needed = call.operation.permission.rawValue
        let resource = call.operation.permission == .admin ? "organization" : "project"
        return Problem(
            .forbidden, "You do not have permission to \(needed == "admin" ? "manage" : needed) this \(resource)",
            extras: [
                "permissions": [resource: [.string(needed)]],
                "context": [
                    "userId": .string(call.caller.actor), "organizationId": .string(call.tenant),
                    "currentRole": .string(rights.project?.rawValue ?? rights.organization?.rawValue ?? "none"),
                ],
            ])
    }
}

extension Operation {
    /// Whether only the body says in which tenant or project it is to work, so that the gate has to wait for it.
    var isPlacedByBody: Bool {
        guard request != nil else { return false }
        if tenantName != nil { return true }
        if case .body = project { return permission != .admin }
        return false
    }
}
