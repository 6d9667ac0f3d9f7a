public import Catalog
import JavaScript

/// A JavaScript function that function tools call (manage spec §2.7).
public struct Function: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// The JSON Schema of its argument; nil for anything.
    public var inputSchema: JSONValue?
    /// The source of one function.
    public var executeCode = ""
    /// npm packages by name with their versions; nil for none.
    public var dependencies: OrderedMap<String>?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static let kind = Kind(
        Self.self, "function", title: "Function", plural: "functions", in: .project, tags: ["Functions"],
        names: OperationNames(
            list: "list-functions", get: "get-function", create: "create-function", update: "update-function",
            delete: "delete-function", getSummary: "Get Function by ID"), onDuplicate: .replace)

    /// The members.
    public static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "The function's id.", .createOnly, required: true),
        field("inputSchema", \.inputSchema, .jsonSchema, "The JSON Schema of its argument."),
        field(
            "executeCode", \.executeCode, .text(1...1_000_000).checked(JavaScript.functionProblem),
            "The source of one JavaScript function.", required: true),
        field("dependencies", \.dependencies, .textMap, "npm packages by name with their versions."),
    ]
}
