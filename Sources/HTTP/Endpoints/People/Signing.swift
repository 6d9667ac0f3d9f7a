import Access
import Catalog
import HTTPTypes
import Store

extension PeopleEndpoints {
    /// Signing up, in and out.
    var signing: [Endpoint] {
        [
            make(.post, "/sign-up/email", takesBody: true) { [people] call in
                var members = try call.members()
                let callback = members.optionalText("callbackURL", 0...2000)
                let invitation = members.optionalText("invitationId") ?? callback.flatMap(Self.invitation)
                let wish = NewAccount(
                    email: members.text("email", 1...320), name: members.text("name", 1...256),
                    password: members.text("password", 1...1000), invitation: invitation)
                try members.finish()
                return try await PeopleShapes.signedIn(try await people.signUp(wish, call.visitor), people)
            },
            make(.post, "/sign-in/email", takesBody: true) { [people] call in
                var members = try call.members()
                let (email, password) = (members.text("email", 1...320), members.text("password", 1...1000))
                let remembering = members.flag("rememberMe") ?? true
                try members.finish()
                let person = try await people.signIn(email: email, password: password, call.visitor)
                return try await PeopleShapes.signedIn(
                    person, people, remembering: remembering, ["redirect": false])
            },
            make(.post, "/sign-out") { [people] call in
                // Who is signed in no more has what they wanted.
                if let person = try await people.person(call.sessionCredentials) {
                    try await people.signOut(person, call.visitor)
                }
                var reply = Reply.json(PeopleShapes.success)
                reply.headers.append((.setCookie, people.clearingCookie))
                return reply
            },
        ]
    }

    /// The invitation that the address of the console's page for it names: `…/accept-invitation/ID?email=…`.
    static func invitation(in address: String) -> String? {
        guard let mark = address.firstRange(of: "/accept-invitation/") else { return nil }
        let id = address[mark.upperBound...].prefix { !"/?#&".contains($0) }
        return id.isEmpty ? nil : String(id)
    }

    /// Who is signed in, and where else.
    var sessions: [Endpoint] {
        [
            make(.get, "/get-session") { [people] call in
                guard let person = try await people.person(call.sessionCredentials) else { return .json(.null) }
                var reply = Reply.json([
                    "session": PeopleShapes.session(person.session, token: person.token),
                    "user": PeopleShapes.user(person.account),
                ])
                // Moves the end of the cookie with that of the session.
                if call.headers[.authorization] == nil, call.headers[.cookie]?.contains(people.cookieName) == true {
                    reply.headers.append((.setCookie, try await people.cookie(for: person)))
                }
                return reply
            },
            make(.get, "/list-sessions", .person) { [people] call in
                let person = try call.person
                let sessions = try await people.sessions(of: person)
                return .json(
                    .array(
                        sessions.map { session in
                            let isOwn = session.digest == person.session.digest
                            return PeopleShapes.session(session, token: isOwn ? person.token : session.id)
                        }))
            },
            make(.post, "/revoke-session", .person, takesBody: true) { [people] call in
                var members = try call.members()
                let token = members.text("token")
                try members.finish()
                try await people.revokeSession(token, of: try call.person, call.visitor)
                return .json(PeopleShapes.status)
            },
            make(.post, "/revoke-sessions", .person) { [people] call in
                try await people.revokeSessions(of: try call.person, butThisOne: false, call.visitor)
                return .json(PeopleShapes.status)
            },
            make(.post, "/revoke-other-sessions", .person) { [people] call in
                try await people.revokeSessions(of: try call.person, butThisOne: true, call.visitor)
                return .json(PeopleShapes.status)
            },
        ]
    }

    /// Passwords, changed and set anew.
    var passwords: [Endpoint] {
        [
            make(.post, "/change-password", .person, takesBody: true) { [people] call in
                var members = try call.members()
                let (old, new) = (members.text("currentPassword"), members.text("newPassword"))
                let others = members.flag("revokeOtherSessions") ?? false
                try members.finish()
                let account = try await people.changePassword(
                    of: try call.person, from: old, to: new, endingOthers: others, call.visitor)
                return .json(["token": .null, "user": PeopleShapes.user(account)])
            },
            make(.post, "/request-password-reset", takesBody: true) { [people] call in
                var members = try call.members()
                let email = members.text("email", 1...320)
                _ = members.optionalText("redirectTo", 0...2000)
                try members.finish()
                try await people.requestPasswordReset(email: email, call.visitor)
                return .json(PeopleShapes.status)
            },
            make(.post, "/reset-password", takesBody: true) { [people] call in
                var members = try call.members()
                let new = members.text("newPassword")
                let token = members.optionalText("token") ?? call.query["token"] ?? ""
                try members.finish()
                try await people.resetPassword(by: token, to: new, call.visitor)
                return .json(PeopleShapes.status)
            },
        ]
    }

    /// The first owner makes their account.
    var setup: [Endpoint] {
        [
            make(.post, "/setup", takesBody: true) { [people] call in
                var members = try call.members()
                let token = members.text("token")
                let wish = NewAccount(
                    email: members.text("email", 1...320), name: members.text("name", 1...256),
                    password: members.text("password"))
                try members.finish()
                return try await PeopleShapes.signedIn(try await people.setUp(wish, by: token, call.visitor), people)
            }
        ]
    }
}
