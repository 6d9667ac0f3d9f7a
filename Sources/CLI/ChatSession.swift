import ArgumentParser
import Catalog
import Outbound

/// One conversation of the terminal with an agent, over the UI message stream (run spec §4).
struct ChatSession {
    /// Whom the session talks to.
    struct Scope: Sendable {
        let project: String
        let agent: String
    }

    let client: Client
    let printer: Printer
    let quiet: Bool
    let scope: Scope
    /// The conversation's id; nil before the first answer.
    var conversation: String?

    private var headers: HTTPHeaders {
        [
            "x-inkeep-tenant-id": client.tenant, "x-inkeep-project-id": scope.project,
            "x-inkeep-agent-id": scope.agent, "x-emit-operations": "true",
        ]
    }

    /// Sends a message and prints the answer as it comes. Ctrl-C once cancels the run, twice ends the program.
    ///
    /// - Returns: Whether an answer came; if not, why was printed.
    mutating func send(_ text: String, _ interrupts: Interrupts) async throws -> Bool {
        var body: JSONObject = ["stream": true, "messages": [["role": "user", "content": .string(text)]]]
        if let conversation { body["conversationId"] = .string(conversation) }
        let response = try await client.send("POST", "/run/api/chat", headers: headers, body: .object(body))
        guard response.status == 200 else {
            let answer = try? JSONValue(parsing: await response.body.collect())
            printer.error(
                CommandFailure(status: response.status, problem: answer ?? .null, request: "the message").description)
            return false
        }
        conversation = response.headers["x-conversation-id"] ?? conversation
        let session = self
        let stops = interrupts.listen()
        return try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask { try await session.printAnswer(response.body) }
            group.addTask { try await session.cancel(on: stops) }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            return false
        }
    }

    /// Stops the answer at the first and the program at the second, also while the server does not react to the first.
    private func cancel(on stops: AsyncStream<Void>) async throws -> Bool? {
        try await withThrowingTaskGroup { group in
            var asked = false
            for await _ in stops {
                guard !asked, let conversation else { throw ExitCode(130) }
                asked = true
                printer.line("\n[stopping; Ctrl-C again to leave]", .dimmed)
                let session = self
                group.addTask { await session.stop(conversation) }
            }
            group.cancelAll()
        }
        return nil
    }

    private func stop(_ conversation: String) async {
        let path = "/run/v1/conversations/\(PercentCoding.component(conversation))/cancel"
        do {
            _ = try await client.send("POST", path, headers: headers, body: [:])
        } catch {
            // Cancelled: the answer, or the program, ended before this did.
            if !Task.isCancelled { printer.error("The answer could not be stopped: \(error)") }
        }
    }

    private func printAnswer(_ body: HTTPBody) async throws -> Bool? {
        var parser = ServerSentEvents.Parser()
        var view = AnswerView(printer: printer, quiet: quiet)
        do {
            while let bytes = try await body.next() {
                for event in try parser.feed(bytes) {
                    if event.text == "[DONE]" { return view.end() }
                    if let part = try? JSONValue(parsing: event.data) { view.show(part) }
                }
            }
        } catch OutboundError.cancelled {
            return nil
        }
        printer.error("\nThe answer broke off: the connection ended.")
        return false
    }
}

/// Prints the parts of an answer.
struct AnswerView {
    let printer: Printer
    let quiet: Bool
    private var atLineStart = true
    /// Whether no text came since the answer or the last note began: line breaks are then no paragraphs.
    private var isBeginning = true
    private var failed = false

    init(printer: Printer, quiet: Bool) {
        self.printer = printer
        self.quiet = quiet
    }

    /// Prints one part; parts that say nothing to a person are passed over.
    mutating func show(_ part: JSONValue) {
        switch part["type"]?.string {
        case "text-delta": say(part["delta"]?.string ?? "")
        case "tool-input-available":
            note("→ \(part["toolName"]?.string ?? "tool") \(part["input"]?.jsonText ?? "")")
        case "tool-output-error": note("✗ \(part["errorText"]?.string ?? "the tool failed")")
        case "error": fault(part["errorText"]?.string ?? part["message"]?.string ?? "something went wrong")
        case "abort": note("stopped")
        case "data-operation": operation(part["data"] ?? .null)
        default: break
        }
    }

    private mutating func operation(_ operation: JSONValue) {
        let data = operation["details"]?["data"]
        switch operation["type"]?.string {
        case "transfer":
            note("⇢ \(data?["fromSubAgent"]?.string ?? "") hands over to \(data?["targetSubAgent"]?.string ?? "")")
        case "delegation_sent":
            note("⇉ \(data?["targetSubAgent"]?.string ?? "") is asked: \(data?["taskDescription"]?.string ?? "")")
        case "delegation_returned": note("⇇ \(data?["fromSubAgent"]?.string ?? "") answers")
        case "error": fault(operation["message"]?.string ?? "something went wrong")
        default: break
        }
    }

    private mutating func say(_ piece: String) {
        let text = isBeginning ? String(piece.trimmingPrefix { $0.isNewline }) : piece
        if !text.isEmpty { isBeginning = false }
        printer.text(text)
        atLineStart = text.hasSuffix("\n") || (text.isEmpty && atLineStart)
    }

    private mutating func note(_ text: String) {
        if quiet { return }
        if !atLineStart { printer.line() }
        printer.line("  \(text)", .dimmed)
        atLineStart = true
        isBeginning = true
    }

    private mutating func fault(_ text: String) {
        // A failed run says so twice, as an operation and as the stream's error part.
        if failed { return }
        failed = true
        if !atLineStart { printer.line() }
        printer.error(printer.styled("  \(text)", .red))
        atLineStart = true
    }

    /// Ends the line; answers whether all went well.
    mutating func end() -> Bool {
        if !atLineStart { printer.line() }
        return !failed
    }
}
