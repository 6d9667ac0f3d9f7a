import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Runtime
import Synchronization

/// The certificate with which the server proves who it is, and its key: files that are read again when they change, so
/// that a renewed certificate needs no restart.
public final class Certificates: Sendable {
    /// Where certificate and key are, in PEM.
    public struct Files: Sendable, Equatable {
        /// The certificate, with those between it and the authority behind it.
        public let chain: String
        /// The private key, which nobody else can read.
        public let key: String

        /// Files from their paths.
        public init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    /// How often the files are looked at.
    static let look: Duration = .seconds(10)

    private let files: Files
    /// What new connections are made with, and the files that it was made of.
    private let state: Mutex<(context: NIOSSLContext, bytes: [[UInt8]])>

    /// The certificate of these files.
    ///
    /// - Throws: when they cannot be read, or do not belong together.
    public init(_ files: Files) throws {
        self.files = files
        let bytes = try Self.read(files)
        state = Mutex((try Self.context(bytes), bytes))
    }

    private static func read(_ files: Files) throws -> [[UInt8]] {
        try [files.chain, files.key].map { try [UInt8](Data(contentsOf: URL(filePath: $0))) }
    }

    private static func context(_ bytes: [[UInt8]]) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(bytes[0]).map(NIOSSLCertificateSource.certificate)
        let key = try NIOSSLPrivateKey(bytes: bytes[1], format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }

    /// What new connections are made with.
    var context: NIOSSLContext { state.withLock(\.context) }

    /// Reads the files again if they have changed. Files that do not belong together, as when one is replaced before
    /// the other, leave what there is.
    ///
    /// - Returns: whether there is a new certificate.
    /// - Throws: what is wrong with the files.
    @discardableResult public func renew() throws -> Bool {
        let bytes = try Self.read(files)
        guard state.withLock({ $0.bytes != bytes }) else { return false }
        let context = try Self.context(bytes)
        state.withLock { $0 = (context, bytes) }
        return true
    }

    /// Looks at the files again and again, until it is cancelled.
    func watch(_ clock: RuntimeClock, _ logger: Logger) async {
        while (try? await clock.pause(for: Self.look)) != nil {
            do {
                if try renew() { logger.notice("the certificate was renewed") }
            } catch {
                logger.error("the certificate could not be renewed, the one before stays: \(error)")
            }
        }
    }
}

/// A connection that is encrypted, with the certificate of the moment in which it was opened.
struct EncryptedChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let certificates: Certificates

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            let handler = NIOSSLServerHandler(context: certificates.context)
            try channel.pipeline.syncOperations.addHandler(handler)
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
