import Catalog
import Store

/// Decides who may call what (manage spec §3.2, §3.6), for every operation alike: no operation checks it again.
struct Gate: Sendable {
    let store: Store

    /// What the caller may do where the call goes. Throws 404 for what the caller may not know of, and 403 for what is
    /// known to them and not theirs to do.
    func admit(_ call: Call, project: String?) async throws -> Rights {
        let permission = call.operation.permission
        switch permission {
        case .none, .run: return .nobody
        case .person:
            guard call.caller.account != nil || call.caller.authority == .everything else {
                throw Problem.unauthorized("Sign in first")
            }
            return .nobody
        case .member, .own, .admin, .view, .use, .edit: break
        }
        let tenant = call.tenant
        if let own = call.caller.tenant, own != tenant { throw refusal(of: project) }
        let rights: Rights
        switch call.caller.authority {
        case .everything: return .owner
        case .person(let account): rights = try await store.rights(of: account, tenant: tenant, project: project)
        case .operations(let names):
            guard names.contains(call.operation.id) else { throw Problem.unauthorized("Invalid Token") }
            guard project == nil || project == call.caller.project else {
                throw Problem(.forbidden, "The key is of another project")
            }
            return Rights(organization: .member, project: .member)
        case .none: rights = .nobody
        }
        if rights.organization == nil { throw refusal(of: project) }
        // Who may make projects is told what there is; to others a project that they do not see is none.
        if project != nil, !rights.seesProject { throw Problem.notFound("Project") }
        if permission == .own, call.path["userId"] != call.caller.account, !rights.isAdministrator {
            throw Problem(.forbidden, "Only administrators may see what belongs to somebody else")
        }
        guard rights.may(permission) else { throw Self.forbidden(call, rights) }
        return rights
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
