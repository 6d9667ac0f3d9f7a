import Catalog

/// The nearest state that two states both come from, by whatever way: where a branch was made, or an earlier merge.
struct MergeBase {
    /// The states that it is made of: one, unless the two took in the same states in another order.
    let commits: [Commit]
    /// Reads resources as they are there, each of them.
    let read: ([ResourceKey]) throws -> [ResourceKey: BaseDocument]

    /// Finds the base of what is in two states.
    static func find(_ one: VersionVector, _ other: VersionVector, _ versions: Versions) throws -> MergeBase {
        let common = try one.common(with: other).map { (commit: $0, vector: try versions.vector($0)) }
        // A state that is in another of them is not the nearest.
        let nearest = common.filter { candidate in
            !common.contains { other in
                other.commit != candidate.commit && other.vector.contains(candidate.commit)
                    && !(candidate.vector.contains(other.commit) && precedes(candidate.commit, other.commit))
            }
        }
        guard let first = nearest.first else { return MergeBase(commits: []) { _ in [:] } }
        var vector = first.vector
        var read = try reader(first.commit, versions)
        for next in nearest.dropFirst() {
            let beneath = try find(vector, next.vector, versions)
            let (left, right) = (read, try reader(next.commit, versions))
            read = { keys in
                let (base, one, other) = (try beneath.read(keys), try left(keys), try right(keys))
                return Dictionary(
                    uniqueKeysWithValues: keys.map { key in
                        func document(_ documents: [ResourceKey: BaseDocument]) -> BaseDocument {
                            documents[key] ?? BaseDocument(nil)
                        }
                        return (key, ThreeWayMerge.merge(document(base), document(one), document(other)))
                    })
            }
            vector = vector.union(next.vector)
        }
        return MergeBase(commits: nearest.map(\.commit), read: read)
    }

    /// An order among states that hold each other, which are equal, so that one of them is kept.
    private static func precedes(_ one: Commit, _ other: Commit) -> Bool {
        (one.life, one.number) < (other.life, other.number)
    }

    private static func reader(
        _ commit: Commit, _ versions: Versions
    ) throws -> ([ResourceKey]) throws -> [ResourceKey: BaseDocument] {
        let read = try versions.reader(commit)
        return { try read($0).mapValues { BaseDocument($0.document) } }
    }
}
