import Catalog

/// The body that makes a branch (manage spec §4.3).
struct NewBranch: Structure {
    var name = ""
    var fromBranch: String?
    var fromCommit: String?

    static let fields: [Field<Self>] = [
        field("name", \.name, .branchName, "The name of the branch, unique in its project.", required: true),
        field("fromBranch", \.fromBranch, .text(), "The branch to copy; main when nothing is said."),
        field("fromCommit", \.fromCommit, .text(), "The hash of the state to copy."),
    ]

    func check(_ decoding: inout Decoding) {
        if fromBranch != nil, fromCommit != nil {
            decoding.fail("must not be given beside fromBranch", at: "fromCommit")
        }
    }
}

/// The body that asks what a merge would do (manage spec §4.4).
struct MergePair: Structure {
    var sourceBranch = ""
    var targetBranch = ""

    static let fields: [Field<Self>] = [
        field("sourceBranch", \.sourceBranch, .text(), "The branch to take changes from: theirs.", required: true),
        field("targetBranch", \.targetBranch, .text(), "The branch to put them on: ours.", required: true),
    ]
}

/// Which of two sides counts.
enum Side: String, CaseIterable, Sendable {
    /// The target's.
    case ours
    /// The source's.
    case theirs
}

/// How one conflict is to be settled.
struct Resolution: Structure {
    var table = ""
    var primaryKey = OrderedMap<String>()
    var rowDefaultPick = Side.ours
    var columns: OrderedMap<Side>?

    static let fields: [Field<Self>] = [
        field("table", \.table, .text(), "The table of the row.", required: true),
        field("primaryKey", \.primaryKey, .textMap, "The key of the row, as the preview has it.", required: true),
        field("rowDefaultPick", \.rowDefaultPick, .choice, "Which side counts in what conflicts.", required: true),
        field("columns", \.columns, .map(of: .choice), "Columns of which another side counts."),
    ]
}

/// Who merges, as the request says.
struct MergeAuthor: Structure {
    var name = ""
    var email = ""

    static let fields: [Field<Self>] = [
        field("name", \.name, .text(0...256), "The name.", required: true),
        field("email", \.email, .text(0...256), "The address.", required: true),
    ]
}

/// The body of a merge (manage spec §4.4).
struct MergeOrder: Structure {
    var sourceBranch = ""
    var targetBranch = ""
    var sourceHash = ""
    var targetHash = ""
    var message: String?
    var author: MergeAuthor?
    var resolutions: [Resolution]?

    static let fields: [Field<Self>] = [
        field("sourceBranch", \.sourceBranch, .text(), "The branch to take changes from: theirs.", required: true),
        field("targetBranch", \.targetBranch, .text(), "The branch to put them on: ours.", required: true),
        field("sourceHash", \.sourceHash, .text(), "The source's state that was previewed.", required: true),
        field("targetHash", \.targetHash, .text(), "The target's state that was previewed.", required: true),
        field("message", \.message, .text(0...10_000), "What the merge is about."),
        field("author", \.author, .structure, "Who merges."),
        field("resolutions", \.resolutions, .list(of: .structure), "How each conflict is settled."),
    ]
}

/// The body that asks for an earlier state.
struct RestoreOrder: Structure {
    var at: Int = 0

    static let fields: [Field<Self>] = [
        field(
            "at", \.at, .integer(0...Int.max), "The number of the change after which it was as wanted.", required: true)
    ]
}
