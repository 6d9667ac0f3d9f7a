public import Outbound

/// Fetches files that are given by an address (run spec §20): of the public web alone, bounded in size and time.
public struct RemoteFiles: Sendable {
    /// Fetches a picture or PDF. Throws `FileRefusal` in words for who named it.
    public let fetch: @Sendable (_ address: String, FileKind) async throws(FileRefusal) -> FileContent

    /// Fetches with a function.
    public init(fetch: @escaping @Sendable (_ address: String, FileKind) async throws(FileRefusal) -> FileContent) {
        self.fetch = fetch
    }

    /// The ports of the web.
    public static let webPorts: Set = [80, 443]

    /// Fetches nothing.
    public static let none = RemoteFiles { _, _ throws(FileRefusal) in
        throw FileRefusal("Files are not fetched from addresses here")
    }

    /// Fetches with a client, whose egress policy decides at every connection where it may go.
    ///
    /// - Parameters:
    ///   - ports: those that an address may name; nil for any.
    ///   - pause: waits before another try.
    public static func live(
        _ http: HTTPClient, ports: Set<Int>? = RemoteFiles.webPorts,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) -> RemoteFiles {
        let fetcher = FileFetcher(http: http, ports: ports, pause: pause)
        return RemoteFiles { address, kind throws(FileRefusal) in try await fetcher.fetch(address, kind) }
    }
}

private struct FileFetcher: Sendable {
    let http: HTTPClient
    let ports: Set<Int>?
    let pause: @Sendable (Duration) async throws -> Void

    private static let attempts = 3
    private static let redirectsMax = 3
    private static let time: Duration = .seconds(10)
    private static let addressBytesMax = 8192

    /// What one try came to.
    private enum Outcome {
        case file(FileContent)
        /// It may work the next time.
        case transient(FileRefusal)
    }

    func fetch(_ address: String, _ kind: FileKind) async throws(FileRefusal) -> FileContent {
        let clock = ContinuousClock()
        let deadline = clock.now + Self.time
        var attempt = 1
        while true {
            switch try await once(address, kind, until: deadline, clock) {
            case .file(let content): return content
            case .transient(let refusal):
                guard attempt < Self.attempts, clock.now < deadline,
                    (try? await pause(.milliseconds(200 << attempt))) != nil
                else { throw refusal }
                attempt += 1
            }
        }
    }

    private func once(
        _ address: String, _ kind: FileKind, until deadline: ContinuousClock.Instant, _ clock: ContinuousClock
    ) async throws(FileRefusal) -> Outcome {
        var address = address
        for _ in 0...Self.redirectsMax {
            try check(address)
            var request = HTTPRequest(
                url: address, headers: ["accept": kind == .pdf ? "application/pdf" : "image/*"],
                timeouts: HTTPTimeouts(
                    connect: .seconds(5), idle: Self.time,
                    total: max(clock.now.duration(to: deadline), .milliseconds(1))))
            // What is too large is cut off where it is, and told by its size.
            request.bodyBytesMax = kind.bytesMax + 1
            let response: HTTPResponse
            do throws(OutboundError) {
                response = try await http.send(request)
            } catch {
                return try Self.outcome(error, kind)
            }
            guard let next = Self.redirect(response, address) else { return try await Self.outcome(response, kind) }
            address = next
        }
        throw FileRefusal("The file's address redirects more than \(Self.redirectsMax) times")
    }

    /// Throws unless an address is one of the web, without a name and password of anybody, at a port of the web.
    private func check(_ address: String) throws(FileRefusal) {
        guard address.utf8.count <= Self.addressBytesMax, let place = WebAddress(address) else {
            throw FileRefusal("The file's address must be an http or https URL")
        }
        guard !place.hasUser else { throw FileRefusal("The file's address must not hold a user name or password") }
        if let ports, !ports.contains(place.port) {
            throw FileRefusal("The file's address must be at port 80 or 443")
        }
    }

    private static func redirect(_ response: HTTPResponse, _ address: String) -> String? {
        guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["location"] else {
            return nil
        }
        return WebAddress.resolve(location, at: address) ?? location
    }

    private static func outcome(_ error: OutboundError, _ kind: FileKind) throws(FileRefusal) -> Outcome {
        switch error {
        case .refusedByPolicy: throw FileRefusal("The file's address is not one that files are fetched from")
        case .invalidRequest: throw FileRefusal("The file's address must be an http or https URL")
        case .tooLarge: throw tooLarge(kind)
        case .timedOut(.total), .cancelled: throw FileRefusal("The file could not be fetched in time")
        default: return .transient(FileRefusal("The file could not be fetched from its address"))
        }
    }

    private static func outcome(_ response: HTTPResponse, _ kind: FileKind) async throws(FileRefusal) -> Outcome {
        guard response.status == 200 else {
            let refusal = FileRefusal("The file could not be fetched: its server answered \(response.status)")
            if response.status >= 500 || response.status == 429 || response.status == 408 { return .transient(refusal) }
            throw refusal
        }
        let bytes: [UInt8]
        do throws(OutboundError) {
            bytes = try await response.body.collect(bytesMax: kind.bytesMax)
        } catch {
            return try outcome(error, kind)
        }
        guard let shown = FileType.shown(by: bytes), shown.kind == kind else {
            throw FileRefusal("The file at its address is no \(kind == .pdf ? "PDF" : "PNG, JPEG or WebP image")")
        }
        // A server that does not know what it has says nothing, or that it is bytes.
        if let said = response.headers["content-type"], let declared = FileType(said), declared != shown {
            throw FileRefusal(
                "The file's server says that it is \(declared.mediaType), and its bytes are \(shown.mediaType)")
        }
        return .file(try FileContent(bytes, as: shown))
    }

    private static func tooLarge(_ kind: FileKind) -> FileRefusal {
        FileRefusal("The file at its address has more than \(kind.bytesMax) bytes")
    }
}
