import Catalog
import CoveyTesting
import Foundation
import Outbound

/// What a client of the UI message stream has seen so far, by the protocol's rules.
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
    /// The parts, in order.
    private(set) var parts: [JSONValue] = []
    /// What broke the protocol's rules.
    private(set) var faults: [String] = []
    private var parser = ServerSentEvents.Parser()
    /// Events that came with one that was enough.
    private var unread: ArraySlice<ServerSentEvents.Event> = []
    private var reader = UIMessageReader()

    /// What will be seen of the stream that goes on with the message where this one ended with a question.
    func continued() -> UIStream {
        var next = UIStream()
        next.reader = reader.continued()
        return next
    }

    /// The parts of a type.
    func parts(_ type: String) -> [JSONValue] { parts.filter { $0["type"]?.string == type } }

    /// Reads until the stream ends, breaks, or `enough` of it was seen.
    mutating func read(_ body: HTTPBody, until enough: (UIStream) -> Bool = { _ in false }) async {
        while !isDone, !enough(self) {
            if unread.isEmpty {
                guard let bytes = try? await body.next() else { return }
                unread = ((try? parser.feed(bytes)) ?? [])[...]
            }
            guard let event = unread.popFirst() else { continue }
            if let id = event.id { ids.append(id) }
            if event.text == "[DONE]" { isDone = true } else { take(event.text) }
        }
    }

    private mutating func take(_ data: String) {
        guard let part = try? JSONValue(parsing: data) else { return faults.append("no JSON: \(data)") }
        parts.append(part)
        if let fault = reader.take(part) { faults.append("\(fault): \(data)") }
        switch part["type"]?.string {
        case "text-start": text = ""
        case "text-delta": text += part["delta"]?.string ?? ""
        case "tool-approval-request": approvals.append(part["toolCallId"]?.string ?? "")
        case "finish": isFinished = true
        default: break
        }
    }
}
