import ArgumentParser
import Foundation
import HTTP
import Logging
import Models
import NIOCore
import Outbound
import Runtime
import Store

/// `covey serve`: runs the server until it is told to stop.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Every flag has a twin in the environment, COVEY_HOST for --host and so on; a flag goes before it. Without \
            --dev, people sign in: the first one by the link that is printed while nobody has an account, or with \
            COVEY_ADMIN_EMAIL and COVEY_ADMIN_PASSWORD; others are invited, unless COVEY_SIGN_UP is open. Machines \
            need COVEY_MANAGE_BYPASS_SECRET or COVEY_RUN_BYPASS_SECRET as their bearer token.

            Stored secrets are sealed with the key in COVEY_SECRET_KEY (32 bytes in base64 or hexadecimal), or in the \
            file that COVEY_SECRET_KEY_FILE names, else in secret.key in the data folder, which is made at the first \
            start. Back it up with the database: without it the secrets cannot be read. Further keys after the first \
            are used to read alone.
            """)

    @Option(help: "Where to listen: an address or a host name. [COVEY_HOST] (default: 127.0.0.1)")
    var host: String?

    @Option(help: "The port; 0 for any that is free. [COVEY_PORT] (default: 3002)")
    var port: Int?

    @Option(help: "sqlite:PATH or postgres://…. [COVEY_DATABASE_URL] (default: covey.db in the data folder)")
    var database: String?

    @Option(help: "The folder for all that Covey keeps; made if it is not there. [COVEY_DATA] (default: .covey)")
    var data: String?

    @Flag(help: "Development: no credential needed, loopback only, outbound calls to loopback allowed. [COVEY_DEV]")
    var dev = false

    @Option(help: "The folder of scripts for scripted/… models. [COVEY_SCRIPTS] (default: scripts in the data folder)")
    var scripts: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. [COVEY_LOG_LEVEL] (default: notice)")
    var logLevel: String?

    @Option(help: "Covey's address as clients see it. [COVEY_PUBLIC_URL]")
    var publicURL: String?

    func run() async throws {
        do {
            let settings = try Settings(flags, environment: ProcessInfo.processInfo.environment)
            try await LiveServer(settings).run()
        } catch let failure as StartFailure {
            throw Failed(failure.description)
        } catch let setting as BadSetting {
            throw Failed(setting.description)
        }
    }

    private var flags: Settings.Flags {
        Settings.Flags(
            host: host, port: port, database: database, data: data, dev: dev, scripts: scripts, logLevel: logLevel,
            publicURL: publicURL)
    }
}

/// Why the server cannot start, and what to do.
struct StartFailure: Error, CustomStringConvertible {
    let description: String
    /// Whether it is that another process has the database.
    let isDatabaseTaken: Bool

    init(_ description: String, isDatabaseTaken: Bool = false) {
        self.description = description
        self.isDatabaseTaken = isDatabaseTaken
    }
}

/// What a command says when it cannot do what it was told.
struct Failed: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
