import CoveyTesting
import Cryptography
import Outbound
import Testing

/// The page that shows the API's document to people.
struct DocumentationPageTests {
    @Test(.timeLimit(.minutes(8))) func `the page is whole, and its policy lets nothing else run`() async throws {
        try await TestApp.run { app in
            let page = try await app.client.send("GET", "/docs")
            let policy = try #require(page.headers["content-security-policy"])
            #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
            for name in ["style", "script"] {
                let text = try #require(Self.inside(name, page.text))
                let digest = Base64.standard.text(SHA256.digest(Array(text.utf8)))
                #expect(policy.contains("\(name)-src 'sha256-\(digest)'"), "the browser would not run the \(name)")
            }
            for outside in ["src=", "http://", "https://", "@import", "innerHTML", "onclick"] {
                #expect(!page.text.contains(outside), "the page has \(outside)")
            }
        }
    }

    /// What is between the tags of the only element of that name.
    private static func inside(_ name: String, _ page: String) -> String? {
        let parts = page.components(between: "<\(name)>", "</\(name)>")
        return parts.count == 1 ? parts[0] : nil
    }
}

extension String {
    /// The texts that stand between two marks.
    fileprivate func components(between start: String, _ end: String) -> [String] {
        var found: [String] = []
        var rest = self[...]
        while let opening = rest.firstRange(of: start) {
            rest = rest[opening.upperBound...]
            guard let closing = rest.firstRange(of: end) else { break }
            found.append(String(rest[..<closing.lowerBound]))
            rest = rest[closing.upperBound...]
        }
        return found
    }
}
