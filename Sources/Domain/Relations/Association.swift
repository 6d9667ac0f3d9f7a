public import Catalog

/// What sub-agents can be associated with: forms of answers, function tools, skills.
public protocol Associable: Resource {
    /// What an association with it says beside who and what.
    associatedtype Detail: Sendable, Equatable

    /// The detail with every default in place.
    static var detailDefault: Detail { get }
    /// The member of the association that names it, on the wire.
    static var associationMember: String { get }
    /// The members of the association. Declare it with `static let`.
    static var associationFields: [Field<Association<Self>>] { get }
    /// The kind of the association. Declare it with `static let`; it reads `associationFields`.
    static var associationKind: Kind { get }
}

/// That a sub-agent has something to use (manage spec §1.14–§1.19, §2.9). The one declaration of all such
/// relations: what differs between them is data, which the thing that is used keeps (`Associable`).
@dynamicMemberLookup
public struct Association<Target: Associable>: Resource, Equatable {
    /// The id, unique within its kind and place.
    public var id = ""
    /// Who has it.
    public var subAgentId = ""
    /// What it has: the id of the target.
    public var target = ""
    /// What is said beside who and what.
    public var detail = Target.detailDefault
    /// Its place in the sub-agent's list; nil when it was made alone.
    public var position: Int?

    /// One with every default in place.
    public init() {}

    /// The declaration from which everything else follows.
    public static var kind: Kind { Target.associationKind }

    /// The members.
    public static var fields: [Field<Self>] { Target.associationFields }

    /// The members that say which association it is; its id follows from them.
    public static var identifying: [String] { ["subAgentId", Target.associationMember] }

    /// What is said beside who and what, member by member.
    public subscript<Value>(dynamicMember path: WritableKeyPath<Target.Detail, Value>) -> Value {
        get { detail[keyPath: path] }
        set { detail[keyPath: path] = newValue }
    }

    /// The members that every association has, and between them those of the detail.
    ///
    /// - Parameters:
    ///   - place: Where the target lives, seen from the association.
    ///   - details: The members of the detail.
    ///   - position: The member that holds the place in the list; one that clients do not see unless told.
    static func fields(
        to place: Reference.Place, _ details: [Field<Self>] = [], position: Field<Self>? = nil
    ) -> [Field<Self>] {
        let unseen: Field<Self> = field(
            "position", \.position, .integer(), "Its place in the sub-agent's list.", .hidden)
        return [
            field("id", \.id, .resourceID, "Follows from the rest.", .fromPath),
            field(
                "subAgentId", \.subAgentId, .resourceID, "Who has it.", required: true,
                reference: .to("sub-agent", .sameAgent)),
            field(
                Target.associationMember, \.target, .resourceID, "What it has.", required: true,
                reference: .to(Target.kind.name, place)),
        ] + details + [position ?? unseen]
    }
}

/// Of associations that say nothing beside who and what.
public struct NoDetail: Sendable, Equatable {
    /// Nothing.
    public init() {}
}

extension Associable where Detail == NoDetail {
    /// Nothing.
    public static var detailDefault: NoDetail { NoDetail() }
}
