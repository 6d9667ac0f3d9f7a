import Catalog
import Cryptography
import MCP

/// What has to be known when somebody comes back from the server of a tool: the data of a ticket.
struct ToolSignInWay: Sendable {
    let branch: BranchKey
    let tool: String
    /// Whose credential it becomes; nil for the project's.
    let user: String?
    /// Who went.
    let author: String
    /// The digest of the secret in their browser.
    let browser: String
    let issuer: String
    let namesItself: Bool
    let tokenEndpoint: String
    let resource: String
    let client: AuthorizationClient
    private var sealedSecret: String?

    init(
        branch: BranchKey, tool: String, user: String?, author: String, browser: String, server: AuthorizationServer,
        client: AuthorizationClient
    ) {
        self.branch = branch
        self.tool = tool
        self.user = user
        self.author = author
        self.browser = browser
        issuer = server.issuer
        namesItself = server.namesItself
        tokenEndpoint = server.tokenEndpoint
        resource = server.resource
        self.client = client
    }

    private var sealingContext: [String] { branch.sealingContext + ["tool-sign-in", tool] }

    /// Seals the client's secret, so that it can be stored.
    mutating func seal(by keyring: Keyring) {
        sealedSecret = client.secret.map { keyring.seal($0, in: sealingContext) }
    }

    /// What is stored.
    var json: JSONValue {
        var json: JSONObject = [
            "tenant": .string(branch.tenant), "project": .string(branch.project), "branch": .string(branch.branch),
            "tool": .string(tool), "author": .string(author), "browser": .string(browser), "issuer": .string(issuer),
            "namesItself": .bool(namesItself), "tokenEndpoint": .string(tokenEndpoint), "resource": .string(resource),
            "client": .string(client.id), "secretInBody": .bool(client.sendsSecretInBody),
        ]
        json["user"] = user.map(JSONValue.string)
        json["secret"] = sealedSecret.map(JSONValue.string)
        return .object(json)
    }

    /// What was stored; nil when it is none, or the keys do not open it.
    init?(_ json: JSONValue, _ keyring: Keyring) {
        func text(_ name: String) -> String { json[name]?.string ?? "" }
        branch = BranchKey(tenant: text("tenant"), project: text("project"), branch: text("branch"))
        (tool, user, author, browser) = (text("tool"), json["user"]?.string, text("author"), text("browser"))
        (issuer, namesItself) = (text("issuer"), json["namesItself"]?.bool == true)
        (tokenEndpoint, resource) = (text("tokenEndpoint"), text("resource"))
        var secret: String?
        if let sealed = json["secret"]?.string {
            let context = branch.sealingContext + ["tool-sign-in", tool]
            guard let opened = try? keyring.open(sealed, in: context) else { return nil }
            secret = opened
        }
        client = AuthorizationClient(
            id: text("client"), secret: secret, sendsSecretInBody: json["secretInBody"]?.bool == true)
    }
}
