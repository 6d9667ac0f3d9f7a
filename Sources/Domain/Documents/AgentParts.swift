import Catalog

/// A member of a whole document of which three things can be said: nothing, null, a value.
enum Sent<Value: Sendable>: Sendable {
    case absent
    case null
    case value(Value)
}

extension FieldType {
    /// A value of `wrapped` or null, telling null from nothing.
    static func sent<Wrapped>(_ wrapped: FieldType<Wrapped>) -> FieldType where Value == Sent<Wrapped> {
        let nullable = FieldType<Wrapped?>.nullable(wrapped)
        return FieldType(
            schema: nullable.schema, shownSchema: nullable.shownSchema,
            decode: { json, decoding in nullable.decode(json, &decoding).map { $0.map { .value($0) } ?? .null } },
            encode: { sent in
                if case .value(let value) = sent { return wrapped.encode(value) }
                return .null
            })
    }
}

/// What a sub-agent may use, as an element of `canUse` (manage spec §1.7).
struct CanUse: Structure {
    var toolId = ""
    /// The id of the relation; nil lets it follow from what is there, or from the two ends.
    var agentToolRelationId: String?
    /// Nothing leaves what is stored, null means all of the server's tools.
    var toolSelection = Sent<[String]>.absent
    var headers = Sent<HeaderMap>.absent
    var toolPolicies = Sent<ToolPolicies>.absent

    static let fields: [Field<Self>] = [
        field("toolId", \.toolId, .resourceID, "A tool, or a function tool of the agent.", required: true),
        field("agentToolRelationId", \.agentToolRelationId, .resourceID, "The id of the relation."),
        field(
            "toolSelection", \.toolSelection, .sent(.list(of: .text())),
            "The server's tools that may be used; null for all."),
        field("headers", \.headers, .sent(.headerMap), "Headers sent to the server."),
        field("toolPolicies", \.toolPolicies, .sent(.map(of: .structure)), "What holds for single tools."),
    ]
}

/// Whom a sub-agent may call, as an element of `canDelegateTo` (manage spec §1.7).
enum CanDelegate: Sendable {
    /// A sub-agent of the same agent, or by its id an external agent of the same document.
    case name(String)
    case external(ExternalDelegate)
    case team(TeamDelegate)
}

/// An external agent that a sub-agent may call.
struct ExternalDelegate: Structure {
    var externalAgentId = ""
    var relationID: String?
    var headers = Sent<HeaderMap>.absent

    static let fields: [Field<Self>] = [
        field("externalAgentId", \.externalAgentId, .resourceID, "The external agent.", required: true),
        field("subAgentExternalAgentRelationId", \.relationID, .resourceID, "The id of the relation."),
        field("headers", \.headers, .sent(.headerMap), "Headers sent with each call."),
    ]
}

/// Another agent of the project that a sub-agent may call.
struct TeamDelegate: Structure {
    var agentId = ""
    var relationID: String?
    var headers = Sent<HeaderMap>.absent

    static let fields: [Field<Self>] = [
        field("agentId", \.agentId, .resourceID, "The agent.", required: true),
        field("subAgentTeamAgentRelationId", \.relationID, .resourceID, "The id of the relation."),
        field("headers", \.headers, .sent(.headerMap), "Headers sent with each call."),
    ]
}

extension FieldType where Value == String {
    /// The id of a sub-agent, plain or as documents with relation ids have it.
    static let subAgentName = FieldType(
        schema: resourceID.schema,
        decode: { json, decoding in resourceID.decode(json["subAgentId"] ?? json, &decoding) },
        encode: { .string($0) })
}

extension FieldType where Value == CanDelegate {
    /// An id, or an object that names an external agent or another agent.
    static let delegate = FieldType(
        schema: [
            "anyOf": [["type": "string"], .object(ExternalDelegate.schema), .object(TeamDelegate.schema)]
        ],
        decode: { json, decoding in
            if json["externalAgentId"] != nil, json["agentId"] != nil {
                decoding.fail("names both an external agent and an agent; each has an element of its own")
                return nil
            }
            if json["externalAgentId"] != nil {
                return FieldType<ExternalDelegate>.structure.decode(json, &decoding).map { .external($0) }
            }
            if json["agentId"] != nil {
                return FieldType<TeamDelegate>.structure.decode(json, &decoding).map { .team($0) }
            }
            guard json.string != nil || json["subAgentId"] != nil else {
                decoding.fail("must be an id, or an object with externalAgentId or agentId")
                return nil
            }
            return FieldType<String>.subAgentName.decode(json, &decoding).map { .name($0) }
        },
        encode: { delegate in
            switch delegate {
            case .name(let id): .string(id)
            case .external(let delegate): delegate.document
            case .team(let delegate): delegate.document
            }
        })
}

