import Catalog
import Testing

@Suite struct CommitTests {
    private let project = BranchKey(tenant: "t", project: "p")

    @Test func `a hash is 32 characters and says which state it names`() throws {
        for (life, number) in [(0, 0), (Int64.min, Int64.max), (-1, 1), (4_711, 12)] as [(Int64, Int64)] {
            let commit = Commit(life: life, number: number)
            let hash = commit.hash(in: project)
            #expect(hash.wholeMatch(of: #/[0-9a-v]{32}/#) != nil)
            #expect(Commit(hash: hash, in: project) == commit)
            #expect(Commit(hash: hash, in: BranchKey(tenant: "t", project: "q")) == nil, "of another project")
            #expect(Commit(hash: hash, in: BranchKey(tenant: "u", project: "p")) == nil, "of another tenant")
        }
    }

    @Test func `hashes of neighbours do not look alike`() {
        let hashes = (1...50).map { Commit(life: 7, number: $0).hash(in: project) }
        #expect(Set(hashes.map { $0.prefix(8) }).count == 50)
    }

    @Test func `what is mistyped is no hash`() {
        let hash = Array(Commit(life: 99, number: 3).hash(in: project))
        var wrong = 0
        for position in hash.indices {
            var other = hash
            other[position] = other[position] == "0" ? "1" : "0"
            if Commit(hash: String(other), in: project) == nil { wrong += 1 }
        }
        #expect(wrong == 32)
        for text in [
            "", "main", String(hash.dropLast()), String(hash) + "0", String(hash).uppercased(), "w" + hash.dropFirst(),
        ] {
            #expect(Commit(hash: text, in: project) == nil, "\(text)")
        }
    }

    @Test func `vectors know what is in them`() {
        let vector = VersionVector([1: 5]).including(Commit(life: 2, number: 3))
        #expect(vector.contains(Commit(life: 1, number: 5)) && !vector.contains(Commit(life: 1, number: 6)))
        #expect(!vector.contains(Commit(life: 3, number: 0)))
        let other = VersionVector([1: 4, 2: 9, 3: 1])
        #expect(Set(vector.common(with: other)) == [Commit(life: 1, number: 4), Commit(life: 2, number: 3)])
        #expect(vector.union(other) == VersionVector([1: 5, 2: 9, 3: 1]))
    }
}
