import ArgumentParser
import Foundation
import Outbound
import Synchronization
import Testing

@testable import CLI

struct InterruptsTests {
    /// Reads until the task is cancelled, which it is at once.
    private func abandon(_ stream: AsyncStream<Void>) async {
        await withTaskGroup { group in
            group.addTask { for await _ in stream {} }
            group.cancelAll()
        }
    }

    @Test func `each answer hears Ctrl-C, and between answers it ends the program`() async {
        let left = Mutex(0)
        let interrupts = Interrupts { left.withLock { $0 += 1 } }
        for answer in 1...3 {
            interrupts.interrupt()
            #expect(left.withLock { $0 } == answer)
            let stream = interrupts.listen()
            interrupts.interrupt()
            var heard = stream.makeAsyncIterator()
            #expect(await heard.next() != nil)
            await abandon(stream)
        }
        #expect(left.withLock { $0 } == 3)
    }

    private final class Cancels: Sendable {
        let count = Mutex(0)
    }

    /// A server whose answers say a word, are interrupted, and end when they are cancelled.
    private func server(_ interrupts: Interrupts, _ cancelled: Cancels) -> HTTPClient {
        let (cancels, cancel) = AsyncStream<Void>.makeStream()
        return HTTPClient { request async throws(OutboundError) in
            if request.url.hasSuffix("/cancel") {
                cancelled.count.withLock { $0 += 1 }
                cancel.yield()
                return HTTPResponse(status: 200, headers: [:], body: HTTPBody { () async throws(OutboundError) in nil })
            }
            let pieces = Mutex([
                #"data: {"type":"text-delta","id":"t","delta":"Well"}"#, #"data: {"type":"abort"}"#, "data: [DONE]",
            ])
            return HTTPResponse(
                status: 200, headers: ["x-conversation-id": "c1"],
                body: HTTPBody { () async throws(OutboundError) in
                    let left = pieces.withLock { $0.count }
                    if left == 2 {
                        interrupts.interrupt()
                        for await _ in cancels { break }
                    }
                    return pieces.withLock { $0.isEmpty ? nil : Array(($0.removeFirst() + "\n\n").utf8) }
                })
        }
    }

    @Test func `every answer of a chat can be stopped, not only the first`() async throws {
        let fake = FakeWorld { _ in (500, "") }
        let left = Mutex(0)
        let cancelled = Cancels()
        let interrupts = Interrupts { left.withLock { $0 += 1 } }
        let world = World(http: server(interrupts, cancelled), environment: [:], printer: fake.printer)
        let connection = try Chat.parse(["--project", "p"]).connection
        var session = ChatSession(
            client: connection.client(for: .run, world), printer: fake.printer, quiet: false,
            scope: .init(project: "p", agent: "a"), conversation: nil)
        for _ in 1...3 { #expect(try await session.send("hi", interrupts)) }
        #expect(cancelled.count.withLock { $0 } == 3)
        #expect(left.withLock { $0 } == 0)
        #expect(fake.printed.components(separatedBy: "stopped").count == 4)
    }
}
