public import Catalog

/// A form in which a sub-agent may answer, filled in by the model and drawn by the client (manage spec §2.10).
public struct DataComponent: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// The name that the model sees.
    public var name = ""
    /// What it is for, told to the model.
    public var description: String?
    /// The schema of what the model fills in.
    public var props: JSONValue = [:]
    /// How it is drawn; nil for as the client likes.
    public var render: ComponentRender?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "data-component", title: "Data component", plural: "data-components", in: .project,
        tags: ["Data Components"],
        names: OperationNames(
            list: "list-data-components", get: "get-data-component-by-id", create: "create-data-component",
            update: "update-data-component", delete: "delete-data-component"))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The component's id.", .createOnly, required: true),
        field("name", \.name, .text(1...256), "The name that the model sees.", required: true),
        field("description", \.description, .text(), "What it is for."),
        field("props", \.props, .llmSchema, "The JSON Schema of what the model fills in.", required: true),
        field("render", \.render, .structure, "How it is drawn."),
    ]
}
