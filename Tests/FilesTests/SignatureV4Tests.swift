import Testing

@testable import Files

/// The examples of the Amazon S3 API Reference: "Signature Calculations for the Authorization Header: Transferring
/// Payload in a Single Chunk", and "Authenticating Requests: Using Query Parameters".
@Suite struct SignatureV4Tests {
    private static let signer = SignatureV4(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        region: "us-east-1", service: "s3")
    /// 2013-05-24T00:00:00Z.
    private static let moment = SignatureV4.Moment(1_369_353_600_000)
    private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private static func headers(_ digest: String, _ more: [(String, String)] = []) -> [(name: String, value: String)] {
        ([("Host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", digest)] + more
            + [("x-amz-date", "20130524T000000Z")]).map { (name: $0.0, value: $0.1) }
    }

    private static func signature(_ request: SignatureV4.Request) -> String {
        String(signer.authorization(request, at: moment).split(separator: "Signature=").last ?? "")
    }

    @Test func `the examples of requests have the published signatures`() {
        let get = SignatureV4.Request(
            method: "GET", path: "/test.txt", headers: Self.headers(Self.empty, [("Range", "bytes=0-9")]),
            bodyDigest: Self.empty)
        #expect(
            Self.signer.authorization(get, at: Self.moment)
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        let digest = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
        let put = SignatureV4.Request(
            method: "PUT", path: "/test%24file.text",
            headers: Self.headers(
                digest, [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")]),
            bodyDigest: digest)
        #expect(Self.signature(put) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
        let lifecycle = SignatureV4.Request(
            method: "GET", path: "/", query: [("lifecycle", "")], headers: Self.headers(Self.empty),
            bodyDigest: Self.empty)
        #expect(Self.signature(lifecycle) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        let list = SignatureV4.Request(
            method: "GET", path: "/", query: [("prefix", "J"), ("max-keys", "2")], headers: Self.headers(Self.empty),
            bodyDigest: Self.empty)
        #expect(Self.signature(list) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test func `the example of an address has the published signature`() {
        let request = SignatureV4.Request(
            method: "GET", path: "/test.txt", headers: [("host", "examplebucket.s3.amazonaws.com")],
            bodyDigest: "UNSIGNED-PAYLOAD")
        #expect(
            Self.signer.presigned(request, seconds: 86_400, at: Self.moment)
                == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }
}
