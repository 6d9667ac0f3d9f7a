import Catalog
import Store

extension AccessTransaction {
    /// Makes a member something else. Throws 409 when they are the last owner and would be one no more. The
    /// organisation must be locked.
    func setRole(_ role: OrganizationRole, of member: inout OrganizationMember) throws {
        if member.role == role { return }
        if member.role == .owner { try requireAnotherOwner(of: member.tenant) }
        member.role = role
        try update(member)
        // What administrators may do in every project makes a role in one of them superfluous.
        if role.isAdministrator { try removeProjectRoles(of: member.account, tenant: member.tenant) }
    }

    /// Throws 409 when a tenant has but one owner, who is about to go.
    func requireAnotherOwner(of tenant: String) throws {
        guard try ownersCount(of: tenant) > 1 else {
            throw Problem.refused(
                .conflict, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER",
                "The last owner of an organization can neither be removed nor be made something else")
        }
    }
}
