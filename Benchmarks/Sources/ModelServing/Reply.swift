import Kit

/// What decides the bytes of an answer; equal plans have equal answers.
struct ReplyPlan: Hashable {
    var directive: Directive
    /// Server-sent events rather than one JSON body.
    var isStreamed: Bool
    /// `stream_options.include_usage`.
    var includesUsage: Bool
    /// The tool to call in this answer; nil when it is text.
    var toolName: String?
    /// The text of each piece.
    var piece = Directive.marker

    /// The plan for a request's body. The flags are searched, not parsed: inside a JSON string a quote is escaped, so
    /// `"stream"` with both quotes can only be a name or a whole value.
    init(body: UnsafeRawBufferPointer) {
        directive = Directive(in: body)
        isStreamed = Self.isTrue(Self.stream, in: body)
        includesUsage = isStreamed && Self.isTrue(Self.includeUsage, in: body)
        if directive.mode == .tool { useTool(body) }
    }

    /// Calls a tool, unless the last message already holds a tool's result, or no tool is offered or named.
    private mutating func useTool(_ body: UnsafeRawBufferPointer) {
        guard let request = try? JSON(reading: body) else { return }
        let last = request["messages"]?.elements?.last
        guard last?["role"]?.string == "tool" else {
            toolName = directive.tool ?? request["tools"]?.elements?.first?["function"]?["name"]?.string
            return
        }
        if let word = directive.result, last?["content"]?.line.contains(word) != true { piece = Self.surprise }
    }

    /// What is said, piece by piece, of a tool's result that is not the one that is looked for.
    private static let surprise = "not that "

    private static let stream = Array("\"stream\"".utf8)
    private static let includeUsage = Array("\"include_usage\"".utf8)

    private static func isTrue(_ name: [UInt8], in body: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while let found = body.firstOffset(of: name, from: position) {
            position = found + name.count
            var next = position
            while next < body.count, body[next] == 0x20 || body[next] == 0x0A { next += 1 }
            guard next < body.count, body[next] == UInt8(ascii: ":") else { continue }
            next += 1
            while next < body.count, body[next] == 0x20 || body[next] == 0x0A { next += 1 }
            return next < body.count && body[next] == UInt8(ascii: "t")
        }
        return false
    }
}

/// The ready-made bytes of an answer: everything between two pauses is one piece.
struct Reply {
    /// The first piece leaves after `firstMilliseconds`, each next one `delayMilliseconds` later.
    var pieces: [[UInt8]]
    /// Milliseconds from the request to the first piece.
    var firstMilliseconds: Int
    /// Milliseconds between two pieces.
    var delayMilliseconds: Int

    /// Whether all of it can leave at once.
    var isImmediate: Bool { firstMilliseconds == 0 && (pieces.count == 1 || delayMilliseconds == 0) }

    /// The answer that `plan` asks for.
    init(_ plan: ReplyPlan) {
        delayMilliseconds = plan.directive.delayMilliseconds
        firstMilliseconds = plan.directive.firstMilliseconds
        guard plan.isStreamed else {
            pieces = [Self.whole(Self.completion(plan))]
            // An answer in one piece is ready when the last piece of a streamed one would be.
            if plan.toolName == nil { firstMilliseconds += delayMilliseconds * (plan.directive.chunks - 1) }
            return
        }
        pieces = Self.events(plan).map { group in group.flatMap(Self.chunk) }
        pieces[0] = Self.streamHead + pieces[0]
        pieces[pieces.count - 1] += Array("0\r\n\r\n".utf8)
        if delayMilliseconds == 0 { pieces = [Array(pieces.joined())] }
    }

    /// A JSON answer with this status and body.
    static func whole(_ body: String, status: String = "200 OK") -> [UInt8] {
        let body = Array(body.utf8)
        let head = "HTTP/1.1 \(status)\r\ncontent-type: application/json\r\ncontent-length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }

    private static let streamHead = Array(
        """
        HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n\
        transfer-encoding: chunked\r\n\r\n

        """.utf8.dropLast()
    )

    private static func chunk(_ text: String) -> [UInt8] {
        Array((String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n").utf8)
    }

    /// The server-sent events, grouped by the moment at which they leave.
    private static func events(_ plan: ReplyPlan) -> [[String]] {
        var groups: [[String]]
        let opening = event(delta: .object([("role", .text("assistant")), ("content", .text(""))]))
        if let call = call(plan) {
            groups = [[opening, event(delta: .object([("tool_calls", .array([call]))]))]]
        } else {
            let piece = event(delta: .object([("content", .text(plan.piece))]))
            groups = Array(repeating: [piece], count: plan.directive.chunks)
            groups[0].insert(opening, at: 0)
        }
        groups[groups.count - 1].append(event(delta: .object([]), finish: finish(plan)))
        if plan.includesUsage {
            groups[groups.count - 1].append(event(choices: [], extra: [("usage", usage(plan))]))
        }
        groups[groups.count - 1].append("data: [DONE]\n\n")
        return groups
    }

    private static func event(delta: JSON, finish: JSON = .null) -> String {
        event(choices: [.object([("index", .count(0)), ("delta", delta), ("finish_reason", finish)])])
    }

    private static func event(choices: [JSON], extra: [(String, JSON)] = []) -> String {
        "data: " + JSON.object(envelope("chat.completion.chunk") + [("choices", .array(choices))] + extra).line + "\n\n"
    }

    private static func envelope(_ object: String) -> [(String, JSON)] {
        [
            ("id", .text("chatcmpl-bench")), ("object", .text(object)), ("created", .count(1_700_000_000)),
            ("model", .text("bench")),
        ]
    }

    private static func completion(_ plan: ReplyPlan) -> String {
        var message: [(String, JSON)] = [("role", .text("assistant"))]
        if let call = call(plan) {
            message += [("content", .null), ("tool_calls", .array([call]))]
        } else {
            message.append(("content", .text(String(repeating: plan.piece, count: plan.directive.chunks))))
        }
        let choice = JSON.object([
            ("index", .count(0)), ("message", .object(message)), ("finish_reason", finish(plan)),
        ])
        return JSON.object(
            envelope("chat.completion") + [("choices", .array([choice])), ("usage", usage(plan))]
        ).line
    }

    private static func finish(_ plan: ReplyPlan) -> JSON { .text(plan.toolName == nil ? "stop" : "tool_calls") }

    private static func call(_ plan: ReplyPlan) -> JSON? {
        guard let name = plan.toolName else { return nil }
        var arguments: [(String, JSON)] = []
        if let argument = plan.directive.argument?.split(separator: ":", maxSplits: 1), argument.count == 2 {
            arguments = [(String(argument[0]), .text(String(argument[1])))]
        }
        return .object([
            ("index", .count(0)), ("id", .text("call_bench")), ("type", .text("function")),
            ("function", .object([("name", .text(name)), ("arguments", .text(JSON.object(arguments).line))])),
        ])
    }

    /// One token per piece; the prompt always counts as 16, because the bench does not measure tokenizers.
    private static func usage(_ plan: ReplyPlan) -> JSON {
        let completion = plan.toolName == nil ? plan.directive.chunks : 1
        return .object([
            ("prompt_tokens", .count(16)), ("completion_tokens", .count(completion)),
            ("total_tokens", .count(16 + completion)),
        ])
    }
}
