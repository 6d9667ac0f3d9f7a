import Catalog
import Glibc
import Outbound

/// Reads the chunks of a streamed chat completion.
struct OpenAIDecoder: StreamDecoder {
    /// Tool calls that one reply may hold.
    private static let callsMax = 128

    let provider: String
    private(set) var isFinished = false
    private var calls: [(index: Int, call: ToolCallAssembly)] = []
    private var usage: Usage?
    private var stop: StopReason?
    private var saidAnything = false
    private var refused = false
    private var template: ChunkTemplate?

    init(provider: String) { self.provider = provider }

    mutating func decode(
        _ events: [ServerSentEvents.Event], into out: inout [ModelEvent]
    ) throws(ModelFailure) {
        var text = ""
        for event in events where !isFinished {
            if let piece = template?.text(of: event.data) {
                text += piece
                continue
            }
            if event.data.count == 6, event.data.elementsEqual("[DONE]".utf8) {
                out.appendText(text)
                text = ""
                // The mark at the end tells that this is all, also where a server gave no reason.
                if stop != nil || saidAnything { finish(into: &out) }
                continue
            }
            out.appendText(text)
            text = ""
            try decode(event, into: &out)
        }
        out.appendText(text)
    }

    mutating func end(into out: inout [ModelEvent]) {
        if !isFinished, stop != nil { finish(into: &out) }
    }

    private mutating func finish(into out: inout [ModelEvent]) {
        isFinished = true
        for (_, call) in calls { out.append(.toolCall(call.finished())) }
        if let usage { out.append(.usage(usage)) }
        out.append(.finished(reason))
    }

    private var reason: StopReason {
        if refused { return .refusal }
        // Servers differ in what they call the end of a reply with tool calls.
        if !calls.isEmpty, stop == nil || stop == .endTurn { return .toolCalls }
        return stop ?? .endTurn
    }

    private mutating func decode(_ event: ServerSentEvents.Event, into out: inout [ModelEvent]) throws(ModelFailure) {
        guard let chunk = try? JSONValue(mending: event.data), chunk.object != nil else {
            throw ModelFailure(.malformed, "\(provider) sent a chunk that is not JSON")
        }
        if let error = chunk["error"], !error.isNull {
            throw ProviderError(json: chunk).failure(provider: provider, status: nil)
        }
        if let counts = chunk["usage"], counts.object != nil { usage = Self.usage(counts) }
        guard let choice = chunk["choices"]?[0] else { return }
        if let delta = choice["delta"] { try decode(delta: delta, event, into: &out) }
        if let word = choice["finish_reason"]?.string { stop = Self.stop(word) }
    }

    private mutating func decode(
        delta: JSONValue, _ event: ServerSentEvents.Event, into out: inout [ModelEvent]
    ) throws(ModelFailure) {
        if let text = delta["reasoning_content"]?.string ?? delta["reasoning"]?.string { out.appendReasoning(text) }
        if let text = delta["content"]?.string, !text.isEmpty {
            saidAnything = true
            out.appendText(text)
            if template == nil { template = ChunkTemplate(learning: event.data, text: text) }
        }
        if let text = delta["refusal"]?.string, !text.isEmpty {
            refused = true
            saidAnything = true
            out.appendText(text)
        }
        for piece in delta["tool_calls"]?.array ?? [] { try add(piece) }
    }

    private mutating func add(_ piece: JSONValue) throws(ModelFailure) {
        let id = piece["id"]?.string ?? ""
        let name = piece["function"]?["name"]?.string ?? ""
        // Some servers send no index: then a new id starts a new call.
        let startsAnew = !id.isEmpty && !calls.contains { $0.call.id == id }
        let index = piece["index"]?.integer ?? (startsAnew ? calls.count : max(0, calls.count - 1))
        let position: Int
        if let known = calls.firstIndex(where: { $0.index == index }) {
            position = known
            if !name.isEmpty, calls[known].call.name.isEmpty { calls[known].call.name = name }
        } else {
            guard calls.count < Self.callsMax else {
                throw ModelFailure(.malformed, "\(provider) asked for more than \(Self.callsMax) tool calls at once")
            }
            calls.append((index, ToolCallAssembly(id: id.isEmpty ? "call_\(index)" : id, name: name)))
            position = calls.count - 1
        }
        saidAnything = true
        if let text = piece["function"]?["arguments"]?.string {
            calls[position].call.input += text
        } else if let value = piece["function"]?["arguments"], value.object != nil {
            calls[position].call.input = value.jsonText
        }
    }

    private static func usage(_ counts: JSONValue) -> Usage {
        Usage(
            inputTokens: counts["prompt_tokens"]?.integer ?? 0,
            outputTokens: counts["completion_tokens"]?.integer ?? 0,
            cachedInputTokens: counts["prompt_tokens_details"]?["cached_tokens"]?.integer ?? 0,
            reasoningTokens: counts["completion_tokens_details"]?["reasoning_tokens"]?.integer ?? 0)
    }

    private static func stop(_ word: String) -> StopReason {
        switch word {
        case "stop": .endTurn
        case "length": .maxTokens
        case "tool_calls", "function_call": .toolCalls
        case "content_filter": .contentFilter
        default: .other(word)
        }
    }
}

/// The bytes around the text in a chunk, learned from one that was read in full. Chunks of one reply differ in nothing
/// but the text, and a chunk with the same bytes before it, the same bytes after it and no quote or escape between can
/// mean nothing else. Reading it so is some twenty times faster.
struct ChunkTemplate {
    private let before: [UInt8]
    private let after: [UInt8]

    /// Learns from `chunk`, whose `choices[0].delta.content` is `text`. Nil when that is not plainly to be seen.
    init?(learning chunk: ArraySlice<UInt8>, text: String) {
        let bytes = Array(chunk)
        var start: Int?
        for name in ["\"content\":\"", "\"content\": \""] {
            let name = Array(name.utf8)
            var at = 0
            while at + name.count <= bytes.count {
                if bytes[at] == name[0], bytes[at..<(at + name.count)].elementsEqual(name) {
                    guard start == nil else { return nil }
                    start = at + name.count
                }
                at += 1
            }
        }
        guard let start, bytes[start...].starts(with: text.utf8) else { return nil }
        let end = start + text.utf8.count
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\""), !Self.hasSpecial(bytes[start..<end]) else {
            return nil
        }
        before = Array(bytes[..<start])
        after = Array(bytes[end...])
    }

    /// The text of `chunk` if it is built like the one learned from, else nil. Invalid UTF-8 is left to the full
    /// reading.
    func text(of chunk: ArraySlice<UInt8>) -> String? {
        let count = chunk.count
        guard count > before.count + after.count else { return nil }
        return chunk.withUnsafeBufferPointer { bytes -> String? in
            let middle = before.count..<(count - after.count)
            guard Self.same(bytes, at: 0, before), Self.same(bytes, at: middle.upperBound, after) else { return nil }
            let text = UnsafeBufferPointer(rebasing: bytes[middle])
            guard !Self.hasSpecial(text) else { return nil }
            return String(validating: text, as: UTF8.self)
        }
    }

    private static func same(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ expected: [UInt8]) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        return expected.withUnsafeBytes { expected in
            expected.baseAddress.map { memcmp(base + start, $0, expected.count) == 0 } ?? true
        }
    }

    /// Whether bytes within a JSON string mean something other than themselves, or end it.
    private static func hasSpecial(_ bytes: some Collection<UInt8>) -> Bool {
        for byte in bytes where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return true }
        return false
    }
}
