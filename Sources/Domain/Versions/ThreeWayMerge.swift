import Catalog

/// A resource's document as the common base of two others has it. Where several states are the nearest that both come
/// from, they are merged themselves, and what they do not agree in is undecided: it equals neither side.
struct BaseDocument: Equatable {
    /// What is known of it; nil when it was not there.
    var document: JSONObject?
    /// Members that are undecided.
    var undecided: Set<String> = []
    /// Whether it is undecided that it was there.
    var isUndecided = false

    init(_ document: JSONValue?) { self.document = document?.object }
}

/// The merge of one resource: per member, nested ones as a whole (manage spec §4.4).
enum ThreeWayMerge {
    /// What comes of it.
    enum Outcome: Equatable {
        /// The document that holds what both sides changed; nil when the resource is gone.
        case settled(JSONObject?)
        /// Both sides changed the same members to different values. `merged` has ours in them, and the rest merged.
        case members([String], merged: JSONObject)
        /// One side deleted what the other changed.
        case whole
    }

    /// Merges what two sides made of a base.
    static func merge(_ base: BaseDocument, ours: JSONObject?, theirs: JSONObject?) -> Outcome {
        if ours == theirs { return .settled(ours) }
        if !base.isUndecided, base.undecided.isEmpty {
            if ours == base.document { return .settled(theirs) }
            if theirs == base.document { return .settled(ours) }
        }
        guard let ours, let theirs else { return .whole }
        var merged = ours
        var conflicting: [String] = []
        for name in ours.keys + theirs.keys.filter({ ours[$0] == nil }) where ours[name] != theirs[name] {
            let isKnown = !base.isUndecided && !base.undecided.contains(name)
            if isKnown, ours[name] == base.document?[name] {
                merged[name] = theirs[name]
            } else if !isKnown || theirs[name] != base.document?[name] {
                conflicting.append(name)
            }
        }
        return conflicting.isEmpty ? .settled(merged) : .members(conflicting, merged: merged)
    }

    /// The base that two bases make together.
    static func merge(_ base: BaseDocument, _ one: BaseDocument, _ other: BaseDocument) -> BaseDocument {
        var merged = BaseDocument(nil)
        switch merge(base, ours: one.document, theirs: other.document) {
        case .settled(let document): merged.document = document
        case .members(let names, let document):
            merged.document = document
            merged.undecided = Set(names)
        case .whole:
            merged.document = one.document ?? other.document
            merged.isUndecided = true
        }
        merged.undecided.formUnion(one.undecided.union(other.undecided))
        merged.isUndecided = merged.isUndecided || one.isUndecided || other.isUndecided
        return merged
    }
}
