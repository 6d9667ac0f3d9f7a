import Access
import Catalog
import Cryptography
import HTTPTypes
import NIOCore

/// The few pages that the server itself has for people, for where there is no console. Each is whole in itself: no
/// other host is asked for anything, and only the page's own script runs.
extension PeopleEndpoints {
    var pages: [Endpoint] {
        [
            page("/", FormPage.home), page("/setup", FormPage.setup), page("/reset-password", FormPage.reset),
        ]
    }

    func page(_ path: String, _ page: FormPage) -> Endpoint {
        let id = path == "/" ? "page-home" : "page" + path.replacing("/", with: "-")
        let operation = Operation(
            id, .get, path, tag: "Auth", summary: page.title, permission: .none,
            responses: [
                Operation.Response(200, "The page.", schema: ["type": "string"], mediaType: "text/html")
            ], errors: [], effect: .endpoint)
        let bytes = ByteBuffer(string: page.html)
        let policy = page.policy
        return Endpoint(operation: operation) { _ in
            var reply = Reply(status: 200, body: .bytes(bytes, mediaType: "text/html; charset=utf-8"))
            // What is in the page's address may open something: it goes nowhere.
            reply.headers = [
                (.contentSecurityPolicy, policy), (.referrerPolicy, "no-referrer"), (.cacheControl, "no-store"),
            ]
            return reply
        }
    }
}

/// A page with forms.
struct FormPage: Sendable {
    let title: String
    /// What is in the body, as markup.
    let body: String
    /// What the page does. `send(path, members)` sends a body and answers what came; `say(text)` tells the reader;
    /// `form(id, action)` calls the action with the form's values.
    let script: String

    /// What the page may load and run (Content Security Policy Level 3): its own style and script.
    var policy: String {
        "default-src 'none'; connect-src 'self'; style-src '\(Self.source(Self.style))'; "
            + "script-src '\(Self.source(Self.common + script))'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'"
    }

    private static func source(_ text: String) -> String {
        "sha256-" + Base64.standard.text(SHA256.digest(Array(text.utf8)))
    }

    var html: String {
        """
        <!doctype html><html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1"><title>\(title) · Covey</title>
        <style>\(Self.style)</style></head><body><main><h1>\(title)</h1>\(body)<p id="said" role="status"></p></main>
        <script>\(Self.common)\(script)</script></body></html>

        """
    }

    private static let style = """
        :root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; margin: 10vh auto;
        max-width: 26rem; padding: 0 1rem; } h1 { font-size: 1.4rem; } label { display: block; margin: .8rem 0 .2rem; }
        input { font: inherit; width: 100%; padding: .5rem; box-sizing: border-box; }
        button { font: inherit; padding: .5rem 1rem; margin: 1rem .5rem 0 0; } .code { font: 600 1.6rem ui-monospace,
        monospace; letter-spacing: .15em; } [hidden] { display: none; } #said { white-space: pre-wrap; }
        """

    private static let common = """
        'use strict';
        const at = id => document.getElementById(id);
        const given = new URLSearchParams(location.search);
        const say = text => { at('said').textContent = text; };
        const send = async (path, members) => {
          const reply = await fetch(path, members === undefined ? {} : { method: 'POST',
            headers: { 'content-type': 'application/json' }, body: JSON.stringify(members) });
          const answer = await reply.json().catch(() => null);
          if (reply.ok) return answer;
          throw new Error(answer?.message || answer?.detail || 'The server answered ' + reply.status);
        };
        const form = (id, action) => at(id).addEventListener('submit', async event => {
          event.preventDefault();
          say('');
          try { await action(Object.fromEntries(new FormData(event.target))); } catch (error) { say(error.message); }
        });

        """

    /// Input fields, by name: what is typed in and what it is called.
    static func fields(_ fields: (name: String, label: String, type: String, autocomplete: String)...) -> String {
        fields.map { field in
            """
            <label for="\(field.name)">\(field.label)</label><input id="\(field.name)" name="\(field.name)" \
            type="\(field.type)" autocomplete="\(field.autocomplete)" required>
            """
        }.joined()
    }

    /// What a password must be, for who types one in.
    static let rules = """
        <p>At least \(PasswordRules.length.lowerBound) characters, with a lower-case and an upper-case letter, a digit \
        and a special character.</p>
        """

    /// By which somebody who has an account signs in.
    static let signInFields = fields(
        ("email", "E-mail address", "email", "username"), ("password", "Password", "password", "current-password"))

    /// Where people come who open the server's address, or have signed in elsewhere and are sent back.
    static let home = FormPage(
        title: "Covey",
        body: """
            <div id="in" hidden><p>You are signed in as <strong id="who"></strong>.</p>\
            <button id="out">Sign out</button></div>\
            <form id="login" hidden>\(signInFields)<button>Sign in</button></form>\
            <p><a href="/docs">The API, described</a></p>
            """,
        script: """
            const go = async () => {
              const session = await send('/api/auth/get-session');
              at('who').textContent = session?.user.email ?? '';
              at('in').hidden = !session;
              at('login').hidden = !!session;
            };
            form('login', async values => { await send('/api/auth/sign-in/email', values); await go(); });
            at('out').addEventListener('click', async () => {
              try { await send('/api/auth/sign-out', {}); await go(); } catch (error) { say(error.message); }
            });
            go().catch(error => say(error.message));

            """)

    static let setup = FormPage(
        title: "Set up Covey",
        body: """
            <p>Make the account of the first owner.</p><form id="form">\
            \(fields(
                ("name", "Name", "text", "name"), ("email", "E-mail address", "email", "username"),
                ("password", "Password", "password", "new-password")))\(rules)<button>Make the account</button></form>
            """,
        script: """
            form('form', async values => {
              await send('/api/auth/setup', { ...values, token: given.get('token') });
              at('form').hidden = true;
              say('Done: you are signed in. The command line signs in with: covey login');
            });

            """)

    static let reset = FormPage(
        title: "Set a password",
        body: """
            <form id="form">\(fields(("newPassword", "New password", "password", "new-password")))\(rules)\
            <button>Set the password</button></form>
            """,
        script: """
            form('form', async values => {
              await send('/api/auth/reset-password', { ...values, token: given.get('token') });
              at('form').hidden = true;
              say('Done. Sign in with the new password.');
            });

            """)
}
