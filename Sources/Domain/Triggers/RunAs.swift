import Catalog

/// A trigger of either sort: it runs as users, and somebody made it (manage spec §2.18, §2.19).
protocol RunsAsUsers: Resource {
    /// The users as whom it runs, one run each; none for one run as nobody.
    var runAsUserIds: [String] { get set }
    /// The user that a body named alone; nil when it did not.
    var namedUser: String? { get set }
    /// Who made it.
    var createdBy: String? { get set }
    /// Whether it fires.
    var enabled: Bool { get set }
    /// Does what follows from its last user having gone.
    mutating func usersHaveGone()
}

extension RunsAsUsers {
    /// Users of one trigger at most.
    static var usersMax: Int { 100 }

    /// The one user as whom it runs; nil for nobody, and for several.
    var runAsUserId: String? {
        get { runAsUserIds.count == 1 ? runAsUserIds[0] : nil }
        set {
            namedUser = newValue
            runAsUserIds = newValue.map { [$0] } ?? []
        }
    }

    /// The members that say as whom it runs. Null beside a list says nothing, so that what is shown can be sent back.
    static func userFields(
        _ one: any WritableKeyPath<Self, String?> & Sendable, _ all: any WritableKeyPath<Self, [String]> & Sendable
    ) -> [Field<Self>] {
        [
            field("runAsUserId", one, .user, "The one user as whom it runs.", .alias),
            field("runAsUserIds", all, .users(countMax: usersMax), "The users as whom it runs, one run each."),
        ]
    }

    /// Notes what is broken about the users as a body names them.
    func checkUsers(_ decoding: inout Decoding) {
        if let namedUser, runAsUserIds != [namedUser] {
            decoding.fail("must not be given beside other runAsUserIds", at: "runAsUserId")
        }
    }

    /// Who may write it over `old`, and what follows (manage spec §2.18). Throws 403 and 400.
    mutating func settleUsers(over old: Self?, _ workspace: Workspace) throws {
        let caller = workspace.surroundings.caller
        if let old { try old.requireOwner(caller) } else { createdBy = caller.name }
        let added = runAsUserIds.filter { old?.runAsUserIds.contains($0) != true }
        guard added.allSatisfy({ $0 == caller.name }) || caller.isAdministrator else {
            throw Problem(.forbidden, "Only administrators may let a trigger run as somebody else")
        }
        for user in added where try !Membership.mayUse(user, workspace) {
            throw Problem.invalid([.init(["runAsUserIds"], "names \(user), who may not use this project")])
        }
        namedUser = nil
        if old?.runAsUserIds.isEmpty == false, runAsUserIds.isEmpty { usersHaveGone() }
    }

    /// Throws 403 unless the caller may change or delete it: administrators, who made it, and as whom alone it runs.
    func requireOwner(_ caller: Requester) throws(Problem) {
        if caller.isAdministrator || createdBy == caller.name || runAsUserIds == [caller.name] { return }
        throw Problem(.forbidden, "Only administrators and who made a trigger may change it")
    }
}

/// Who belongs to a tenant and its projects.
enum Membership {
    /// Whether a user belongs to the tenant and may use the project. Machines that may do everything, which set up
    /// tenants whose people are known elsewhere, are taken at their word.
    static func mayUse(_ user: String, _ workspace: Workspace) throws -> Bool {
        let caller = workspace.surroundings.caller
        if caller.account == nil, caller.isAdministrator { return true }
        return try workspace.members.rights(user).may(.use)
    }
}

extension FieldType where Value == String {
    /// The id of a person.
    static let user = FieldType.text(1...256).checked { name in
        Requester.isSystem(name) ? "must name a person, not the system or a key" : nil
    }
}

extension FieldType where Value == [String] {
    /// Ids of people, each once.
    static func users(countMax: Int) -> FieldType {
        let list = FieldType.list(of: .user, countMax: countMax)
        return FieldType(
            schema: list.schema, decode: { json, decoding in list.decode(json, &decoding)?.unique },
            encode: list.encode)
    }
}
