import Files
import Outbound
import Synchronization
import Testing

/// Files that are fetched from an address (run spec §20).
@Suite struct RemoteFilesTests {
    /// A web of a few addresses: their status, headers and bytes.
    private final class Web: Sendable {
        typealias Page = (status: Int, headers: HTTPHeaders, bytes: [UInt8])
        private let pages: Mutex<[String: [Page]]>
        let asked = Mutex<[String]>([])

        init(_ pages: [String: [Page]]) { self.pages = Mutex(pages) }

        var files: RemoteFiles {
            .live(
                HTTPClient { request throws(OutboundError) in
                    self.asked.withLock { $0.append(request.url) }
                    let page = self.pages.withLock { pages -> Page? in
                        guard let first = pages[request.url]?.first else { return nil }
                        if pages[request.url]?.count ?? 0 > 1 { pages[request.url]?.removeFirst() }
                        return first
                    }
                    guard let page else { throw .cannotResolve(host: request.url) }
                    let left = Mutex([page.bytes])
                    return HTTPResponse(
                        status: page.status, headers: page.headers,
                        body: HTTPBody { () throws(OutboundError) in left.withLock { $0.popLast() } })
                }
            ) { _ in }
        }

        func refusal(_ address: String, _ kind: FileKind = .image) async -> String? {
            do {
                _ = try await files.fetch(address, kind)
                return nil
            } catch {
                return error.description
            }
        }
    }

    private static let png = FileKindTests.png

    @Test func `a picture is fetched, also behind redirects, and is what its bytes are`() async throws {
        let web = Web([
            "https://a.example/1": [(302, ["location": "/2"], [])],
            "https://a.example/2": [(301, ["location": "https://b.example:443/3"], [])],
            "https://b.example:443/3": [(200, ["content-type": "application/octet-stream"], Self.png)],
            "https://a.example/x.jpg": [(200, ["content-type": "image/jpeg"], Self.png)],
            "https://a.example/x.html": [(200, ["content-type": "text/html"], Array("<html>".utf8))],
        ])
        let content = try await web.files.fetch("https://a.example/1", .image)
        #expect(content.bytes == Self.png && content.type.mediaType == "image/png")
        #expect(
            await web.refusal("https://a.example/x.jpg")
                == "The file's server says that it is image/jpeg, and its bytes are image/png")
        #expect(
            await web.refusal("https://a.example/x.html") == "The file at its address is no PNG, JPEG or WebP image")
        #expect(await web.refusal("https://a.example/x.html", .pdf) == "The file at its address is no PDF")
    }

    @Test(arguments: [
        ("ftp://a.example/1", "http or https"), ("file:///etc/passwd", "http or https"), ("/x", "http or https"),
        ("https://ann:pw@a.example/1", "user name"), ("https://ann@a.example/1", "user name"),
        ("http://a.example:8080/1", "port 80 or 443"), ("https://a.example:22/", "port 80 or 443"),
    ]) func `addresses of other forms are not asked, named or redirected to`(
        _ address: String, _ reason: String
    ) async {
        let web = Web(["https://a.example/go": [(302, ["location": address], [])]])
        if address != "/x" {
            #expect(await web.refusal("https://a.example/go")?.contains(reason) == true)
            #expect(web.asked.withLock { $0 } == ["https://a.example/go"])
        }
        #expect(await web.refusal(address)?.contains(reason) == true)
    }

    @Test func `a redirect too many is one`() async {
        let web = Web(["https://a.example/": [(302, ["location": "https://a.example/"], [])]])
        #expect(await web.refusal("https://a.example/")?.contains("redirects more than 3 times") == true)
        #expect(web.asked.withLock(\.count) == 4)
    }

    @Test func `what may pass is tried three times, and what will not once`() async throws {
        let good = Web(["https://a.example/": [(503, [:], []), (429, [:], []), (200, [:], Self.png)]])
        #expect(try await good.files.fetch("https://a.example/", .image).bytes == Self.png)
        let bad = Web(["https://a.example/": [(503, [:], [])]])
        #expect(await bad.refusal("https://a.example/")?.contains("503") == true)
        #expect(bad.asked.withLock(\.count) == 3)
        let none = Web([:])
        #expect(await none.refusal("https://a.example/") == "The file could not be fetched from its address")
        #expect(none.asked.withLock(\.count) == 3)
        let gone = Web(["https://a.example/": [(404, [:], [])]])
        #expect(await gone.refusal("https://a.example/")?.contains("404") == true && gone.asked.withLock(\.count) == 1)
    }

    @Test func `what is larger than its kind may be is refused`() async {
        let large = Self.png + [UInt8](repeating: 0, count: FileKind.image.bytesMax)
        let web = Web(["https://a.example/": [(200, [:], large)]])
        #expect(
            await web.refusal("https://a.example/")
                == "The file at its address has more than \(FileKind.image.bytesMax) bytes")
    }

    @Test func `the inside of a network is not reached`() async {
        let files = RemoteFiles.live(.live(policy: .publicOnly)) { _ in }
        for address in ["http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "http://2130706433/"] {
            let refusal = await #expect(throws: FileRefusal.self) { try await files.fetch(address, .image) }
            #expect(refusal?.description == "The file's address is not one that files are fetched from", "\(address)")
        }
    }
}
