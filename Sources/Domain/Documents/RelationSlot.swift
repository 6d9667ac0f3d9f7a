import Catalog

/// A relation that has a place in a list of a whole document.
protocol Placed: Resource {
    /// The place; nil for one made alone.
    var position: Int? { get set }
    /// The id of what is used or called.
    var target: String { get }
}

extension SubAgentRelation: Placed {
    var target: String { targetSubAgentId ?? "" }
}

extension ExternalAgentRelation: Placed {
    var target: String { externalAgentId }
}

extension TeamAgentRelation: Placed {
    var target: String { targetAgentId }
}

extension ToolRelation: Placed {
    var target: String { toolId }
}

extension Association: Placed {}

/// A relation of whatever kind at a place in a list.
struct RelationSlot {
    let key: ResourceKey
    let position: Int?
    let target: String
    let write: (Workspace, Int?) throws -> Void

    init<R: Placed>(_ relation: R, in parent: String) {
        key = ResourceKey(kind: R.kind.name, parent: parent, id: relation.id)
        position = relation.position
        target = relation.target
        write = { workspace, position in
            var relation = relation
            relation.position = position
            try workspace.put(relation, in: parent)
        }
    }
}

extension Sent {
    /// What is stored after this was said over `old`.
    func over(_ old: Value?) -> Value? {
        switch self {
        case .absent: old
        case .null: nil
        case .value(let value): value
        }
    }
}

extension Sent {
    /// The same for maps, of which answers show nothing as empty: an empty one says what is so already.
    func mapOver<Element>(_ old: Value?) -> Value? where Value == OrderedMap<Element> {
        if case .value(let map) = self, map.isEmpty, old == nil { return nil }
        return over(old)
    }
}

extension Sent where Value == HeaderMap {
    /// The same for header fields, with the values of `old` where their masks came back.
    func headersOver(_ old: HeaderMap?) -> HeaderMap? {
        if case .value(let map) = self, map.isEmpty, old == nil { return nil }
        return over(old)?.keeping(old)
    }
}

extension ExternalDelegate {
    init(externalAgentId: String) {
        self.init()
        self.externalAgentId = externalAgentId
    }
}

extension Array where Element: Hashable {
    /// The elements, each once, in the order in which they first came.
    var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
