import Catalog
import Cryptography

/// Signs requests as the services of AWS and those that speak like S3 check them: Signature Version 4, as published in
/// the Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
struct SignatureV4: Sendable {
    let accessKeyID: String
    let secretAccessKey: String
    let region: String
    let service: String

    /// A request as far as it is signed.
    struct Request {
        let method: String
        /// The path with its segments escaped.
        let path: String
        /// Names and values of the query, not escaped.
        var query: [(String, String)] = []
        /// Header fields, `host` among them.
        var headers: [(name: String, value: String)]
        /// The SHA-256 of the body in hexadecimal, or `UNSIGNED-PAYLOAD`.
        let bodyDigest: String
    }

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// A time of signing, which requests carry in this form: `20130524T000000Z`.
    struct Moment {
        let text: String
        /// `20130524`.
        var day: Substring { text.prefix(8) }

        /// - Parameter milliseconds: since 1970.
        init(_ milliseconds: Int64) {
            text = String(Timestamp.text(milliseconds).prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
        }
    }

    /// The value of the `Authorization` header of a request.
    func authorization(_ request: Request, at moment: Moment) -> String {
        "\(Self.algorithm) Credential=\(accessKeyID)/\(scope(moment)),SignedHeaders=\(Self.signedHeaders(request)),"
            + "Signature=\(signature(request, moment))"
    }

    /// The query that lets whoever has it make a request for so many seconds, signature and all, escaped.
    func presigned(_ request: Request, seconds: Int, at moment: Moment) -> String {
        var request = request
        request.query += [
            ("X-Amz-Algorithm", Self.algorithm), ("X-Amz-Credential", "\(accessKeyID)/\(scope(moment))"),
            ("X-Amz-Date", moment.text), ("X-Amz-Expires", String(seconds)),
            ("X-Amz-SignedHeaders", Self.signedHeaders(request)),
        ]
        return Self.canonical(request.query) + "&X-Amz-Signature=" + signature(request, moment)
    }

    private func scope(_ moment: Moment) -> String { "\(moment.day)/\(region)/\(service)/aws4_request" }

    private func signature(_ request: Request, _ moment: Moment) -> String {
        let text = [
            Self.algorithm, moment.text, scope(moment), SHA256.hexadecimal(Self.canonical(request)),
        ].joined(separator: "\n")
        var key = Array("AWS4\(secretAccessKey)".utf8)
        for part in [String(moment.day), region, service, "aws4_request"] {
            key = HMAC.sha256(Array(part.utf8), key: key)
        }
        return Hexadecimal.text(HMAC.sha256(Array(text.utf8), key: key))
    }

    private static func fields(_ request: Request) -> [(name: String, value: String)] {
        request.headers.map { ($0.name.lowercased(), $0.value.trimmed) }.sorted { $0.0 < $1.0 }
    }

    private static func signedHeaders(_ request: Request) -> String {
        fields(request).map(\.name).joined(separator: ";")
    }

    private static func canonical(_ query: [(String, String)]) -> String {
        query.map { (PercentCoding.component($0.0), PercentCoding.component($0.1)) }.sorted { $0 < $1 }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    private static func canonical(_ request: Request) -> String {
        [
            request.method, request.path, canonical(request.query),
            fields(request).map { "\($0.name):\($0.value)\n" }.joined(), signedHeaders(request), request.bodyDigest,
        ].joined(separator: "\n")
    }
}
