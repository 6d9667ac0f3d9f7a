import Access
import Catalog
import NIOCore
import Store

/// Device login over the wire (manage spec §3.10).
extension PeopleEndpoints {
    var devices: [Endpoint] {
        [deviceCode, deviceToken, device] + [("approve", true), ("deny", false)].map(decision)
            + [page("/device", FormPage.device)]
    }

    private var deviceCode: Endpoint {
        make(.post, "/device/code", takesBody: true, refuse: Self.oauthRefusal) { [people] call in
            var members = try call.members()
            let (client, scope) = (members.text("client_id", 1...200), members.optionalText("scope", 0...1000))
            try members.finish()
            let grant = try await people.beginDevice(client: client, scope: scope, call.visitor)
            let address = "\(people.linkURL)/device"
            return .json([
                "device_code": .string(grant.deviceCode), "user_code": .string(grant.code.userCode),
                "verification_uri": .string(address),
                "verification_uri_complete": .string("\(address)?user_code=\(grant.code.userCode)"),
                "expires_in": .integer((grant.code.expiresAt - grant.code.createdAt) / 1000),
                "interval": .integer(grant.code.intervalMs / 1000),
            ])
        }
    }

    private static let grantType = "urn:ietf:params:oauth:grant-type:device_code"

    private var deviceToken: Endpoint {
        make(.post, "/device/token", takesBody: true, refuse: Self.oauthRefusal) { [people] call in
            var members = try call.members()
            let (client, code) = (members.text("client_id", 1...200), members.text("device_code", 1...200))
            let grant = members.text("grant_type", 1...200)
            try members.finish()
            guard grant == Self.grantType else {
                throw Problem(
                    .badRequest, "The grant type must be \(Self.grantType)",
                    extras: ["reason": "unsupported_grant_type"])
            }
            let person = try await people.pollDevice(code, client: client, call.visitor)
            let seconds = (person.session.expiresAt - person.session.createdAt) / 1000
            return .json([
                "access_token": .string(person.token), "token_type": "Bearer", "expires_in": .integer(seconds),
                "scope": "",
            ])
        }
    }

    private var device: Endpoint {
        make(.get, "/device", refuse: Self.oauthRefusal) { [people] call in
            let code = try await people.device(userCode: call.query["user_code"] ?? "", call.visitor)
            return .json([
                "user_code": .string(code.userCode), "status": .string(code.status.rawValue),
                "client_id": .string(code.client),
            ])
        }
    }

    private func decision(_ word: String, _ isApproved: Bool) -> Endpoint {
        make(.post, "/device/\(word)", .person, takesBody: true, refuse: Self.oauthRefusal) { [people] call in
            var members = try call.members()
            let code = members.text("userCode", 1...100)
            try members.finish()
            try await people.decideDevice(
                userCode: code, isApproved: isApproved, by: try call.person, call.visitor)
            return .json(PeopleShapes.success)
        }
    }

    /// A refusal as clients of OAuth read it (RFC 6749 §5.2), with what those of the other routes read.
    private static func oauthRefusal(_ problem: Problem) -> Reply? {
        guard let reply = refusal(problem), case .bytes(let bytes, _) = reply.body,
            var body = (try? JSONValue(parsing: bytes.readableBytesView))?.object
        else { return nil }
        let fallback = problem.status == 401 ? "unauthorized" : "invalid_request"
        body["error"] = .string(problem.extras["reason"]?.string ?? fallback)
        body["error_description"] = body["message"]
        return .json(.object(body), status: reply.status)
    }
}

extension FormPage {
    /// Where a person confirms the code of a program, having signed in here if they were not.
    static let device = FormPage(
        title: "Sign in a program",
        body: """
            <form id="login" hidden><p>Sign in first.</p>\
            \(signInFields)<button>Sign in</button></form>\
            <form id="code" hidden>\(fields(("userCode", "The code that the program shows", "text", "off")))\
            <button>Go on</button></form>\
            <div id="ask" hidden><p>The program <strong id="client"></strong> wants to act as \
            <strong id="who"></strong>. Does it show this code?</p><p class="code" id="shown"></p>\
            <p>Approve only what you have just started yourself.</p>\
            <button id="approve">Approve</button><button id="deny">Deny</button></div>
            """,
        script: """
            let userCode = given.get('user_code');
            const show = id => { for (const one of ['login', 'code', 'ask']) at(one).hidden = one !== id; };
            const go = async () => {
              const session = await send('/api/auth/get-session');
              if (!session) return show('login');
              if (!userCode) return show('code');
              try {
                const device = await send('/api/auth/device?user_code=' + encodeURIComponent(userCode));
                if (device.status !== 'pending') throw new Error('The code was used already.');
                at('client').textContent = device.client_id;
                at('who').textContent = session.user.email;
                at('shown').textContent = device.user_code.slice(0, 4) + '-' + device.user_code.slice(4);
                show('ask');
              } catch (error) { show('code'); say(error.message); }
            };
            form('login', async values => { await send('/api/auth/sign-in/email', values); await go(); });
            form('code', async values => { userCode = values.userCode; await go(); });
            for (const word of ['approve', 'deny']) at(word).addEventListener('click', async () => {
              try {
                await send('/api/auth/device/' + word, { userCode });
                show('');
                say(word === 'approve' ? 'Done. Go back to the program.' : 'Denied.');
              } catch (error) { say(error.message); }
            });
            go().catch(error => say(error.message));

            """)
}
