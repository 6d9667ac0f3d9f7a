public import Foundation

/// A certificate authority of a test's own, with certificates for `localhost`, made by the `openssl` command.
public final class TestAuthority: Sendable {
    /// Where the command is; nil when it is not installed.
    public static let openSSL = ["/usr/bin/openssl", "/usr/local/bin/openssl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// The folder of its files, gone with the authority.
    public let folder: URL
    /// The file of the authority's own certificate.
    public var certificate: String { folder.appending(path: "ca.pem").path }
    /// The file of the certificate for `localhost`.
    public var chain: String { folder.appending(path: "server.pem").path }
    /// The file of its key.
    public var key: String { folder.appending(path: "server.key").path }

    private static let newKey = [
        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    ]

    /// A new authority with a first certificate.
    public init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "covey-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try run(["req", "-x509"] + Self.newKey + ["-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem"])
        try issue()
    }

    /// Makes a new certificate and key in the place of the ones before. `number` is its serial number.
    public func issue(number: Int = 1) throws {
        try run(
            ["req", "-x509"] + Self.newKey + [
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-CA", "ca.pem", "-CAkey",
                "ca.key", "-keyout", "server.key", "-out", "server.pem", "-addext", "basicConstraints=CA:FALSE",
                "-set_serial", String(number),
            ])
    }

    /// The command did not do what it was told.
    public struct Failure: Error {
        /// What it was told.
        public let arguments: [String]
    }

    private func run(_ arguments: [String]) throws {
        guard let openSSL = Self.openSSL else { throw Failure(arguments: arguments) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: openSSL)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
