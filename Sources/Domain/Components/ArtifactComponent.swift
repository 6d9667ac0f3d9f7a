public import Catalog

/// A form in which a sub-agent may keep what it found (manage spec §2.11). Properties marked `inPreview` are what
/// others see of it at first.
public struct ArtifactComponent: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// The name that the model sees.
    public var name = ""
    /// What it is for, told to the model.
    public var description: String?
    /// The schema of what the model fills in; nil for anything.
    public var props: JSONValue?
    /// How it is drawn; nil for as the client likes.
    public var render: ComponentRender?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "artifact-component", title: "Artifact component", plural: "artifact-components", in: .project,
        tags: ["Artifact Components"],
        names: OperationNames(
            list: "list-artifact-components", get: "get-artifact-component-by-id", create: "create-artifact-component",
            update: "update-artifact-component", delete: "delete-artifact-component"))

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The component's id.", .createOnly, required: true),
        field("name", \.name, .text(1...256), "The name that the model sees.", required: true),
        field("description", \.description, .text(), "What it is for."),
        field("props", \.props, .llmSchema, "The JSON Schema of what the model fills in."),
        field("render", \.render, .structure, "How it is drawn."),
    ]
}
