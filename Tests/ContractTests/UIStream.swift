import Catalog
import Foundation
import Outbound

/// What a client of the UI message stream has seen so far.
struct UIStream: Sendable {
    /// The events' ids, in order.
    private(set) var ids: [String] = []
    /// The text of the answer's last block.
    private(set) var text = ""
    /// The ids of the calls that a person was asked about, in order.
    private(set) var approvals: [String] = []
    /// Whether a `finish` part came.
    private(set) var isFinished = false
    /// Whether `[DONE]` came.
    private(set) var isDone = false
    private var parser = ServerSentEvents.Parser()

    /// Reads until the stream ends, breaks, or `enough` of it was seen.
    mutating func read(_ body: HTTPBody, until enough: (UIStream) -> Bool = { _ in false }) async {
        while !isDone, !enough(self), let bytes = try? await body.next() {
            for event in (try? parser.feed(bytes)) ?? [] {
                if let id = event.id { ids.append(id) }
                if event.text == "[DONE]" { isDone = true } else { take(event.text) }
                if enough(self) { return }
            }
        }
    }

    private mutating func take(_ data: String) {
        guard let part = try? JSONValue(parsing: data) else { return }
        switch part["type"]?.string {
        case "text-start": text = ""
        case "text-delta": text += part["delta"]?.string ?? ""
        case "tool-approval-request": approvals.append(part["toolCallId"]?.string ?? "")
        case "finish": isFinished = true
        default: break
        }
    }
}
