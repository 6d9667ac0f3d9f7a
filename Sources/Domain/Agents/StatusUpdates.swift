public import Catalog

/// When and how a running agent tells what it is doing (manage spec §2.1). Unknown members are refused.
public struct StatusUpdates: Structure, Equatable {
    /// Whether it tells at all; nil means that it does.
    public var enabled: Bool?
    /// After this many events, 1–100; nil for the server's default.
    public var numEvents: Int?
    /// After this many seconds, 1–600; nil for the server's default.
    public var timeInSeconds: Int?
    /// What the telling should be like; nil for the usual.
    public var prompt: String?
    /// The forms that updates may take; nil or none for plain text.
    public var statusComponents: [StatusComponent]?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("enabled", \.enabled, .flag, "Whether status updates are sent."),
        field("numEvents", \.numEvents, .integer(1...100), "Events after which one is sent."),
        field("timeInSeconds", \.timeInSeconds, .integer(1...600), "Seconds after which one is sent."),
        field("prompt", \.prompt, .text(0...2000), "What updates should be like."),
        field("statusComponents", \.statusComponents, .list(of: .structure), "The forms that updates may take."),
    ]
    /// What becomes of members that are not declared.
    public static let unknownMembers = UnknownMembers<Self>.refuse
}

/// A form that a status update may take.
public struct StatusComponent: Structure, Equatable {
    /// The name of the form.
    public var type = ""
    /// What it is for, told to the model.
    public var description: String?
    /// The JSON Schema (an object) of its details; nil for none.
    public var detailsSchema: JSONValue?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("type", \.type, .text(1...256), "The name of the form.", required: true),
        field("description", \.description, .text(), "What it is for."),
        field(
            "detailsSchema", \.detailsSchema,
            .jsonSchema.checked { schema in
                let isObject = schema["type"] == "object" && schema["properties"]?.object != nil
                return isObject ? nil : "must be a schema of type object with properties"
            }.described([
                "properties": [
                    "type": ["type": "string", "enum": ["object"]], "properties": ["type": "object"],
                    "required": ["type": "array", "items": ["type": "string"]],
                ], "required": ["type", "properties"],
            ]), "The JSON Schema of its details."),
    ]
}
