import Catalog
import CoveyTesting
import Files
import Foundation
import Outbound
import Synchronization
import Testing

/// A bucket on a server that checks signatures.
@Suite struct S3BlobsTests {
    private static let missing = PythonProgram.missing("moto").map { Comment(rawValue: $0) }

    /// A server of S3 with a bucket `files`, in a process of its own.
    private struct Server {
        let program: PythonProgram
        let bucket: S3Bucket

        static func start() async throws -> Server {
            let program = try await PythonProgram.start("s3_server.py")
            guard let said = try? JSONValue(parsing: program.said), let port = said["port"]?.integer else {
                throw program.notStarted()
            }
            return Server(
                program: program,
                bucket: S3Bucket(
                    name: "files", region: "us-east-1", accessKeyID: said["id"]?.string ?? "",
                    secretAccessKey: said["secret"]?.string ?? "", endpoint: "http://127.0.0.1:\(port)",
                    isInPath: true))
        }
    }

    /// A time at which signatures are made: servers take them for a quarter of an hour.
    private static let now: @Sendable () -> Int64 = { Int64(time(nil)) * 1000 }

    private static func store(_ bucket: S3Bucket, _ http: HTTPClient = .live(policy: .development)) -> BlobStore {
        .s3(bucket, http: http, now: now, pause: { _ in })
    }

    @Test(.enabled(if: missing == nil, missing))
    func `what a bucket is given it gives back, to who has its keys`() async throws {
        let server = try await Server.start()
        let store = Self.store(server.bucket)
        let content = try BlobStoreTests.content()
        for conversation in ["c", "../ü %2F+&=?"] {
            let key = BlobStoreTests.key(content, in: conversation)
            #expect(try await store.get(key) == nil)
            for _ in 0..<2 { try await store.put(key, content) }
            #expect(try await store.get(key) == content.bytes, "\(conversation)")
        }
        var foreign = server.bucket
        foreign.secretAccessKey = "another"
        let failure = await #expect(throws: BlobFailure.self) {
            try await Self.store(foreign).put(BlobStoreTests.key(content), content)
        }
        #expect(failure?.description == "the bucket does not keep a file: 403 SignatureDoesNotMatch")
        var missing = server.bucket
        missing.name = "nowhere"
        await #expect(throws: BlobFailure.self) {
            try await Self.store(missing).put(BlobStoreTests.key(content), content)
        }
    }

    @Test func `an address is signed, and says how browsers take what is there`() throws {
        var bucket = S3Bucket(
            name: "files", region: "eu-central-1", accessKeyID: "AKIA", secretAccessKey: "secret",
            addressSeconds: 60)
        let content = try BlobStoreTests.content()
        let key = BlobStoreTests.key(content)
        let headers = BlobHeaders(mediaType: "image/png", disposition: "inline; filename*=UTF-8''a%20b.png")
        let address = try #require(Self.store(bucket).address(key, headers, 1_369_353_600_000))
        #expect(address.hasPrefix("https://files.s3.eu-central-1.amazonaws.com/\(key.text)?X-Amz-Algorithm="))
        #expect(address.contains("&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&"))
        #expect(
            address.contains(
                "&response-content-disposition=inline%3B%20filename%2A%3DUTF-8%27%27a%2520b.png"
                    + "&response-content-type=image%2Fpng&X-Amz-Signature="))
        bucket.endpoint = "http://store.example:9000/base"
        bucket.isInPath = true
        let own = try #require(Self.store(bucket).address(key, headers, 0))
        #expect(own.hasPrefix("http://store.example:9000/base/files/\(key.text)?"))
        bucket.endpoint = "https://store.example:443"
        #expect(Self.store(bucket).address(key, headers, 0)?.hasPrefix("https://store.example/files/v1/") == true)
    }

    @Test func `what fails by no fault of its own is tried three times`() async throws {
        let bucket = S3Bucket(name: "b", region: "r", accessKeyID: "i", secretAccessKey: "s")
        let content = try BlobStoreTests.content()
        for (statuses, requests, isKept) in [
            ([503, 500, 200], 3, true), ([503, 503, 503, 200], 3, false), ([403, 200], 1, false),
        ] {
            let left = Mutex(statuses)
            let client = HTTPClient { _ throws(OutboundError) in
                let status = left.withLock { $0.removeFirst() }
                return HTTPResponse(status: status, body: HTTPBody { () throws(OutboundError) in nil })
            }
            let outcome: Void? = try? await Self.store(bucket, client).put(BlobStoreTests.key(content), content)
            #expect((outcome != nil) == isKept && statuses.count - left.withLock(\.count) == requests, "\(statuses)")
        }
    }
}
