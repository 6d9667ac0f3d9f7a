import Catalog

/// The schemas of what branches, merges and histories answer.
enum VersionSchemas {
    static let all: [(name: String, schema: JSONObject)] = [
        ("BranchInfo", object(["baseName": text, "fullName": text, "hash": text])),
        ("BranchResponse", OpenAPI.envelope(OpenAPI.reference("BranchInfo"))),
        ("BranchListResponse", OpenAPI.envelope(["type": "array", "items": .object(OpenAPI.reference("BranchInfo"))])),
        ("CreateBranchRequest", NewBranch.schema(for: .create)),
        (
            "ResolvedRef",
            object(["type": ["type": "string", "enum": ["commit", "tag", "branch"]], "name": text, "hash": text])
        ),
        ("ResolvedRefResponse", OpenAPI.envelope(OpenAPI.reference("ResolvedRef"))),
        ("MergePreviewRequest", MergePair.schema(for: .create)), ("MergePreviewResponse", preview),
        ("MergeExecuteRequest", MergeOrder.schema(for: .create)), ("MergeExecuteResponse", merged),
        ("DiffSummaryItem", difference), ("ConflictItem", conflict), ("HistoryEntry", historyEntry),
        ("RestoreRequest", RestoreOrder.schema(for: .create)), ("RestoreResponse", restored),
    ]

    private static let text: JSONValue = ["type": "string"]
    private static let number: JSONValue = ["type": "integer"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let row: JSONValue = ["type": ["object", "null"], "additionalProperties": [:]]

    /// An object that has all of these members.
    private static func object(_ properties: JSONObject, optional: JSONObject = [:]) -> JSONObject {
        [
            "type": "object", "properties": .object(properties.merging(optional)),
            "required": .array(properties.keys.map(JSONValue.string)),
        ]
    }

    private static func list(_ element: JSONObject) -> JSONValue { ["type": "array", "items": .object(element)] }

    private static let difference = object([
        "table": text, "diffType": text, "dataChange": flag, "schemaChange": flag,
    ])

    private static let conflict = object([
        "table": text, "primaryKey": ["type": "object", "additionalProperties": text], "ourDiffType": text,
        "theirDiffType": text, "base": row, "ours": row, "theirs": row,
    ])

    private static let dangling = object(["kind": text, "parent": text, "id": text, "reason": text])

    private static let preview = OpenAPI.envelope(
        object(
            [
                "hasConflicts": flag, "sourceHash": text, "targetHash": text, "canFastForward": flag,
                "diffSummary": list(OpenAPI.reference("DiffSummaryItem")),
                "conflicts": list(OpenAPI.reference("ConflictItem")),
            ], optional: ["dangling": list(dangling)]))

    private static let merged = OpenAPI.envelope(
        object([
            "status": ["type": "string", "enum": ["success"]], "mergeCommitHash": text, "sourceBranch": text,
            "targetBranch": text,
        ]))

    private static let action: JSONValue = [
        "type": "string", "enum": .array(Change.Action.allCases.map { .string($0.rawValue) }),
    ]

    private static let historyEntry = object([
        "number": number, "hash": text, "branch": text, "at": ["type": "string", "format": "date-time"], "actor": text,
        "action": action, "kind": text, "parent": text, "id": text, "batch": number,
        "members": list(object(["name": text, "before": [:], "after": [:]])),
    ])

    private static let restored = OpenAPI.envelope(
        object([
            "restoredTo": number, "hash": text,
            "changes": list(object(["action": action, "kind": text, "parent": text, "id": text])),
        ]))
}
