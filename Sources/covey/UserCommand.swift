import Access
import ArgumentParser
import Catalog
import Foundation
import HTTP
import Outbound
import Store

/// `covey user`: people, for who runs the server. It works on the database itself where no server has it; else, or when
/// --server names one, over the API with the server's secret.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Make people known to the server.",
        subcommands: [Create.self, List.self, Password.self])

    /// Where the people are.
    struct Place: ParsableArguments {
        @OptionGroup var options: DatabaseOptions
        @Option(help: "Address of a running server, whose COVEY_MANAGE_BYPASS_SECRET is in the environment.")
        var server: String?
        @Option(help: "The tenant. [COVEY_TENANT] (default: default)")
        var tenant: String?
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make somebody a member of a tenant.",
            discussion: "Without --password-stdin a link is printed by which they set their password.")

        @Option(help: "The e-mail address.") var email: String
        @Option(help: "The name.") var name: String?
        @Flag(help: "Make them an administrator.") var admin = false
        @Flag(help: "Make them an owner.") var owner = false
        @Flag(help: "Read the password from standard input.") var passwordStdin = false
        @OptionGroup var place: Place

        func run() async throws {
            let password = passwordStdin ? try UserCommand.readPassword() : nil
            let role: OrganizationRole = owner ? .owner : admin ? .admin : .member
            try await UserDesk.open(place) { desk in
                let said = try await desk.create(email: email, name: name, password: password, role: role)
                Printer.line(said)
                if password == nil { Printer.line(try await desk.link(for: email)) }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the people of a tenant.")

        @OptionGroup var place: Place

        func run() async throws {
            try await UserDesk.open(place) { desk in
                for line in try await desk.list() { Printer.line(line) }
            }
        }
    }

    struct Password: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a link by which somebody sets their password, or set it.")

        @Option(help: "The e-mail address.") var email: String
        @Flag(help: "Set the password that standard input has.") var passwordStdin = false
        @OptionGroup var place: Place

        func run() async throws {
            let password = passwordStdin ? try UserCommand.readPassword() : nil
            try await UserDesk.open(place) { desk in
                if let password {
                    Printer.line(try await desk.setPassword(of: email, to: password))
                } else {
                    Printer.line(try await desk.link(for: email))
                }
            }
        }
    }

    /// The first line of standard input. Throws `UserFailure` when there is none.
    static func readPassword() throws -> String {
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw UserFailure("Standard input has no password.")
        }
        return line
    }
}

/// Why a command about people gave up.
struct UserFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// People, in the database itself or behind a server.
struct UserDesk: Sendable {
    let tenant: String
    private let way: Way

    private enum Way: Sendable {
        case database(People)
        case server(address: String, secret: String, HTTPClient)
    }

    /// Runs `body` with the people of a place.
    static func open(_ place: UserCommand.Place, _ body: (UserDesk) async throws -> Void) async throws {
        do {
            let settings = try place.options.settings
            let tenant = place.tenant ?? settings.people.tenant
            if let server = place.server { return try await body(try remote(server, tenant, settings)) }
            umask(0o077)
            try DataFolder.prepare(settings.dataFolder)
            let (lock, isTaken) = try takeLock(settings)
            if isTaken {
                let address = settings.publicURL ?? "http://127.0.0.1:\(settings.address.port)"
                return try await body(try remote(address, tenant, settings))
            }
            try await atHome(settings, tenant, body)
            withExtendedLifetime(lock) {}
        } catch let problem as Problem {
            throw UserFailure(problem.detail)
        } catch let failure as StartFailure {
            throw UserFailure(failure.description)
        } catch let setting as BadSetting {
            throw UserFailure(setting.description)
        }
    }

    private static func takeLock(_ settings: Settings) throws -> (lock: DatabaseLock?, isTaken: Bool) {
        do {
            return (try DatabaseLock.take(settings.databaseURL), false)
        } catch {
            if error.isDatabaseTaken { return (nil, true) }
            throw error
        }
    }

