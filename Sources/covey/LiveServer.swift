import Access
import Catalog
import Cryptography
import Files
import Foundation
import HTTP
import Logging
import Models
import NIOCore
import Outbound
import Runtime
import Store
import UnixSignals

/// Builds the live things and runs them as one.
struct LiveServer {
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    /// Serves until SIGTERM or SIGINT. Throws `StartFailure` when it cannot start.
    func run() async throws {
        Self.startLogging(settings.logLevel, asJSON: settings.logsJSON)
        let logger = Logger(label: "covey")
        // Files that are made later, the database's among them, are their owner's alone.
        umask(0o077)
        try DataFolder.prepare(settings.dataFolder)
        if settings.isScriptsFolderNamed { try DataFolder.checkScripts(settings.scriptsFolder) }
        let runtimeLimits = try RuntimeLimits(environment: settings.environment)
        let rules = try egressRules()
        let certificates = try certificates()
        let lock = try DatabaseLock.take(settings.databaseURL)
        defer { withExtendedLifetime(lock) {} }
        let store = try await Premises.openStore(settings)
        do {
            let keyring = try await Premises.keyring(settings, store)
            let setup = try await bootstrap(store, keyring)
            let client = HTTPClient.live(rules: rules)
            let application = Application(
                applicationSettings(runtimeLimits, certificates, rules, client), store: store, keyring: keyring,
                models: resolver(client),
                clock: .live, logger: logger, stoppingOn: [.sigterm, .sigint],
                files: files(logger), outbound: client,
                onListening: { announce(port: $0, setup) })
            try await application.run()
        } catch {
            await store.close()
            throw Self.startFailure(error, settings.address)
        }
        await store.close()
    }

    private static func startLogging(_ level: Logger.Level, asJSON: Bool) {
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler =
                asJSON
                ? JSONLogHandler(label: label, now: RuntimeClock.live.now, write: Printer.errorLine)
                : StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }

    private func applicationSettings(
        _ runtimeLimits: RuntimeLimits, _ certificates: Certificates?, _ rules: EgressRules, _ client: HTTPClient
    ) -> Application.Settings {
        var application = Application.Settings(
            address: settings.address,
            authentication: Authenticator.Configuration(
                manageBypassSecret: settings.manageBypassSecret, runBypassSecret: settings.runBypassSecret,
                isDevelopment: settings.isDevelopment, runners: settings.runners),
            limits: settings.limits, runtimeLimits: runtimeLimits, version: Version.text,
            publicURL: settings.publicURL)
        application.rateLimits = settings.rateLimits
        application.proxies = settings.proxies
        application.certificates = certificates
        application.people = settings.people
        application.metricsToken = settings.metricsToken
        // The collector is the operator's own choice, so nothing is refused.
        application.functions = functions(client)
        application.traces = settings.traces.map { ($0, HTTPClient.live(policy: .unrestricted)) }
        application.templateEnvironment = TemplateEnvironment(environment: settings.environment)
        application.refusalOfAddress = { rules.everybody.refusal(of: $0) }
        return application
    }

    /// Functions are run by this same binary.
    private func functions(_ client: HTTPClient) -> FunctionHome {
        let named = settings.environment["COVEY_FUNCTION_PACKAGES"] ?? ""
        let packages = named.isEmpty ? "\(settings.dataFolder)/functions" : named
        return FunctionHome(executable: "/proc/self/exe", packages: packages, http: client)
    }

    private func certificates() throws -> Certificates? {
        guard let files = settings.certificates else { return nil }
        do {
            return try Certificates(files)
        } catch {
            throw StartFailure(
                "The certificate \(files.chain) with the key \(files.key) cannot be used: \(error). Both must be PEM "
                    + "files that belong together and that this user can read.")
        }
    }

