import Catalog

/// When and how a running agent tells what it is doing (run spec §17).
struct StatusRules: Sendable, Hashable {
    /// A form that an update may take.
    struct Form: Sendable, Hashable {
        var type: String
        /// What it is for, told to the model.
        var description: String
        /// The schema of its details, an object schema; nil for none.
        var schema: JSONValue?
    }

    /// After so many events.
    var events: Int
    /// After so many seconds, when anything happened.
    var seconds: Int
    /// What updates should be like; nil for the usual.
    var prompt: String?
    /// The forms; never empty.
    var forms: [Form]

    /// The forms of an agent that names none.
    static let standard = [
        Form(type: "retrieve", description: "Something is being looked up or was found."),
        Form(type: "action", description: "Something is being done or was done."),
    ]
}

/// What has happened in a run since it told last.
struct StatusActivity: Sendable {
    /// Lines of what happened, the newest last.
    private(set) var lines: [String] = []
    /// Events that count.
    private(set) var count = 0
    /// Whether the user is just being answered: then there is nothing to tell.
    private(set) var isAnswering = false

    /// Lines that are kept at most.
    private static let linesMax = 40
    /// Characters of a line at most.
    private static let lineMax = 400

    mutating func forget() {
        lines = []
        count = 0
    }

    mutating func note(_ line: String) {
        count += 1
        lines.append(line.count > Self.lineMax ? line.prefix(Self.lineMax) + "…" : line)
        if lines.count > Self.linesMax { lines.removeFirst() }
    }

    mutating func answer(_ isAnswering: Bool) { self.isAnswering = isAnswering }
}
