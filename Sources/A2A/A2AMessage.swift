public import Catalog

/// A task for an agent.
public struct A2AMessage: Sendable {
    /// What is to be done.
    public var text: String
    /// The same for all tries of one task and for no other, so that an agent can know one that comes twice.
    public var id: String
    /// What it belongs to, so that an agent remembers; nil for nothing.
    public var context: String?
    /// The task that the agent has left open with a question, which this answers; nil for a new one.
    public var task: String?
    /// What else the agent is told.
    public var metadata: JSONObject

    /// A task from its parts.
    public init(
        text: String, id: String, context: String? = nil, task: String? = nil, metadata: JSONObject = [:]
    ) {
        self.text = text
        self.id = id
        self.context = context
        self.task = task
        self.metadata = metadata
    }

    /// The parameters of `message/send`.
    var parameters: JSONObject {
        var message: JSONObject = [
            "kind": "message", "role": "user", "messageId": .string(id),
            "parts": [["kind": "text", "text": .string(text)]],
        ]
        message["contextId"] = context.map(JSONValue.string)
        message["taskId"] = task.map(JSONValue.string)
        if !metadata.isEmpty { message["metadata"] = .object(metadata) }
        return [
            "message": .object(message),
            "configuration": ["blocking": true, "acceptedOutputModes": ["text/plain", "application/json"]],
        ]
    }
}

/// What an agent answered.
public struct A2AReply: Sendable, Equatable {
    /// The texts, each on lines of its own.
    public var text = ""
    /// What came as data, in order.
    public var data: [JSONValue] = []
    /// The task that goes on once what is asked here is answered; nil where nothing is asked.
    public var openTask: String?

    init(parts: [JSONValue]) {
        var texts: [String] = []
        for part in parts {
            // Before 0.2 parts had a type.
            switch part["kind"]?.string ?? part["type"]?.string {
            case "text": if let text = part["text"]?.string, !text.isEmpty { texts.append(text) }
            case "data": if let value = part["data"] { data.append(value) }
            case "file": texts.append(Self.file(part["file"]))
            default: continue
            }
        }
        text = texts.joined(separator: "\n")
    }

    /// That there is a file. Its bytes no text can hold.
    private static func file(_ file: JSONValue?) -> String {
        let name = file?["name"]?.string ?? file?["uri"]?.string ?? "without a name"
        return "[File: \(name.prefix(200)), \(file?["mimeType"]?.string?.prefix(100) ?? "of unknown type")]"
    }
}

/// A task that an agent has taken, by which it can be asked for and stopped.
public struct A2ATask: Sendable, Equatable {
    /// Its id there.
    public let id: String
    /// Where the agent is spoken to.
    let endpoint: String
}

/// What an agent gave for a message, or for the question how a task stands: a message, or a task.
enum A2AResult: Sendable {
    case reply(A2AReply)
    case goesOn(task: String)

    /// - Throws: `A2AFailure.task` for a task that ended without an answer, `.malformed`.
    init(_ json: JSONValue) throws(A2AFailure) {
        if json["kind"] == "message" || (json["parts"] != nil && json["status"] == nil) {
            guard let parts = json["parts"]?.array else { throw .malformed("its message has no parts") }
            self = .reply(A2AReply(parts: parts))
            return
        }
        guard let status = json["status"], let word = status["state"]?.string else {
            throw .malformed("its result is neither a message nor a task")
        }
        guard let state = A2ATaskState(rawValue: word) else {
            throw .malformed("its task has an unknown state")
        }
        let said = A2AReply(parts: status["message"]?["parts"]?.array ?? [])
        switch state {
        case .submitted, .working:
            self = .goesOn(task: try Self.id(of: json))
        case .completed:
            let parts = (json["artifacts"]?.array ?? []).flatMap { $0["parts"]?.array ?? [] }
            self = .reply(parts.isEmpty ? said : A2AReply(parts: parts))
        case .inputRequired:
            var question = said
            question.openTask = try Self.id(of: json)
            self = .reply(question)
        case .canceled, .failed, .rejected, .authRequired, .unknown: throw .task(state, Self.short(said.text))
        }
    }

    private static func id(of task: JSONValue) throws(A2AFailure) -> String {
        guard let id = task["id"]?.string, !id.isEmpty else { throw .malformed("its task has no id") }
        return id
    }

    /// Characters of an agent's own words in a failure.
    private static let wordsMax = 1000

    static func short(_ text: String) -> String { text.count > wordsMax ? text.prefix(wordsMax) + "…" : text }
}
