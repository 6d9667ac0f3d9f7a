import Catalog
import Foundation
import Outbound
import Synchronization

@testable import CLI

/// A command's world for tests: a scripted server, and a printer that collects.
final class FakeWorld: Sendable {
    struct Call: Sendable {
        let method: String
        let path: String
        let body: JSONValue
        let headers: HTTPHeaders
    }

    private let calls = Mutex<[Call]>([])
    private let output = Mutex("")
    private let errors = Mutex("")
    private let environment: [String: String]
    private let answer: @Sendable (Call) throws(OutboundError) -> (Int, String)

    init(
        environment: [String: String] = [:],
        _ answer: @escaping @Sendable (Call) throws(OutboundError) -> (Int, String)
    ) {
        self.environment = environment
        self.answer = answer
    }

    var world: World {
        World(http: HTTPClient(send: handle), environment: environment, printer: printer)
    }

    var printer: Printer {
        Printer(
            isTerminal: false, write: { text in self.output.withLock { $0 += text } },
            writeError: { text in self.errors.withLock { $0 += text } })
    }

    var printed: String { output.withLock { $0 } }
    var complained: String { errors.withLock { $0 } }
    var made: [Call] { calls.withLock { $0 } }

    private func handle(_ request: HTTPRequest) async throws(OutboundError) -> HTTPResponse {
        let path = request.url.split(separator: "/", maxSplits: 2).last.map { "/" + $0 } ?? "/"
        let call = Call(
            method: request.method, path: path,
            body: request.body.flatMap { try? JSONValue(parsing: $0) } ?? .null, headers: request.headers)
        calls.withLock { $0.append(call) }
        let (status, text) = try answer(call)
        let pieces = Mutex<[[UInt8]]>([Array(text.utf8)])
        return HTTPResponse(
            status: status, headers: ["x-conversation-id": "conversation1"],
            body: HTTPBody { () async throws(OutboundError) in
                pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            })
    }
}

/// A folder that is gone after the test.
final class ScratchFolder {
    let url: URL

    init(_ files: [String: String] = [:]) throws {
        url = FileManager.default.temporaryDirectory.appending(path: "covey-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (path, text) in files {
            let file = url.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func text(_ path: String) -> String? { try? String(contentsOf: url.appending(path: path), encoding: .utf8) }
}
