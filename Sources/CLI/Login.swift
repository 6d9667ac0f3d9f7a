public import ArgumentParser
import Catalog
import Outbound

/// `covey login`: signs in by a browser (manage spec §3.10) and keeps the token.
public struct Login: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        abstract: "Sign in to a server with a browser.",
        discussion: "The token is kept in ~/.config/covey/credentials.json and used by all commands.")

    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Shows address and code, and waits until somebody has approved.
    public func run() async throws { try await run(in: .live) }

    /// The name of this program towards servers (manage spec §3.10).
    private static let client = "covey"

    func run(in world: World) async throws {
        let client = connection.client(for: .manage, world).anonymous
        let begun = try await client.call("POST", "/api/auth/device/code", body: ["client_id": .string(Self.client)])
        guard let code = begun.body["device_code"]?.string, let shown = begun.body["user_code"]?.string,
            let address = begun.body["verification_uri_complete"]?.string
        else { throw CommandFailure("The server's answer holds no device code.") }
        let grouped = shown.count == 8 ? "\(shown.prefix(4))-\(shown.suffix(4))" : shown
        world.printer.line("Open \(address)")
        world.printer.line("and approve the code \(grouped).")
        let interval = begun.body["interval"]?.integer ?? 5
        let token = try await poll(client, code, interval, world)
        let signedIn = client.with(key: token)
        let me = try await signedIn.call("GET", "/api/auth/get-session").body
        let email = me["user"]?["email"]?.string ?? ""
        try CredentialFile(world.environment).keep(token, for: client.address, email: email)
        world.printer.line("Signed in to \(client.address) as \(email).")
    }

    /// Asks until there is a token.
    private func poll(_ client: Client, _ code: String, _ interval: Int, _ world: World) async throws -> String {
        var interval = interval
        while true {
            try await world.pause(.seconds(interval))
            let response = try await client.send(
                "POST", "/api/auth/device/token",
                body: [
                    "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": .string(code),
                    "client_id": .string(Self.client),
                ])
            let answer = (try? JSONValue(parsing: try await response.body.collect())) ?? .null
            if let token = answer["access_token"]?.string { return token }
            switch answer["error"]?.string {
            case "authorization_pending": continue
            case "slow_down": interval += 5
            case "access_denied": throw CommandFailure("The request was denied.")
            case "expired_token": throw CommandFailure("The code has expired. Start again.")
            default: throw CommandFailure(answer["error_description"]?.string ?? "The server gives no token.")
            }
        }
    }
}

/// `covey logout`: ends the session and forgets the token.
public struct Logout: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(abstract: "Sign out of a server.")

    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Signs out.
    public func run() async throws { try await run(in: .live) }

    func run(in world: World) async throws {
        let client = connection.client(for: .manage, world).anonymous
        let file = CredentialFile(world.environment)
        guard let token = file.token(for: client.address) else {
            return world.printer.line("You are not signed in to \(client.address).")
        }
        // The token goes from here whether or not the server still takes it.
        let end = try? await client.with(key: token).call("POST", "/api/auth/sign-out")
        try file.keep(nil, for: client.address)
        world.printer.line(
            end == nil
                ? "The token is forgotten; \(client.address) could not be told, where it lives for a week at most."
                : "Signed out of \(client.address).")
    }
}

/// `covey whoami`: tells as whom commands act.
public struct WhoAmI: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Tell as whom commands act.")

    @OptionGroup var connection: Connection

    /// A command as given on the command line.
    public init() {}

    /// Asks the server.
    public func run() async throws { try await run(in: .live) }

    func run(in world: World) async throws {
        let client = connection.client(for: .manage, world)
        let me = try await client.call("GET", "/manage/api/cli/me").body
        let (user, organization) = (me["user"], me["organization"])
        let email = user?["email"]?.string ?? ""
        let name = email.isEmpty ? user?["id"]?.string ?? "" : email
        let (role, tenant) = (organization?["role"]?.string ?? "", organization?["id"]?.string ?? "")
        world.printer.line("\(name) at \(client.address), \(role) of \(tenant)")
    }
}

extension Client {
    /// The same server with another credential.
    func with(key: String?) -> Client { Client(http: http, address: address, tenant: tenant, key: key, ref: ref) }

    /// The same server without a credential.
    var anonymous: Client { with(key: nil) }
}
