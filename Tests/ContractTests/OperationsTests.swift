import Catalog
import Foundation
import Testing

/// The served document against the project's own list of the contract's operations.
struct OperationsTests {
    @Test func `nothing beyond the contract can be taken for an operation of it`() throws {
        let promised = try PromisedOperation.all()
        for addition in try ContractFile.lines("additions.txt") {
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

    @Test(.timeLimit(.minutes(8)))
    func `what is served is what was promised, but for the gaps, which only shrink`() async throws {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        let served = try await ServedOperation.all(server)
        #expect(served.count > 60)
        let gaps = try Set(ContractFile.lines("gaps.txt"))
        let additions = try Set(ContractFile.lines("additions.txt"))
        let promised = try PromisedOperation.all()
        for operation in promised {
            let isServed = served[operation.name] != nil
            if !isServed, !gaps.contains(operation.name) {
                Issue.record("\(operation.name) is promised and not served: serve it (gaps.txt may not grow)")
            }
            if isServed, gaps.contains(operation.name) {
                Issue.record("\(operation.name) is served now: take its line out of contract/gaps.txt")
            }
        }
        let names = Set(promised.map(\.name))
        for name in served.keys where !names.contains(name) && !additions.contains(name) {
            Issue.record("\(name) is not of the contract: name it in contract/additions.txt, or take it away")
        }
        #expect(server.stop() == 0)
    }

    @Test(.timeLimit(.minutes(8)))
    func `each operation has the name, permission and statuses that were promised`() async throws {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        let served = try await ServedOperation.all(server)
        let allowed = try ContractFile.differences()
        for operation in try PromisedOperation.all() {
            guard let found = served[operation.name] else { continue }
            let name = operation.id ?? operation.method + operation.path
            func expect(_ holds: Bool, _ place: String, _ kind: String, _ words: String) {
                guard !holds, !allowed.contains(where: { $0.explains(name, place, kind) }) else { return }
                Issue.record("\(name): \(words); mend it, or say why in contract/differences.txt")
            }
            if let id = operation.id { expect(found.id == id, "id", "id", "promised \(id), served \(found.id)") }
            let permission = found.permission
            expect(permission == operation.permission, "authz", "authz", "needs \(permission ?? "nothing")")
            for status in operation.successes.union(operation.problems) {
                expect(found.statuses.contains(status), "response.\(status)", "missing", "lacks the answer \(status)")
            }
            for status in found.successes where !operation.successes.contains(status) {
                expect(false, "response.\(status)", "success", "answers \(status), which was not promised")
            }
        }
        #expect(server.stop() == 0)
    }

    /// Manage spec §8 check 18; what gaps.txt names comes later.
    @Test(.timeLimit(.minutes(8))) func `every operation of the first tiers leads somewhere`() async throws {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        let gaps = try Set(ContractFile.lines("gaps.txt"))
        var asked = 0
        for operation in try PromisedOperation.all() where ["seed", "core"].contains(operation.tier) {
            guard !gaps.contains(operation.name) else { continue }
            let path = operation.path.replacing(#/\{[^}]*\}/#, with: "x")
            let reply = try await server.client.call(operation.method, path)
            let isMissing = reply.status == 404 && reply.body["detail"] == "Route not found"
            #expect(!isMissing && reply.status != 405, "\(operation.name): \(reply.body.jsonText)")
            asked += 1
        }
        #expect(asked > 100)
        #expect(try await server.client.call("GET", "/manage/no-such-thing").body["detail"] == "Route not found")
        #expect(server.stop() == 0)
    }

    @Test(.timeLimit(.minutes(8))) func `an agent is updated by PUT and by PATCH`() async throws {
        let folder = try DataFolder()
        let server = try await BuiltServer(folder: folder.url)
        let path = "/manage/tenants/{tenantId}/projects/{projectId}/agents/{id}"
        #expect(try await ServedOperation.all(server)["PATCH \(path)"]?.aliases == ["PUT"])
        #expect(server.stop() == 0)
    }
}

/// The files of `contract/`.
enum ContractFile {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "contract")

    /// The path of a file.
    static func path(_ file: String) -> String { folder.appending(path: file).path(percentEncoded: false) }

    /// The lines of a file that say something.
    static func lines(_ file: String) throws -> [String] {
        try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }

    /// One line of `differences.txt` that names its operation.
    struct Difference {
        let operation: String
        let place: String
        let kind: String

        func explains(_ operation: String, _ place: String, _ kind: String) -> Bool {
            self.operation == operation && self.place == place && self.kind == kind
        }
    }

    /// The lines of `differences.txt`.
    static func differences() throws -> [Difference] {
        try lines("differences.txt").map { line in
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            try #require(words.count == 4, "a difference has operation, place, kind and reason: \(line)")
            return Difference(operation: words[0], place: words[1], kind: words[2])
        }
    }
}

/// One line of `contract/operations.txt`.
private struct PromisedOperation {
    let tier: String
    let method: String
    let path: String
    let id: String?
    let permission: String?
    let successes: Set<String>
    let problems: Set<String>

    var name: String { "\(method) \(path)" }

    static func all() throws -> [PromisedOperation] {
        try ContractFile.lines("operations.txt").map { line in
            let words = line.split(separator: " ").map(String.init)
            try #require(words.count == 7, "\(line)")
            func statuses(_ word: String) -> Set<String> {
                word == "-" ? [] : Set(word.split(separator: ",").map(String.init))
            }
            return PromisedOperation(
                tier: words[0], method: words[1], path: words[2], id: words[3] == "-" ? nil : words[3],
                permission: words[4] == "-" ? nil : words[4], successes: statuses(words[5]),
                problems: statuses(words[6]))
        }
    }
}

/// An operation of the served document.
private struct ServedOperation {
    let id: String
    let permission: String?
    let aliases: [String]
    let statuses: Set<String>
    /// The statuses of success, but for those that only `?dryRun=true` has.
    let successes: Set<String>

    static func all(_ server: BuiltServer) async throws -> [String: ServedOperation] {
        let document = try await server.client.call("GET", "/openapi.json").body
        var all: [String: ServedOperation] = [:]
        for (path, item) in document["paths"]?.object ?? [:] {
            for (method, operation) in item.object ?? [:] {
                all["\(method.uppercased()) \(path)"] = ServedOperation(operation)
            }
        }
        return all
    }

    private init(_ operation: JSONValue) {
        id = operation["operationId"]?.string ?? ""
        permission = operation["x-authz"]?["permission"]?.string
        aliases = operation["x-aliases"]?.array?.compactMap(\.string) ?? []
        let responses = operation["responses"]?.object ?? [:]
        statuses = Set(responses.keys)
        let successes = responses.filter { status, response in
            status.hasPrefix("2") && response["description"]?.string?.hasPrefix("With `dryRun=true`") != true
        }
        self.successes = Set(successes.map(\.key))
    }
}
