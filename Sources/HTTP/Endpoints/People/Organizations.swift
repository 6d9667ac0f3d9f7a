import Access
import Catalog
import Store

/// Organisations as tenants, over the wire (manage spec §3.3, §3.5).
extension PeopleEndpoints {
    /// The member, or parameter, that names a tenant.
    static let tenantName = "organizationId"
    private static let membersDefault = 100

    var organizations: [Endpoint] {
        [
            make(.get, "/organization/get-full-organization", .member, tenant: Self.tenantName) { [people] call in
                let limit = call.query["membersLimit"].flatMap { Int($0) } ?? Self.membersDefault
                let full = try await people.fullOrganization(call.tenant, membersLimit: limit)
                var shown = PeopleShapes.organization(full.organization)
                shown["members"] = .array(full.members.map { PeopleShapes.member($0.member, $0.account) })
                // Who has an invitation's id can accept it under its address.
                let invitations = call.rights.isAdministrator ? full.invitations : []
                shown["invitations"] = .array(invitations.map { PeopleShapes.invitation($0) })
                return .json(.object(shown))
            },
            make(.get, "/organization/list", .person) { [people] call in
                let theirs = try await people.organizations(of: try call.person.account.id)
                return .json(.array(theirs.map { .object(PeopleShapes.organization($0.organization)) }))
            },
            make(.post, "/organization/set-active", .member, tenant: Self.tenantName, takesBody: true) {
                [people] call in
                let tenant = call.body[Self.tenantName]?.isNull == true ? nil : call.tenant
                let organization = try await people.setActive(tenant, for: try call.person)
                return .json(organization.map { .object(PeopleShapes.organization($0)) } ?? .null)
            },
            make(.post, "/organization/update", .admin, tenant: Self.tenantName, takesBody: true) { [people] call in
                let change = try Self.change(call.body["data"] ?? [:])
                let organization = try await people.updateOrganization(
                    call.tenant, change, by: call.administrator, call.visitor)
                return .json(.object(PeopleShapes.organization(organization)))
            },
            make(.get, "/organization/get-active-member", .member, tenant: Self.tenantName) { [people] call in
                let (member, account) = try await people.member(try call.person.account.id, of: call.tenant)
                return .json(PeopleShapes.member(member, account))
            },
        ] + members + invitations
    }

    /// The settings that clients of organisations write (manage spec §3.5).
    private static let settings = ["preferredAuthMethod", "allowedAuthMethods", "serviceAccountUserId"]

    private static func change(_ data: JSONValue) throws(Problem) -> People.OrganizationChange {
        var members = try BodyMembers(data)
        var change = People.OrganizationChange()
        change.name = members.optionalText("name", 1...256)
        change.logo = members.optionalText("logo", 0...4000)
        change.metadata = members.present("metadata")
        for name in settings {
            guard let value = data[name] else { continue }
            if !value.isNull, value.string.map({ $0.utf8.count > 20_000 }) ?? true {
                members.fail("must be a text of at most 20,000 bytes, or null", at: name)
            }
            change.settings[name] = value
        }
        if change.metadata?.jsonBytes.count ?? 0 > 20_000 {
            members.fail("must have at most 20,000 bytes", at: "metadata")
        }
        try members.finish()
        return change
    }

    private var members: [Endpoint] {
        [
            make(.post, "/organization/update-member-role", .admin, tenant: Self.tenantName, takesBody: true) {
                [people] call in
                var members = try call.members()
                let (id, role) = (members.text("memberId"), members.word("role", OrganizationRole.self))
                try members.finish()
                guard let role else { throw Problem.invalid([.init(["role"], "Required")]) }
                let (member, account) = try await people.updateRole(
                    role, ofMember: id, of: call.tenant, by: call.administrator, call.visitor)
                return .json(PeopleShapes.member(member, account))
            },
            make(.post, "/organization/remove-member", .admin, tenant: Self.tenantName, takesBody: true) {
                [people, sealing] call in
                var members = try call.members()
                let name = members.text("memberIdOrEmail")
                try members.finish()
                let (member, account) = try await people.removeMember(
                    name, of: call.tenant, by: call.administrator, sealing: sealing, call.visitor)
                return .json(["member": PeopleShapes.member(member, account)])
            },
        ]
    }

