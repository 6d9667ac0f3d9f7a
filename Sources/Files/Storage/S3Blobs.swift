import Catalog
import Cryptography
public import Outbound

/// A bucket of Amazon S3, or of a server that speaks like it.
public struct S3Bucket: Sendable, Hashable {
    /// The bucket's name.
    public var name: String
    /// Its region; servers that have none take `us-east-1`.
    public var region: String
    /// The id of the access key.
    public var accessKeyID: String
    /// The secret of the access key.
    public var secretAccessKey: String
    /// The server's address; nil for Amazon's.
    public var endpoint: String?
    /// Whether the bucket stands in the path, and not before the host.
    public var isInPath: Bool
    /// How long a signed address is good, seconds: 1–604,800.
    public var addressSeconds: Int

    /// A bucket from its parts.
    public init(
        name: String, region: String, accessKeyID: String, secretAccessKey: String, endpoint: String? = nil,
        isInPath: Bool = false, addressSeconds: Int = 7200
    ) {
        self.name = name
        self.region = region
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.endpoint = endpoint
        self.isInPath = isInPath
        self.addressSeconds = min(max(addressSeconds, 1), 604_800)
    }
}

extension BlobStore {
    /// Keeps bytes in a bucket.
    ///
    /// - Parameters:
    ///   - http: with what the bucket is reached.
    ///   - now: the time, milliseconds since 1970.
    ///   - pause: waits before another try.
    public static func s3(
        _ bucket: S3Bucket, http: HTTPClient, now: @escaping @Sendable () -> Int64,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) -> BlobStore {
        let client = S3Client(bucket: bucket, http: http, now: now, pause: pause)
        return BlobStore(
            put: { key, content throws(BlobFailure) in try await client.put(key, content) },
            get: { key throws(BlobFailure) in try await client.get(key) },
            address: { client.address($0, $1, at: $2) })
    }
}

/// One bucket over HTTP.
private struct S3Client: Sendable {
    let bucket: S3Bucket
    let http: HTTPClient
    let now: @Sendable () -> Int64
    let pause: @Sendable (Duration) async throws -> Void
    let place: (origin: String, host: String, root: String)

    /// How often a request is tried that fails by no fault of its own.
    private static let attempts = 3
    private static let unsigned = "UNSIGNED-PAYLOAD"

    init(
        bucket: S3Bucket, http: HTTPClient, now: @escaping @Sendable () -> Int64,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.bucket = bucket
        self.http = http
        self.now = now
        self.pause = pause
        let endpoint = bucket.endpoint ?? "https://s3.\(bucket.region).amazonaws.com"
        let parts = endpoint.split(separator: "/", omittingEmptySubsequences: true)
        let scheme = parts.count >= 2 ? String(parts[0]) : "https:"
        var host = parts.count >= 2 ? String(parts[1]) : endpoint
        // The port of the scheme is not sent, and so not signed.
        for (name, port) in [("http:", ":80"), ("https:", ":443")] where scheme == name && host.hasSuffix(port) {
            host.removeLast(port.count)
        }
        let shown = bucket.isInPath ? host : "\(bucket.name).\(host)"
        let folders = parts.dropFirst(2).map { "/\($0)" }.joined()
        place = (
            "\(scheme)//\(shown)", shown, folders + (bucket.isInPath ? "/\(PercentCoding.component(bucket.name))" : "")
        )
    }

    private var signer: SignatureV4 {
        SignatureV4(
            accessKeyID: bucket.accessKeyID, secretAccessKey: bucket.secretAccessKey, region: bucket.region,
            service: "s3")
    }

    /// A key holds escapes, which are escaped once more, as its own characters.
    private func path(_ key: BlobKey) -> String { "\(place.root)/\(PercentCoding.component(key.text, keeping: "/"))" }

    func put(_ key: BlobKey, _ content: FileContent) async throws(BlobFailure) {
        let response = try await send("PUT", key, content)
        guard (200..<300).contains(response.status) else { throw Self.failure("keep", response) }
    }

    func get(_ key: BlobKey) async throws(BlobFailure) -> [UInt8]? {
        let response = try await send("GET", key, nil)
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw Self.failure("give", response) }
        return response.body
    }

    func address(_ key: BlobKey, _ headers: BlobHeaders, at now: Int64) -> String? {
        let request = SignatureV4.Request(
            method: "GET", path: path(key),
            query: [
                ("response-content-type", headers.mediaType), ("response-content-disposition", headers.disposition),
            ], headers: [("host", place.host)], bodyDigest: Self.unsigned)
        let query = signer.presigned(request, seconds: bucket.addressSeconds, at: SignatureV4.Moment(now))
        return "\(place.origin)\(path(key))?\(query)"
    }

    private typealias Answer = (status: Int, body: [UInt8])

    private func send(_ method: String, _ key: BlobKey, _ content: FileContent?) async throws(BlobFailure) -> Answer {
        var attempt = 1
        while true {
            let failure: BlobFailure
            do throws(OutboundError) {
                let answer = try await once(method, key, content)
                guard answer.status >= 500 || answer.status == 429, attempt < Self.attempts else { return answer }
                failure = Self.failure("answer", answer)
            } catch {
                failure = BlobFailure("the bucket cannot be reached: \(error)")
            }
            guard attempt < Self.attempts, (try? await pause(.milliseconds(200 << attempt))) != nil else {
                throw failure
            }
            attempt += 1
        }
    }

    private func once(_ method: String, _ key: BlobKey, _ content: FileContent?) async throws(OutboundError) -> Answer {
        let digest = Hexadecimal.text(SHA256.digest(content?.bytes ?? []))
        let moment = SignatureV4.Moment(now())
        var headers: [(name: String, value: String)] = [
            ("host", place.host), ("x-amz-content-sha256", digest), ("x-amz-date", moment.text),
        ]
        if let content { headers.append(("content-type", content.type.mediaType)) }
        let signed = SignatureV4.Request(method: method, path: path(key), headers: headers, bodyDigest: digest)
        var request = HTTPRequest(
            method: method, url: place.origin + path(key), body: content?.bytes,
            timeouts: HTTPTimeouts(idle: .seconds(30), total: .seconds(60)))
        for field in headers where field.name != "host" { request.headers[field.name] = field.value }
        request.headers["authorization"] = signer.authorization(signed, at: moment)
        let response = try await http.send(request)
        return (response.status, try await response.body.collect())
    }

    /// What a bucket says of a refusal has the request in it, and so is not repeated but for its code.
    private static func failure(_ what: String, _ answer: Answer) -> BlobFailure {
        let text = String(decoding: answer.body.prefix(2000), as: UTF8.self)
        let code = text.firstMatch(of: #/<Code>([A-Za-z]{1,60})</Code>/#).map { " \($0.1)" } ?? ""
        return BlobFailure("the bucket does not \(what) a file: \(answer.status)\(code)")
    }
}
