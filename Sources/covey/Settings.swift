import Access
import Catalog
import FoundationEssentials
import HTTP
import Logging
import Outbound
import Runtime

/// How a server is to be run: flags first, then Covey's environment names, then those of the original that are read as
/// aliases (DESIGN.md, "Environment names").
struct Settings: Sendable {
    /// What the command line says; nil where it says nothing.
    struct Flags: Sendable {
        var host: String?
        var port: Int?
        var database: String?
        var data: String?
        var dev = false
        var scripts: String?
        var logLevel: String?
        var publicURL: String?
    }

    let address: HTTPServer.Address
    let dataFolder: String
    let databaseURL: String
    let isDevelopment: Bool
    let scriptsFolder: String
    /// Whether somebody asked for that folder; the default one need not be there.
    let isScriptsFolderNamed: Bool
    let logLevel: Logger.Level
    /// Whether each line of the log is a JSON object.
    let logsJSON: Bool
    /// What opens `/metrics`; nil for this machine alone.
    let metricsToken: String?
    /// How traces are handed to a collector; nil where there is none.
    let traces: TraceExport?
    let publicURL: String?
    let manageBypassSecret: String?
    let runBypassSecret: String?
    /// The keys that seal secrets, as they stand in the environment; nil when they do not.
    let secretKey: String?
    /// The file in which they stand; nil for the one in the data folder.
    let secretKeyFile: String?
    /// What recognises those who run agents.
    let runners: RunnerConfiguration
    /// How people get in.
    let people: PeopleSettings
    /// The first owner, made at the first start; nil when nobody is named.
    let admin: (email: String, password: String)?
    /// Where the files of messages are kept.
    let files: FileStorage
    let limits: ServerLimits
    /// How many requests there may be.
    let rateLimits: RateLimits
    /// The proxies that are believed about the addresses of clients.
    let proxies: TrustedProxies
    /// The files of the certificate; nil where connections are not encrypted.
    let certificates: Certificates.Files?
    /// The whole environment, for what other parts read of it by name.
    let environment: [String: String]

    /// Characters of the shortest secret that is taken.
    static let secretLengthMin = 16

    init(_ flags: Flags, environment: [String: String]) throws(BadSetting) {
        func value(_ names: String...) -> (name: String, value: String)? {
            for name in names { if let value = environment[name], !value.isEmpty { return (name, value) } }
            return nil
        }
        func secret(_ names: String...) throws(BadSetting) -> String? {
            for name in names {
                guard let value = environment[name], !value.isEmpty else { continue }
                guard value.utf8.count >= Self.secretLengthMin else {
                    throw BadSetting(
                        name: name, value: "…", expected: "at least \(Self.secretLengthMin) characters long")
                }
                return value
            }
            return nil
        }
        self.environment = environment
        let host = flags.host ?? value("COVEY_HOST")?.value ?? "127.0.0.1"
        address = HTTPServer.Address(host: host, port: try Self.port(flags.port, value("COVEY_PORT")))
        dataFolder = flags.data ?? value("COVEY_DATA")?.value ?? ".covey"
        databaseURL =
            flags.database ?? value("COVEY_DATABASE_URL", "INKEEP_AGENTS_RUN_DATABASE_URL")?.value
            ?? "sqlite:\(dataFolder)/covey.db"
        isDevelopment = flags.dev ? true : try Self.flag(value("COVEY_DEV"))
        guard !isDevelopment || Self.isLoopback(host) else {
            throw BadSetting(
                name: "--host", value: host,
                expected: "127.0.0.1, ::1 or localhost together with --dev, which lets everybody in")
        }
        let scripts = flags.scripts ?? value("COVEY_SCRIPTS")?.value
        scriptsFolder = scripts ?? "\(dataFolder)/scripts"
        isScriptsFolderNamed = scripts != nil
        logLevel = try Self.level(flags.logLevel.map { ("--log-level", $0) } ?? value("COVEY_LOG_LEVEL", "LOG_LEVEL"))
        logsJSON = try Self.logsJSON(value("COVEY_LOG_FORMAT"))
        metricsToken = try secret("COVEY_METRICS_TOKEN")
        traces = try TraceExport(environment: environment)
        publicURL = flags.publicURL ?? value("COVEY_PUBLIC_URL", "INKEEP_AGENTS_API_URL")?.value
        secretKey = value("COVEY_SECRET_KEY")?.value
        secretKeyFile = value("COVEY_SECRET_KEY_FILE")?.value
        manageBypassSecret = try secret("COVEY_MANAGE_BYPASS_SECRET", "INKEEP_AGENTS_MANAGE_API_BYPASS_SECRET")
        runBypassSecret = try secret("COVEY_RUN_BYPASS_SECRET", "INKEEP_AGENTS_RUN_API_BYPASS_SECRET")
        runners = try Self.runners(environment)
        people = try Self.people(environment, secret: try secret("COVEY_AUTH_SECRET", "BETTER_AUTH_SECRET"))
        admin = try Self.admin(
            value("COVEY_ADMIN_EMAIL", "INKEEP_AGENTS_MANAGE_UI_USERNAME")?.value,
            value("COVEY_ADMIN_PASSWORD", "INKEEP_AGENTS_MANAGE_UI_PASSWORD")?.value)
        files = try Self.files(environment, dataFolder: dataFolder)
        limits = try ServerLimits(environment: environment)
        rateLimits = try Self.rateLimits(environment)
        certificates = try Self.certificates(value("COVEY_TLS_CERTIFICATE"), value("COVEY_TLS_KEY"))
        proxies = TrustedProxies(try Self.ranges("COVEY_TRUSTED_PROXIES", environment))
    }

