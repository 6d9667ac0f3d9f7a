import Cryptography

/// A structure that users manage by name: it has an id, lives in a scope, and is stored, linked and served by its kind.
public protocol Resource: Structure {
    /// The id, unique within its kind and place.
    var id: String { get set }
    /// The declaration. Declare it with `static let`.
    static var kind: Kind { get }
}

extension Resource {
    /// The value of a stored resource.
    public init(_ entry: Entry) {
        self.init(stored: entry.document)
        id = entry.key.id
    }

    /// Puts the secrets of `old` where a client sent back their masks; notes a broken field for each that is not there.
    public mutating func keepSecrets(of old: Self?, _ decoding: inout Decoding) {
        guard let places = Self.kind.secrets else { return }
        let document = document
        guard places.contains(in: document, where: { Secret($0) == .kept }) else { return }
        self = Self(stored: places.keeping(document, as: old?.document, &decoding))
    }
}

/// How the id of a new resource comes about (manage spec §0.3).
public enum Identity: Sendable, Equatable {
    /// The client names it; a create without is refused.
    case chosen
    /// The client may name it; else it is 21 random characters.
    case generated
    /// It is 21 random characters after this text, whatever a create names.
    case prefixed(String)
    /// It follows from these members and from where the resource lives, whatever a create names: the same thing made
    /// twice, on whatever branch, has the same id.
    case derived([String])
}

/// What a create answers when the thing is there already.
public enum Duplicate: Sendable, Equatable {
    /// 409.
    case conflict
    /// 422, as relations do (manage spec §2.4, §2.6).
    case unprocessable
    /// The thing is replaced, 201 (manage spec §2.7).
    case replace
}

/// A resource on its way into the store, as rules see it.
public struct Placement<R: Resource> {
    /// The value about to be stored; rules may change it.
    public var value: R
    /// What is stored now, or nil for a new resource.
    public let old: R?
    /// Its key.
    public let key: ResourceKey
}

/// Rules of a kind that one field cannot say. Each runs inside the transaction of the operation.
public struct Rules<R: Resource>: Sendable {
    /// Changes or refuses a value that is about to be stored.
    public var beforePut: (@Sendable (inout Placement<R>, Workspace) throws -> Void)?
    /// Does what else follows from a value that was stored.
    public var afterPut: (@Sendable (Placement<R>, Workspace) throws -> Void)?
    /// Refuses or prepares a deletion.
    public var beforeDelete: (@Sendable (R, ResourceKey, Workspace) throws -> Void)?
    /// Does what else follows from a deletion that was asked for.
    public var afterDelete: (@Sendable (R, ResourceKey, Workspace) throws -> Void)?
    /// The resource with another id that a new one takes the place of, or nil; a create then answers 200.
    public var replaces: (@Sendable (R, ResourceKey, Workspace) throws -> ResourceKey?)?

    /// Rules; those left out do nothing.
    public init(
        beforePut: (@Sendable (inout Placement<R>, Workspace) throws -> Void)? = nil,
        afterPut: (@Sendable (Placement<R>, Workspace) throws -> Void)? = nil,
        beforeDelete: (@Sendable (R, ResourceKey, Workspace) throws -> Void)? = nil,
        afterDelete: (@Sendable (R, ResourceKey, Workspace) throws -> Void)? = nil,
        replaces: (@Sendable (R, ResourceKey, Workspace) throws -> ResourceKey?)? = nil
    ) {
        self.beforePut = beforePut
        self.afterPut = afterPut
        self.beforeDelete = beforeDelete
        self.afterDelete = afterDelete
        self.replaces = replaces
    }
}

/// Members that answers have beside the declared ones.
public struct Extras<R: Resource>: Sendable {
    /// The JSON Schemas of the members that every answer has.
    public let schemas: JSONObject
    /// The JSON Schemas of the members that some answers have.
    public let optionalSchemas: JSONObject
    /// The members of every answer.
    public let always: @Sendable (R, BranchKey) -> JSONObject
    /// The members of every answer to an operation that say what the moment, the caller or other resources make of it.
    public let inContext: (@Sendable (R, ResourceKey, Workspace) throws -> JSONObject)?
    /// What is said beside the answer to a create or an update that was done but may not do what was meant, or nil.
    public let warning: (@Sendable (R) -> String?)?
    /// The members of the answer to a single get.
    public let onGet: (@Sendable (R, ResourceKey, Workspace) throws -> JSONObject)?
    /// The members of each element of a page of the list, by the elements' ids, if its query asks for them.
    public let onList: ListMembers?
    /// How the resources stand in the world, by which a list is filtered; nil for kinds of which nothing is found out.
    public let standing: Standing<R>?

    /// Finds the members of the elements of a page, by their ids.
    public typealias ListMembers =
        @Sendable (
            _ ids: [String], _ page: Page, _ query: [String: String], _ workspace: Workspace
        ) throws -> [String: JSONObject]

    /// Members beside the declared ones; none unless told.
    public init(
        schemas: JSONObject = [:], optionalSchemas: JSONObject = [:],
        always: @escaping @Sendable (R, BranchKey) -> JSONObject = { _, _ in [:] },
        inContext: (@Sendable (R, ResourceKey, Workspace) throws -> JSONObject)? = nil,
        warning: (@Sendable (R) -> String?)? = nil,
        onGet: (@Sendable (R, ResourceKey, Workspace) throws -> JSONObject)? = nil, onList: ListMembers? = nil,
        standing: Standing<R>? = nil
    ) {
        self.schemas = schemas
        self.optionalSchemas = optionalSchemas
        self.always = always
        self.inContext = inContext
        self.warning = warning
        self.onGet = onGet
        self.onList = onList
        self.standing = standing
    }
}

/// The names of a kind's operations in the contract. They are irregular, so they are data; nil is not offered.
public struct OperationNames: Sendable {
    let list: String?
    let get: String?
    let create: String?
    let update: String?
    let delete: String?
    let getSummary: String?

    /// The names as the contract has them.
    ///
    /// - Parameter getSummary: The summary of `get`; made from the kind's label unless told.
    public init(
        list: String? = nil, get: String? = nil, create: String? = nil, update: String? = nil, delete: String? = nil,
        getSummary: String? = nil
    ) {
        self.list = list
        self.get = get
        self.create = create
        self.update = update
        self.delete = delete
        self.getSummary = getSummary
    }
}

/// Who may call a kind's operations.
public struct Permissions: Sendable {
    let list: Operation.Permission
    let get: Operation.Permission
    let create: Operation.Permission
    let update: Operation.Permission
    let delete: Operation.Permission

    /// View to read, edit to change, as nearly all kinds have it.
    public static let usual = Permissions(list: .view, get: .view, create: .edit, update: .edit, delete: .edit)

    /// Permissions, each named.
    public init(
        list: Operation.Permission, get: Operation.Permission, create: Operation.Permission,
        update: Operation.Permission, delete: Operation.Permission
    ) {
        self.list = list
        self.get = get
        self.create = create
        self.update = update
        self.delete = delete
    }
}

/// The id of one logical thing on every branch: SHA-256 over parts joined by NUL, in hexadecimal, the first 32
/// characters (manage spec §0.3).
public enum DeterministicID {
    /// The id of what `parts` name; their order counts.
    public static func make(_ parts: [String]) -> String {
        String(SHA256.hexadecimal(parts.joined(separator: "\0")).prefix(32))
    }
}
