import Catalog
import Testing

@Suite struct RightsTests {
    private typealias Row = (OrganizationRole?, ProjectRole?, may: Set<Operation.Permission>)

    /// Manage spec §3.6, role by role: what is not named is not allowed.
    private static let matrix: [Row] = [
        (nil, nil, [.none]), (nil, .admin, [.none]),
        (.owner, nil, [.none, .member, .own, .admin, .view, .use, .edit]),
        (.admin, nil, [.none, .member, .own, .admin, .view, .use, .edit]),
        (.admin, .viewer, [.none, .member, .own, .admin, .view, .use, .edit]),
        (.member, nil, [.none, .member, .own]),
        (.member, .viewer, [.none, .member, .own, .view]),
        (.member, .member, [.none, .member, .own, .view, .use]),
        (.member, .admin, [.none, .member, .own, .view, .use, .edit]),
    ]

    private static let permissions: [Operation.Permission] = [
        .none, .person, .member, .own, .admin, .operator, .view, .use, .edit, .run,
    ]

    @Test func `each role may do what the matrix says, and nothing else`() {
        for (organization, project, may) in Self.matrix {
            let rights = Rights(organization: organization, project: project)
            for permission in Self.permissions {
                #expect(rights.may(permission) == may.contains(permission), "\(rights) \(permission)")
            }
            #expect(rights.seesProject == may.contains(.view))
        }
    }
}
