import Catalog
import Store

/// Thrown to take back what an operation did when the request only asked what it would do (`?dryRun=true`, on every
/// operation that changes configuration).
struct Rehearsal: Error {
    /// The query parameter that asks for it.
    static let parameter = "dryRun"

    /// Whether a query asks for it. Throws 400 for what is neither yes nor no: a slip must not become a change.
    static func isAsked(in query: [String: String]) throws(Problem) -> Bool {
        switch query[parameter] {
        case nil, "false": false
        case "true": true
        default: throw Problem.invalid([Problem.Broken([parameter], "must be true or false")])
        }
    }

    /// What the operation would have answered.
    let output: OperationOutput
    /// What it would have changed.
    let changes: [Change]

    /// The answer: the status there would be, and each change with the members that differ.
    var report: JSONValue {
        [
            "dryRun": true, "status": .integer(Int64(output.status)),
            "changes": .array(
                changes.map { change in
                    [
                        "action": .string(change.action.rawValue), "kind": .string(change.key.kind),
                        "parent": .string(change.key.parent), "id": .string(change.key.id),
                        "label": .string(Self.label(change)),
                        "members": .array(Self.differing(change.before, change.after).map(JSONValue.string)),
                    ]
                }),
        ]
    }

    /// What a person calls the resource: the name, or for one that only joins others the ids of those.
    private static func label(_ change: Change) -> String {
        let document = (change.after ?? change.before)?.object ?? [:]
        if let name = document["name"]?.string { return name }
        return document.compactMap { $0.key.hasSuffix("Id") ? $0.value.string : nil }.joined(separator: " → ")
    }

    private static func differing(_ before: JSONValue?, _ after: JSONValue?) -> [String] {
        guard let before = before?.object, let after = after?.object else { return [] }
        let names = after.keys + before.keys.filter { after[$0] == nil }
        return names.filter { before[$0] != after[$0] }
    }
}
