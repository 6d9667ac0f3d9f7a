public import Catalog

/// What an agent's prompts may name beside the conversation: headers of the request and values fetched from elsewhere
/// (manage spec §2.14).
public struct ContextConfig: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// The JSON Schema of the headers that a request must have; nil for any.
    public var headersSchema: JSONValue?
    /// Values to fetch, by the name under which prompts use them; nil for none.
    public var contextVariables: OrderedMap<ContextFetch>?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "context-config", title: "Context config", plural: "context-configs", in: .agent,
        tags: ["Context Configs"],
        names: OperationNames(
            list: "list-context-configs", get: "get-context-config-by-id", create: "create-context-config",
            update: "update-context-config", delete: "delete-context-config"),
        label: "Context Configuration", identity: .generated, showsUnset: false,
        rules: Rules(beforePut: { placement, workspace in
            placement.value.normalize()
            let broken = try placement.value.unknownCredentials { try workspace.get($0) != nil }
            if !broken.isEmpty { throw Problem.invalid(broken) }
        }),
        // Clients expect the variables always, as null where there are none, and no schema where there is none.
        extras: Extras(
            schemas: [
                "contextVariables": [
                    "type": ["object", "null"],
                    "additionalProperties": .object(ContextFetch.schema(for: .view)),
                    "description": "Values to fetch, by name.",
                ]
            ], always: { config, _ in config.contextVariables == nil ? ["contextVariables": .null] : [:] }))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The config's id; made when absent.", .createOnly),
        field(
            "headersSchema", \.headersSchema, .jsonSchema, "The JSON Schema of the headers that a request must have."),
        field("contextVariables", \.contextVariables, .map(of: .structure), "Values to fetch, by name."),
    ]

    /// Makes null of what is empty (manage spec §2.14).
    mutating func normalize() {
        if headersSchema == [:] { headersSchema = nil }
        if contextVariables?.isEmpty == true { contextVariables = nil }
    }

    /// The variables whose credential is not there. Asked when it is written; not kept as links, because a variable
    /// outlives its credential.
    func unknownCredentials(exists: (ResourceKey) throws -> Bool) rethrows -> [Problem.Broken] {
        var broken: [Problem.Broken] = []
        for (name, variable) in contextVariables?.entries ?? [] {
            guard let id = variable.credentialReferenceId else { continue }
            let key = ResourceKey(kind: CredentialReference.kind.name, id: id)
            if try !exists(key) {
                broken.append(Problem.Broken(["contextVariables", name, "credentialReferenceId"], Kind.unknown(key)))
            }
        }
        return broken
    }
}

/// A value to fetch (manage spec §2.1, ContextFetchDefinition). Unknown members are kept.
public struct ContextFetch: Structure, Equatable {
    /// When it is fetched.
    public enum Trigger: String, CaseIterable, Sendable {
        /// Once a conversation.
        case initialization
        /// With every message.
        case invocation
    }

    /// Its id, under which fetched values are kept.
    public var id = ""
    /// The name shown to people.
    public var name: String?
    /// When it is fetched.
    public var trigger = Trigger.initialization
    /// How it is fetched.
    public var fetchConfig = FetchConfig()
    /// The JSON Schema of the value; nil for anything.
    public var responseSchema: JSONValue?
    /// The value when fetching fails; nil for none.
    public var defaultValue: JSONValue?
    /// The credential for the request; nil for none.
    public var credentialReferenceId: String?
    /// The credential as the SDK writes it, kept for it; `credentialReferenceId` counts more.
    public var credential: JSONObject?
    /// Members that are not declared.
    public var others = JSONObject()

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .text(1...256), "The id under which fetched values are kept.", required: true),
        field("name", \.name, .text(0...256), "The name shown to people."),
        field("trigger", \.trigger, .choice, "When it is fetched.", required: true),
        field("fetchConfig", \.fetchConfig, .structure, "How it is fetched.", required: true),
        field("responseSchema", \.responseSchema, .jsonSchema, "The JSON Schema of the value."),
        field("defaultValue", \.defaultValue, .json, "The value when fetching fails."),
        field("credentialReferenceId", \.credentialReferenceId, .text(1...256), "The credential for the request."),
        field("credential", \.credential, .jsonObject, "The credential as the SDK writes it."),
    ]
    /// What becomes of members that are not declared.
    public static let unknownMembers = UnknownMembers<Self>.keep(\.others)

    /// The id of the credential in either form; nil for none.
    public var credentialID: String? { credentialReferenceId ?? credential?["id"]?.string }
}

/// How a value is fetched. Texts may hold `{{templates}}`.
public struct FetchConfig: Structure, Equatable {
    /// The methods that may be used.
    public enum Method: String, CaseIterable, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
        case patch = "PATCH"
    }

    /// The address.
    public var url = ""
    /// The method; nil for GET.
    public var method: Method?
    /// Headers; nil for none.
    public var headers: HeaderMap?
    /// The body; nil for none.
    public var body: JSONValue?
    /// What of the answer is the value, as JSONPath or JMESPath; nil for all of it.
    public var transform: String?
    /// Milliseconds after which it fails, 1–600,000; nil for 10,000.
    public var timeout: Int?
    /// Templates that must come to something, or nothing is fetched; nil for none.
    public var requiredToFetch: [String]?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("url", \.url, .text(1...8192), "The address; may hold templates.", required: true),
        field("method", \.method, .choice, "The method; GET unless said otherwise."),
        field("headers", \.headers, .headerMap, "Headers of the request."),
        field("body", \.body, .json, "The body of the request."),
        field("transform", \.transform, .text(), "What of the answer is the value."),
        field("timeout", \.timeout, .integer(1...600_000), "Milliseconds after which it fails."),
        field("requiredToFetch", \.requiredToFetch, .list(of: .text()), "Templates that must come to something."),
    ]
}
