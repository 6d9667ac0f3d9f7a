import Access
import Catalog
import HTTPTypes
import Store

/// People, sessions and what they belong to, as clients of `/api/auth` read them (manage spec §3.3).
enum PeopleShapes {
    static func user(_ account: Account) -> JSONValue {
        [
            "id": .string(account.id), "name": .string(account.name), "email": .string(account.email),
            "emailVerified": .bool(account.isVerified), "image": text(account.image),
            "createdAt": .string(Timestamp.text(account.createdAt)),
            "updatedAt": .string(Timestamp.text(account.updatedAt)),
        ]
    }

    /// - Parameter token: what ends it: the token itself where it is the caller's own, else the id.
    static func session(_ session: AccountSession, token: String) -> JSONValue {
        [
            "id": .string(session.id), "userId": .string(session.account), "token": .string(token),
            "expiresAt": .string(Timestamp.text(session.expiresAt)),
            "createdAt": .string(Timestamp.text(session.createdAt)),
            "updatedAt": .string(Timestamp.text(session.updatedAt)), "ipAddress": text(session.address),
            "userAgent": text(session.agent), "activeOrganizationId": text(session.organization),
        ]
    }

    static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    /// The answer to who has just signed in, with the cookie that keeps them so.
    static func signedIn(
        _ person: SignedIn, _ people: People, remembering: Bool = true, _ members: JSONObject = [:]
    ) async throws -> Reply {
        var body = members
        body["token"] = .string(person.token)
        body["user"] = user(person.account)
        var reply = Reply.json(.object(body))
        reply.headers.append((.setCookie, try await people.cookie(for: person, remembering: remembering)))
        return reply
    }

    static let success: JSONValue = ["success": true]
    static let status: JSONValue = ["status": true]
}