/// A skill of a sub-agent, as an element of `skills` (manage spec §1.7).
struct SkillUse: Structure {
    var id = ""
    var index = 0
    var alwaysLoaded = false
    /// What answers show beside: it may come back and says nothing.
    var shown: JSONValue?

    static let unknownMembers = UnknownMembers<Self>.refuse

    static let fields: [Field<Self>] =
        [
            field("id", \.id, .resourceID, "The skill.", required: true),
            field("index", \.index, .integer(0...Int.max), "Its place among the sub-agent's skills.", required: true),
            field("alwaysLoaded", \.alwaysLoaded, .flag, "Whether it is always read, instead of when it is needed."),
        ] + shownMembers.map { field($0, \.shown, .json, "Shown; taken and not looked at.", .readOnly) }

    /// The members of answers beside the three that are written (manage spec §1.8).
    static let shownMembers = [
        "name", "description", "content", "metadata", "subAgentSkillId", "subAgentId", "createdAt", "updatedAt",
    ]
}

extension FieldType where Value == SkillUse {
    /// A skill of a sub-agent. Other members than the written and the shown ones are refused.
    static let skillUse = structure.described([
        "properties": .object(
            JSONObject(
                SkillUse.fields.map { field in
                    var schema = field.schema
                    if field.mode == .readOnly { schema["readOnly"] = true }
                    return (field.name, .object(schema))
                }))
    ])
}

/// What a sub-agent of a whole document has beside its own members: whom and what it may call and use. What is absent
/// is empty: the document is the truth (manage spec §1.11).
struct Wiring: Structure {
    enum SubAgentType: String, CaseIterable, Sendable { case `internal` }

    var type = SubAgentType.internal
    var canUse: [CanUse] = []
    var canTransferTo: [String]?
    var canDelegateTo: [CanDelegate]?
    var dataComponents: [String]?
    var artifactComponents: [String]?
    var skills: [SkillUse]?

    static let fields: [Field<Self>] = [
        field("type", \.type, .choice, "Always internal.", required: true),
        field("canUse", \.canUse, .list(of: .structure, countMax: 1000), "What it may use.", required: true),
        field("canTransferTo", \.canTransferTo, .list(of: .subAgentName, countMax: 1000), "To whom it may hand over."),
        field("canDelegateTo", \.canDelegateTo, .list(of: .delegate, countMax: 1000), "Whom it may call."),
        field("dataComponents", \.dataComponents, .list(of: .resourceID, countMax: 1000), "With what it may answer."),
        field(
            "artifactComponents", \.artifactComponents, .list(of: .resourceID, countMax: 1000), "What it may make."),
        field("skills", \.skills, .list(of: .skillUse, countMax: 1000), "What it knows how to do."),
    ]
}

extension FieldType where Value == JSONValue {
    /// A map or list for which there is no kind yet: refused unless it is empty, so that nothing is silently dropped.
    static func notBuiltYet(_ what: String) -> FieldType {
        FieldType.json.checked { json in
            let isEmpty = json.object?.isEmpty ?? json.array?.isEmpty ?? false
            return isEmpty ? nil : "\(what) are not available in this version; leave them out or empty"
        }
    }
}

/// What a whole agent says beside the agent's own members.
struct AgentExtras: Structure {
    var contextConfig: JSONObject?
    /// What becomes of the agent's triggers; nil leaves them alone (manage spec §1.11).
    var triggers: JSONObject?

    static let fields: [Field<Self>] = [
        field("contextConfig", \.contextConfig, .jsonObject, "The context config in use."),
        field("triggers", \.triggers, .jsonObject, "The webhook triggers by id; nothing leaves them alone."),
    ]
}

/// Another agent as whole documents name it.
struct TeamAgent: Structure {
    var id = ""
    var name = ""
    var description: String?

    static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The agent's id.", required: true),
        field("name", \.name, .text(1...256), "The agent's name.", required: true),
        field("description", \.description, .text(), "What the agent is for."),
    ]
}
