import Catalog

/// What a job that writes knows of its branch, so that it asks for nothing twice: the branch is locked, and nobody else
/// changes it. It knows what it has read or written, and for whole places also what is not there.
struct KnownResources {
    /// Where everything is known.
    enum Whole: Hashable {
        case branch
        /// What lives in a resource, by the place within it (`ResourceKey.place`).
        case place(String)
    }

    private struct Name: Hashable {
        let kind: String
        let id: String
    }

    /// By parent and name; nil for what is known not to be there.
    private var entries: [String: [Name: Entry?]] = [:]
    private var links: [ResourceKey: Set<ResourceLink>] = [:]
    private var wholes: Set<Whole> = []
    private var linkedWholes: Set<Whole> = []

    /// The resource under a key, or that there is none; nil when it is not known.
    subscript(key: ResourceKey) -> Entry?? {
        if let entry = entries[key.parent]?[Name(kind: key.kind, id: key.id)] { return entry }
        return whole(holding: key) == nil ? nil : .some(nil)
    }

    /// Where everything is known and the key belongs; nil when there is no such place.
    func whole(holding key: ResourceKey) -> Whole? {
        guard !wholes.isEmpty else { return nil }
        if wholes.contains(.branch) { return .branch }
        var place = key.parent[...]
        while true {
            let whole = Whole.place(String(place))
            if wholes.contains(whole) { return whole }
            guard let slash = place.lastIndex(of: "/") else { return nil }
            place = place[..<slash]
        }
    }

    /// Everything there, oldest first; nil when it is not known.
    func everything(in whole: Whole) -> [Entry]? {
        guard wholes.contains(whole) else { return nil }
        let places: [[Name: Entry?]] =
            switch whole {
            case .branch: Array(entries.values)
            case .place(let place): entries.filter { $0.key == place || $0.key.hasPrefix(place + "/") }.map(\.value)
            }
        return places.flatMap { $0.values.compactMap(\.self) }.oldestFirst
    }

    /// What a resource refers to; nil when it is not known.
    func links(from key: ResourceKey) -> Set<ResourceLink>? {
        if let known = links[key] { return known }
        return whole(holding: key).flatMap { linkedWholes.contains($0) ? [] : nil }
    }

    /// Notes what is under a key, nil for nothing.
    mutating func note(_ entry: Entry?, at key: ResourceKey) {
        entries[key.parent, default: [:]][Name(kind: key.kind, id: key.id)] = .some(entry)
        if entry == nil { links[key] = [] }
    }

    /// Notes everything that is there.
    mutating func note(_ all: [Entry], in whole: Whole) {
        for entry in all { note(entry, at: entry.key) }
        wholes.insert(whole)
    }

    /// Notes what a resource refers to.
    mutating func note(_ links: Set<ResourceLink>, from key: ResourceKey) { self.links[key] = links }

    /// Notes that of everything there all links were noted.
    mutating func noteLinks(of whole: Whole) { linkedWholes.insert(whole) }
}

extension [Entry] {
    /// The same in the order of their making.
    var oldestFirst: [Entry] { sorted { ($0.createdAt, $0.key.id) < ($1.createdAt, $1.key.id) } }
}
