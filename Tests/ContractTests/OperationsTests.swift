import Catalog
import Foundation
import Testing

/// The served document against the contract's list of operations.
struct OperationsTests {
    /// One line of `contract/operations.txt`.
    private struct Promised: Hashable {
        let tier: String
        let method: String
        let path: String
        let id: String

        var name: String { "\(method) \(path)" }
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "contract")

    private static func lines(_ file: String) throws -> [String] {
        try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }

    private static func promised() throws -> [Promised] {
        try lines("operations.txt").map { line in
            let words = line.split(separator: " ").map(String.init)
            try #require(words.count == 4, "\(line)")
            return Promised(tier: words[0], method: words[1], path: words[2], id: words[3])
        }
    }

    @Test func `nothing beyond the contract can be taken for an operation of it`() throws {
        let promised = try Self.promised()
        for addition in try Self.lines("additions.txt") {
            let words = addition.split(separator: " ").map(String.init)
            try #require(words.count == 2, "\(addition)")
            for operation in promised where operation.method == words[0] && Self.meet(operation.path, words[1]) {
                Issue.record("a path may be both \(addition) and \(operation.name): choose another")
            }
        }
    }

    /// Whether there is a path that both templates match.
    private static func meet(_ one: String, _ other: String) -> Bool {
        let (left, right) = (one.split(separator: "/"), other.split(separator: "/"))
        return left.count == right.count
            && zip(left, right).allSatisfy { $0 == $1 || $0.hasPrefix("{") || $1.hasPrefix("{") }
    }

    @Test(.timeLimit(.minutes(1)))
    func `what is served is what was promised, but for the gaps, which only shrink`() async throws {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        let document = try await server.client.call("GET", "/openapi.json").body
        var served: [String: String] = [:]
        for (path, item) in document["paths"]?.object ?? [:] {
            for (method, operation) in item.object ?? [:] {
                served["\(method.uppercased()) \(path)"] = operation["operationId"]?.string ?? ""
            }
        }
        #expect(served.count > 60)
        let gaps = try Set(Self.lines("gaps.txt"))
        let additions = try Set(Self.lines("additions.txt"))
        let promised = try Self.promised()
        for operation in promised {
            let id = served[operation.name]
            if id == nil, !gaps.contains(operation.name) {
                Issue.record("\(operation.name) is promised and not served: serve it (gaps.txt may not grow)")
            }
            if id != nil, gaps.contains(operation.name) {
                Issue.record("\(operation.name) is served now: take its line out of contract/gaps.txt")
            }
            if let id, operation.id != "-" { #expect(id == operation.id, "\(operation.name) has another operationId") }
        }
        let names = Set(promised.map(\.name))
        for name in served.keys where !names.contains(name) && !additions.contains(name) {
            Issue.record("\(name) is not of the contract: name it in contract/additions.txt, or take it away")
        }
        #expect(server.stop() == 0)
    }
}