    private static func atHome(
        _ settings: Settings, _ tenant: String, _ body: (UserDesk) async throws -> Void
    ) async throws {
        let store = try await Premises.openStore(settings)
        do {
            let url = settings.publicURL ?? "http://\(settings.address.host):\(settings.address.port)"
            let keyring = try await Premises.keyring(settings, store)
            let people = Application.people(settings.people, store: store, keyring: keyring, publicURL: url)
            try await body(UserDesk(tenant: tenant, way: .database(people)))
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private static func remote(_ address: String, _ tenant: String, _ settings: Settings) throws -> UserDesk {
        guard let secret = settings.manageBypassSecret else {
            throw UserFailure(
                "A server has the database. Set COVEY_MANAGE_BYPASS_SECRET to its secret to ask it, or stop it.")
        }
        let address = address.hasSuffix("/") ? String(address.dropLast()) : address
        return UserDesk(
            tenant: tenant, way: .server(address: address, secret: secret, .live(policy: .unrestricted)))
    }

    func create(email: String, name: String?, password: String?, role: OrganizationRole) async throws -> String {
        switch way {
        case .database(let people):
            let admitted = try await people.admit(email, name: name, password: password, to: tenant, as: role)
            return "\(admitted.account.email) is \(admitted.role.rawValue) of tenant \(tenant)."
        case .server:
            var body: JSONObject = ["email": .string(email), "role": .string(role.rawValue)]
            if let name { body["name"] = .string(name) }
            if let password { body["password"] = .string(password) }
            let user = try await call("POST", "/users", .object(body))["data"]
            return "\(user?["email"]?.string ?? email) is \(user?["role"]?.string ?? "") of tenant \(tenant)."
        }
    }

    func link(for email: String) async throws -> String {
        let url: String
        switch way {
        case .database(let people):
            url = try await people.passwordLink(for: email, of: tenant, by: nil, .operatorAtHome)
        case .server:
            let answer = try await call("POST", "/password-reset-links", ["email": .string(email)])
            url = answer["url"]?.string ?? ""
        }
        return "They set their password, within half an hour, at \(url)"
    }

    func list() async throws -> [String] {
        switch way {
        case .database(let people):
            return try await people.members(of: tenant).map { member, account in
                "\(account.email)  \(member.role.rawValue)  \(account.name)"
            }
        case .server:
            let users = try await call("GET", "/users", nil)["data"]?.array ?? []
            return users.map { user in
                ["email", "role", "name"].map { user[$0]?.string ?? "" }.joined(separator: "  ")
            }
        }
    }

    func setPassword(of email: String, to password: String) async throws -> String {
        switch way {
        case .database(let people): try await people.setPassword(of: email, to: password)
        case .server:
            let known = try await call("GET", "/users", nil)["data"]?.array ?? []
            guard known.contains(where: { $0["email"]?.string?.lowercased() == email.lowercased() }) else {
                throw UserFailure("User not found")
            }
            _ = try await call("POST", "/users", ["email": .string(email), "password": .string(password)])
        }
        return "The password is set, and \(email) is signed out everywhere."
    }

    private func call(_ method: String, _ path: String, _ body: JSONValue?) async throws -> JSONValue {
        guard case .server(let address, let secret, let http) = way else { return .null }
        var request = HTTPRequest(
            method: method, url: "\(address)/manage/tenants/\(PercentCoding.component(tenant))\(path)",
            headers: ["authorization": "Bearer \(secret)"], body: body?.jsonBytes)
        if body != nil { request.headers["content-type"] = "application/json" }
        do {
            let response = try await http.send(request)
            let bytes = try await response.body.collect()
            let answer = (try? JSONValue(parsing: bytes)) ?? .null
            guard (200..<300).contains(response.status) else {
                throw UserFailure(answer["detail"]?.string ?? "The server answered \(response.status).")
            }
            return answer
        } catch let error as OutboundError {
            throw UserFailure("\(address): \(error)")
        }
    }
}