    private var invitations: [Endpoint] {
        [
            make(.post, "/organization/invite-member", .admin, tenant: Self.tenantName, takesBody: true) {
                [people] call in
                var members = try call.members()
                let (email, role) = (members.text("email", 1...320), members.word("role", OrganizationRole.self))
                try members.finish()
                guard let role else { throw Problem.invalid([.init(["role"], "Required")]) }
                let invitation = try await people.invite(
                    email, to: call.tenant, People.InvitationWish(role: role), by: call.administrator, call.visitor)
                return .json(PeopleShapes.invitation(invitation))
            },
            make(.get, "/organization/list-invitations", .admin, tenant: Self.tenantName) { [people] call in
                .json(.array(try await people.invitations(of: call.tenant).map { PeopleShapes.invitation($0) }))
            },
            make(.post, "/organization/cancel-invitation", .admin, tenant: Self.tenantName, takesBody: true) {
                [people] call in
                let invitation = try await people.cancelInvitation(
                    try Self.invitationID(call), of: call.tenant, by: call.administrator, call.visitor)
                return .json(PeopleShapes.invitation(invitation))
            },
            make(.get, "/organization/get-invitation", .person) { [people] call in
                let (invitation, organization) = try await people.invitation(
                    call.query["id"] ?? "", of: try call.person)
                return .json(PeopleShapes.invitation(invitation, of: organization))
            },
            make(.post, "/organization/accept-invitation", .person, takesBody: true) { [people] call in
                let (invitation, member) = try await people.acceptInvitation(
                    try Self.invitationID(call), by: try call.person, call.visitor)
                return .json([
                    "invitation": PeopleShapes.invitation(invitation),
                    "member": PeopleShapes.member(member, try call.person.account),
                ])
            },
            make(.post, "/organization/reject-invitation", .person, takesBody: true) { [people] call in
                let invitation = try await people.rejectInvitation(
                    try Self.invitationID(call), by: try call.person, call.visitor)
                return .json(["invitation": PeopleShapes.invitation(invitation), "member": .null])
            },
            page("/accept-invitation/{id}", FormPage.invitation),
        ]
    }

    private static func invitationID(_ call: Call) throws(Problem) -> String {
        var members = try call.members()
        let id = members.text("invitationId")
        try members.finish()
        return id
    }
}

extension Call {
    /// Who administers the tenant of the call, as the gate has admitted them.
    var administrator: People.Actor {
        People.Actor(name: caller.actor, means: caller.means, isOwner: rights.organization == .owner)
    }
}

extension PeopleShapes {
    static func organization(_ organization: Organization) -> JSONObject {
        var shown: JSONObject = [
            "id": .string(organization.id), "name": .string(organization.name), "slug": .string(organization.id),
            "logo": text(organization.logo), "metadata": organization.metadata,
            "createdAt": .string(Timestamp.text(organization.createdAt)),
        ]
        for name in ["preferredAuthMethod", "allowedAuthMethods", "serviceAccountUserId"] {
            shown[name] = organization.settings[name] ?? .null
        }
        return shown
    }

    static func member(_ member: OrganizationMember, _ account: Account) -> JSONValue {
        [
            "id": .string(member.id), "organizationId": .string(member.tenant), "userId": .string(member.account),
            "role": .string(member.role.rawValue), "createdAt": .string(Timestamp.text(member.createdAt)),
            "user": [
                "id": .string(account.id), "name": .string(account.name), "email": .string(account.email),
                "image": text(account.image),
            ],
        ]
    }

    static func invitation(_ invitation: Invitation, of organization: Organization? = nil) -> JSONValue {
        var shown: JSONObject = [
            "id": .string(invitation.id), "organizationId": .string(invitation.tenant),
            "email": .string(invitation.email), "role": .string(invitation.role.rawValue),
            "status": .string(invitation.status.rawValue), "inviterId": .string(invitation.inviter),
            "authMethod": text(invitation.method), "createdAt": .string(Timestamp.text(invitation.createdAt)),
            "expiresAt": .string(Timestamp.text(invitation.expiresAt)),
        ]
        if let organization {
            shown["organizationName"] = .string(organization.name)
            shown["organizationSlug"] = .string(organization.id)
        }
        return .object(shown)
    }
}

extension FormPage {
    /// Where somebody who was invited makes their account, or signs in, and becomes a member.
    static let invitation = FormPage(
        title: "Join an organization",
        body: """
            <p id="what">Looking up the invitation …</p><form id="join" hidden>\
            \(fields(("name", "Name", "text", "name"), ("password", "Password", "password", "new-password")))\
            \(rules)<button>Make an account and join</button></form><form id="login" hidden>\
            \(fields(("known", "Password", "password", "current-password")))<button>Sign in and join</button></form>\
            <div id="accept" hidden><button id="yes">Join</button><button id="no">Decline</button></div>
            """,
        script: """
            const invitationId = location.pathname.split('/').pop();
            const email = given.get('email') || '';
            const show = id => { for (const one of ['join', 'login', 'accept']) at(one).hidden = one !== id; };
            const accept = async () => {
              await send('/api/auth/organization/accept-invitation', { invitationId });
              show('');
              say('Done: you are a member now.');
            };
            form('join', async values => {
              await send('/api/auth/sign-up/email', { ...values, email, invitationId });
              await accept();
            });
            form('login', async values => {
              await send('/api/auth/sign-in/email', { email, password: values.known });
              await accept();
            });
            at('yes').addEventListener('click', () => accept().catch(error => say(error.message)));
            at('no').addEventListener('click', () => send('/api/auth/organization/reject-invitation', { invitationId })
              .then(() => { show(''); say('Declined.'); }, error => say(error.message)));
            (async () => {
              const query = new URLSearchParams({ id: invitationId, email });
              const found = await send('/manage/api/invitations/verify?' + query);
              if (!found.valid) { at('what').textContent = 'There is no such invitation, or it has expired.'; return; }
              at('what').textContent = found.email + ' is invited to ' + found.organizationName + ' as ' + found.role;
              const session = await send('/api/auth/get-session');
              const isOwn = session && session.user.email.toLowerCase() === email.toLowerCase();
              show(isOwn ? 'accept' : found.userExists ? 'login' : 'join');
            })().catch(error => say(error.message));

            """)
}
