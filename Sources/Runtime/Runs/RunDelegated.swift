import Catalog
import Cryptography

/// That a run does a task for another one.
struct RunDelegated: Sendable, Hashable {
    /// Its own id.
    let run: String
    /// The id of the run that waits for its answer.
    let parent: String
    /// The agent of that one.
    let from: String
    /// How deep its frame 0 is, over all runs that work for each other; at least 1.
    let depth: Int
    /// The run that all of them work for, and its conversation: what is bounded per run and per conversation is bounded
    /// for them together.
    let root: Root

    /// A run that works for no other.
    struct Root: Sendable, Hashable {
        /// Its id.
        let run: String
        /// The id of its conversation.
        let conversation: String
    }

    /// A run and a conversation that are named after the task, so that whoever hands it out again finds them.
    ///
    /// - Parameter key: the same for all tries of the task.
    static func ids(_ key: String, parent: String) -> (run: String, conversation: String) {
        (id("run \(key)", parent), id("conversation \(key)", parent))
    }

    /// Of the form of all ids: the time of the run that it is for, which keeps rows together, and 13 digits.
    private static func id(_ text: String, _ parent: String) -> String {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz")
        let tail = SHA256.digest(Array(text.utf8)).prefix(13).map { digits[Int($0) % digits.count] }
        return parent.prefix(8) + String(tail)
    }

    init(run: String, parent: String, from: String, depth: Int, root: Root) {
        (self.run, self.parent, self.from, self.depth, self.root) = (run, parent, from, depth, root)
    }

    /// From what is stored of a run's request; nil for none.
    init?(_ json: JSONValue) {
        guard let run = json["run"]?.string, let parent = json["parent"]?.string, let from = json["from"]?.string,
            let depth = json["depth"]?.integer, let rootRun = json["root"]?["run"]?.string,
            let rootConversation = json["root"]?["conversation"]?.string
        else { return nil }
        self.init(
            run: run, parent: parent, from: from, depth: depth,
            root: Root(run: rootRun, conversation: rootConversation))
    }

    var json: JSONValue {
        [
            "run": .string(run), "parent": .string(parent), "from": .string(from), "depth": .integer(Int64(depth)),
            "root": ["run": .string(root.run), "conversation": .string(root.conversation)],
        ]
    }

    /// What the message that brings the task says of where it comes from.
    var metadata: JSONValue { ["fromTeamAgentId": .string(from), "parentRun": .string(parent)] }
}
