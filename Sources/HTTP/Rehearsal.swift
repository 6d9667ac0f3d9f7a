import Catalog
import Store

/// Thrown to take back what an operation did when the request only asked what it would do (`?dryRun=true`, on every
/// operation that changes configuration).
struct Rehearsal: Error {
    /// The query parameter that asks for it.
    static let parameter = "dryRun"

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

    /// What a person calls the resource: the name, or for one that only joins others, or is a file of one, the ids of
    /// those and the path.
    private static func label(_ change: Change) -> String {
        let document = (change.after ?? change.before)?.object ?? [:]
        if let name = document["name"]?.string { return name }
        return document.compactMap { $0.key.hasSuffix("Id") || $0.key == "filePath" ? $0.value.string : nil }.joined(
            separator: " → ")
    }

    private static func differing(_ before: JSONValue?, _ after: JSONValue?) -> [String] {
        guard let before = before?.object, let after = after?.object else { return [] }
        let names = after.keys + before.keys.filter { after[$0] == nil }
        return names.filter { before[$0] != after[$0] }
    }
}
