public import Catalog

/// An agent on another server that sub-agents may call (manage spec §2.12).
public struct ExternalAgent: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// The name shown to people and models.
    public var name = ""
    /// What it is for, told to sub-agents that may call it.
    public var description: String?
    /// Its http or https address.
    public var baseUrl = ""
    /// The credential for it; nil for none.
    public var credentialReferenceId: String?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "external-agent", title: "External agent", plural: "external-agents", in: .project,
        tags: ["External Agents"],
        names: OperationNames(
            list: "list-external-agents", get: "get-external-agent-by-id", create: "create-external-agent",
            update: "update-external-agent", delete: "delete-external-agent"),
        filters: [("credentialReferenceId", "credentialReferenceId")], refusesEmptyUpdate: true)

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The external agent's id.", .createOnly, required: true),
        field("name", \.name, .text(1...256), "The name shown to people and models.", required: true),
        field("description", \.description, .text(), "What it is for."),
        field("baseUrl", \.baseUrl, .httpURL, "Its http or https address.", required: true),
        field(
            "credentialReferenceId", \.credentialReferenceId, .text(1...256), "The credential for it.",
            reference: .to("credential", onDelete: .clear)),
    ]
}
