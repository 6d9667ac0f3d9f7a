import Catalog

/// What the dispatcher adds to operations beside what they say themselves, for the document: which parameters it reads
/// and which answers it gives, whatever the operation does.
struct DispatcherAdditions: Sendable {
    /// Paths whose state can be read, and so be the subject of a condition.
    private let readable: Set<String>

    /// The additions to `operations`.
    init(_ operations: [Operation]) {
        readable = Set(operations.filter { $0.method == .get && $0.readsConfiguration }.map(\.path))
    }

    /// What is added to one of them.
    func callAsFunction(_ operation: Operation) -> OpenAPI.Additions {
        var added = OpenAPI.Additions()
        added.errors.append(400)
        if operation.request != nil { added.errors += [413, 415] }
        if operation.permission != .none || operation.isSigningIn { added.errors.append(429) }
        switch operation.effect {
        case .endpoint:
            if operation.isDoneOnceForKey { add(to: &added, doneOnce: operation) }
            return added
        case .read where operation.method != .get: break
        case .read:
            added.parameters = [Self.ifNoneMatch]
            added.responses = operation.responses.map { Operation.Response($0.status, "", headers: [Self.tag]) }
            added.responses.append(.init(304, "As the reader has it already.", headers: [Self.tag]))
        case .write:
            added.parameters = [Self.dryRun]
            add(to: &added, doneOnce: operation)
            added.responses += [
                Operation.Response(
                    200, "With `dryRun=true`: what would be changed.", schema: OpenAPI.reference(Self.dryRunName))
            ]
            if operation.method != .post, readable.contains(operation.path) {
                added.parameters += [Self.ifMatch, Self.ifNoneMatch]
                added.errors.append(412)
            }
            added.errors.append(507)
        }
        added.errors.append(503)
        if operation.isVersioned, operation.project != .nowhere {
            added.parameters += [Self.ref, Self.refHeader]
            if operation.readsConfiguration { added.parameters.append(Self.at) }
        }
        return added
    }

    /// What there is beside to an operation that is done once for a key.
    private func add(to added: inout OpenAPI.Additions, doneOnce operation: Operation) {
        added.parameters.append(Self.idempotencyKey)
        added.responses += operation.responses.map { Operation.Response($0.status, "", headers: [Self.replayed]) }
        // Still being done; another request's key.
        added.errors += [409, 422]
    }

    private static let tag = (name: "ETag", help: "Names this state of the answer.")

    private static let ref = Operation.Parameter(
        "ref", in: .query, "The branch to work on, or to read the hash of a commit; main unless told.")
    private static let at = Operation.Parameter(
        "at", in: .query, "The number of a change, to read what was there right after it.",
        schema: ["type": "integer", "minimum": 0])
    private static let refHeader = Operation.Parameter("x-inkeep-ref", in: .header, "The same; the query wins.")
    private static let replayed = (
        name: "Idempotent-Replayed",
        help: "There, and true, when the answer is that to an earlier request with the key."
    )
    private static let idempotencyKey = Operation.Parameter(
        OpenAPI.idempotencyKey, in: .header, "The same request with the same key is done once, for 24 hours.",
        schema: [
            "type": "string", "minLength": 1, "maxLength": .integer(Int64(OpenAPI.idempotencyKeyCharactersMax)),
            "pattern": "^[!-~]+$",
        ])
    private static let ifMatch = Operation.Parameter(
        "If-Match", in: .header, "Only when it is still as this `ETag` says; else 412.")
    private static let ifNoneMatch = Operation.Parameter(
        "If-None-Match", in: .header, "To read: the `ETag` of what the reader has. To write: `*` for only when new.")
    private static let dryRun = Operation.Parameter(
        Rehearsal.parameter, in: .query, "Whether to say what would be changed, and change nothing.",
        schema: ["type": "string", "enum": ["true", "false"]])

    /// The rules of those parameters of a query that mean the same whatever is called. They hold everywhere: a slip in
    /// asking for a rehearsal must not become a change.
    static let queryRules = QueryRules([at, dryRun])

    // MARK: Schemas

    private static let dryRunName = "DryRunReport"

    /// The schemas that additions refer to.
    static let schemas: [(name: String, schema: JSONObject)] = [(dryRunName, Rehearsal.schema)]
}

extension Operation {
    fileprivate var readsConfiguration: Bool {
        if case .read = effect { true } else { false }
    }
}

extension Rehearsal {
    /// The shape of the report.
    fileprivate static let schema: JSONObject = [
        "type": "object", "required": ["dryRun", "status", "changes"],
        "properties": [
            "dryRun": ["type": "boolean", "enum": [true]],
            "status": ["type": "integer", "description": "The status that there would be."],
            "changes": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["action", "kind", "parent", "id", "label", "members"],
                    "properties": [
                        "action": ["type": "string"], "kind": ["type": "string"], "parent": ["type": "string"],
                        "id": ["type": "string"], "label": ["type": "string"],
                        "members": ["type": "array", "items": ["type": "string"]],
                    ],
                ],
            ],
        ],
    ]
}