    private func egressRules() throws -> EgressRules {
        do throws(EgressRulesError) {
            var rules = try EgressRules(allow: settings.environment["COVEY_EGRESS_ALLOW"] ?? "")
            if settings.isDevelopment { rules.everybody.allowedRanges += EgressPolicy.development.allowedRanges }
            return rules
        } catch {
            throw StartFailure(
                "COVEY_EGRESS_ALLOW has what is no address, range or host: \(error.entries.joined(separator: ", ")). "
                    + "Entries for one project or tool look like tenant/project=host or tenant/project/tool=host.")
        }
    }

    /// What users attach to their messages. What they name is fetched from the public web alone, whatever the operator
    /// allows to tools: strangers name it. A bucket is where the operator says.
    private func files(_ logger: Logger) -> MessageFiles {
        let blobs: BlobStore =
            switch settings.files {
            case .folder(let path): .folder(path)
            case .bucket(let bucket):
                .s3(
                    bucket, http: .live(policy: .unrestricted), now: RuntimeClock.live.now,
                    pause: { try await RuntimeClock.live.pause(for: $0) })
            }
        let web = HTTPClient.live(policy: settings.isDevelopment ? .development : .publicOnly)
        let remote = RemoteFiles.live(web, ports: settings.isDevelopment ? nil : RemoteFiles.webPorts) {
            try await RuntimeClock.live.pause(for: $0)
        }
        return MessageFiles(blobs, remote: remote) { logger.error("\($0)") }
    }

    private func resolver(_ client: HTTPClient) -> ModelResolver {
        ModelResolver(
            client: client, environment: settings.environment,
            scripts: ScriptLibrary(folder: settings.scriptsFolder),
            clock: ModelClock(
                timestamp: { Timestamp.text(RuntimeClock.live.now()) }, sleep: RuntimeClock.live.sleep))
    }

    /// Makes the first owner as the environment says. Where nobody is yet and nobody is named, answers where the first
    /// owner makes their account, as a path with a query.
    private func bootstrap(_ store: Store, _ keyring: Keyring) async throws -> String? {
        let people = Application.people(settings.people, store: store, keyring: keyring, publicURL: "")
        guard let admin = settings.admin else { return settings.isDevelopment ? nil : try await people.makeSetupLink() }
        do {
            if try await people.bootstrap(email: admin.email, password: admin.password) {
                Printer.line("Made \(admin.email) the owner of tenant \(settings.people.tenant).")
            }
        } catch let problem as Problem {
            throw StartFailure(
                "The first owner cannot be made of COVEY_ADMIN_EMAIL and COVEY_ADMIN_PASSWORD: "
                    + "\(problem.detail).")
        }
        return nil
    }

    private func announce(port: Int, _ setup: String?) {
        let host = settings.address.host.contains(":") ? "[\(settings.address.host)]" : settings.address.host
        let mode = settings.isDevelopment ? ", for development: no credential is needed" : ""
        let scheme = settings.certificates == nil ? "http" : "https"
        Printer.line("Covey listens on \(scheme)://\(host):\(port)\(mode)")
        if let missing = settings.missingSecrets { Printer.line(missing) }
        if let setup {
            let address = settings.publicURL ?? "\(scheme)://\(host):\(port)"
            Printer.line("Nobody has an account yet. Within a day, make the first owner's at \(address)\(setup)")
        }
    }

    private static func startFailure(_ error: any Error, _ address: HTTPServer.Address) -> any Error {
        guard let failure = error as? IOError else { return error }
        switch failure.errnoCode {
        case EADDRINUSE:
            return StartFailure(
                "Port \(address.port) on \(address.host) is in use. "
                    + "Stop what listens there, or choose another with --port."
            )
        case EACCES:
            return StartFailure("This user may not listen on port \(address.port). Choose one above 1023 with --port.")
        case EADDRNOTAVAIL:
            return StartFailure("\(address.host) is not an address of this machine. Name another one with --host.")
        default: return StartFailure("Covey cannot listen on \(address.host):\(address.port): \(failure)")
        }
    }
}