    /// Whether only this machine can reach an address.
    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.split(separator: ".").count == 4)
    }

    private static func certificates(
        _ chain: (name: String, value: String)?, _ key: (name: String, value: String)?
    ) throws(BadSetting) -> Certificates.Files? {
        switch (chain, key) {
        case (nil, nil): return nil
        case (let chain?, let key?): return Certificates.Files(chain: chain.value, key: key.value)
        case (let chain?, nil):
            throw BadSetting(name: chain.name, value: chain.value, expected: "set together with COVEY_TLS_KEY")
        case (nil, let key?):
            throw BadSetting(name: key.name, value: key.value, expected: "set together with COVEY_TLS_CERTIFICATE")
        }
    }

    private static func rateLimits(_ environment: [String: String]) throws(BadSetting) -> RateLimits {
        var limits = RateLimits()
        let places: [(String, String, WritableKeyPath<RateLimits, RateLimit?>)] = [
            ("COVEY_RATE_SIGN_IN", "sign-in", \.signIn), ("COVEY_RATE_REFUSED", "refused", \.refused),
            ("COVEY_RATE_PERSON", "person", \.person), ("COVEY_RATE_VISITOR", "visitor", \.visitor),
            ("COVEY_RATE_APP", "app", \.app), ("COVEY_RATE_KEY", "key", \.key),
        ]
        for (variable, name, place) in places {
            guard let text = environment[variable], !text.isEmpty else { continue }
            guard let parsed = RateLimit.parse(text, name) else {
                throw BadSetting(name: variable, value: text, expected: "requests and seconds, as 120/60, or off")
            }
            limits[keyPath: place] = parsed.limit
        }
        return limits
    }

    private static func ranges(_ variable: String, _ environment: [String: String]) throws(BadSetting) -> [IPRange] {
        var ranges: [IPRange] = []
        for text in (environment[variable] ?? "").split(separator: ",") {
            let text = String(text).trimmed
            guard let range = IPRange(text) else {
                throw BadSetting(
                    name: variable, value: text, expected: "addresses and ranges such as 10.0.0.0/8")
            }
            ranges.append(range)
        }
        return ranges
    }

    private static func port(_ flag: Int?, _ variable: (name: String, value: String)?) throws(BadSetting) -> Int {
        let expected = "a port from 0 to 65535"
        if let flag {
            guard (0...65_535).contains(flag) else {
                throw BadSetting(name: "--port", value: String(flag), expected: expected)
            }
            return flag
        }
        guard let variable else { return 3002 }
        guard let port = Int(variable.value), (0...65_535).contains(port) else {
            throw BadSetting(name: variable.name, value: variable.value, expected: expected)
        }
        return port
    }

    static func flag(_ variable: (name: String, value: String)?) throws(BadSetting) -> Bool {
        guard let variable else { return false }
        switch variable.value.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw BadSetting(name: variable.name, value: variable.value, expected: "true or false")
        }
    }

    private static func level(_ named: (name: String, value: String)?) throws(BadSetting) -> Logger.Level {
        guard let named else { return .notice }
        guard let level = Logger.Level(rawValue: named.value.lowercased()) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadSetting(name: named.name, value: named.value, expected: "one of \(levels)")
        }
        return level
    }

    private static func logsJSON(_ named: (name: String, value: String)?) throws(BadSetting) -> Bool {
        switch named?.value.lowercased() {
        case nil, "text": return false
        case "json": return true
        case let other?: throw BadSetting(name: named?.name ?? "", value: other, expected: "text or json")
        }
    }

    /// What is said at the start when one of the operator's secrets is not set; nil when all is set.
    var missingSecrets: String? {
        guard !isDevelopment else { return nil }
        let missing = [
            manageBypassSecret == nil ? "COVEY_MANAGE_BYPASS_SECRET (only people manage)" : nil,
            runBypassSecret == nil ? "COVEY_RUN_BYPASS_SECRET (only keys and apps run agents)" : nil,
        ].compactMap(\.self)
        return missing.isEmpty ? nil : "Not set: \(missing.joined(separator: ", "))."
    }
}
