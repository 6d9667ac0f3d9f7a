public import Catalog

/// A function as a tool of an agent: the name and description that a model sees (manage spec §2.8).
public struct FunctionTool: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// The agent that it belongs to.
    public var agentId = ""
    /// The name that the model sees.
    public var name = ""
    /// The description that the model sees.
    public var description: String?
    /// The function.
    public var functionId = ""

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "function-tool", title: "Function tool", plural: "function-tools", in: .agent,
        tags: ["Function Tools"],
        names: OperationNames(
            list: "list-function-tools", get: "get-function-tool", create: "create-function-tool",
            update: "update-function-tool", delete: "delete-function-tool",
            getSummary: "Get Function Tool by ID"), filters: [("functionId", "functionId")])

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The function tool's id.", .createOnly, required: true),
        field("agentId", \.agentId, .resourceID, "The agent that it belongs to.", .fromPath),
        field("name", \.name, .text(1...256), "The name that the model sees.", required: true),
        field("description", \.description, .text(), "The description that the model sees."),
        field(
            "functionId", \.functionId, .text(1...256), "The function.", required: true, reference: .to("function")),
    ]
}
