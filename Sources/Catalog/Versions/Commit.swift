/// One state of a project's configuration: a life of a branch, from its making to its deletion, at the number of a
/// change.
public struct Commit: Sendable, Hashable {
    /// The random number of the branch's life. A branch that is made anew under an old name has another.
    public let life: Int64
    /// The number of the last change in the state.
    public let number: Int64

    /// A state from its parts.
    public init(life: Int64, number: Int64) {
        self.life = life
        self.number = number
    }

    /// The state that a hash names within its project; nil when it is no hash, or another project's. Whether there is
    /// such a state the hash does not say.
    public init?(hash: String, in project: BranchKey) {
        guard let words = Self.decode(hash) else { return nil }
        let mask = Self.mask(words.check)
        self.init(
            life: Int64(bitPattern: words.life ^ mask.life), number: Int64(bitPattern: words.number ^ mask.number))
        guard check(in: project) == words.check else { return nil }
    }

    /// The state's name as clients see it: 32 characters of `[0-9a-v]` (manage spec §4.2). It holds the two numbers and
    /// a check of them and the project, so that no table of hashes is needed and a wrong one is known to be wrong.
    public func hash(in project: BranchKey) -> String {
        let check = check(in: project)
        let mask = Self.mask(check)
        var characters: [UInt8] = []
        var bits: UInt64 = 0
        var count = 0
        func append(_ byte: UInt8) {
            bits = bits << 8 | UInt64(byte)
            count += 8
            while count >= 5 {
                count -= 5
                characters.append(Self.digits[Int(bits >> UInt64(count) & 31)])
            }
        }
        for word in [UInt64(bitPattern: life) ^ mask.life, UInt64(bitPattern: number) ^ mask.number] {
            for shift in stride(from: 56, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        for shift in stride(from: 24, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: check >> shift)) }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The characters of base32hex (RFC 4648 §7) in lower case.
    private static let digits = Array("0123456789abcdefghijklmnopqrstuv".utf8)

    private static func decode(_ hash: String) -> (life: UInt64, number: UInt64, check: UInt32)? {
        guard hash.utf8.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt64 = 0
        var count = 0
        for character in hash.utf8 {
            guard let digit = digits.firstIndex(of: character) else { return nil }
            bits = bits << 5 | UInt64(digit)
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(count)))
            }
        }
        func word(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        return (word(0..<8), word(8..<16), UInt32(word(16..<20)))
    }

    /// FNV-1a over what the hash stands for, folded to 32 bits: it guards against mistakes, not against attacks.
    private func check(in project: BranchKey) -> UInt32 {
        let text = "\(project.tenant)\0\(project.project)\0\(life)\0\(number)"
        let sum = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return UInt32(truncatingIfNeeded: sum ^ sum >> 32)
    }

    /// What is laid over the two numbers, so that the hashes of neighbouring states do not look alike (SplitMix64).
    private static func mask(_ check: UInt32) -> (life: UInt64, number: UInt64) {
        var state = UInt64(check)
        func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
            return mixed ^ mixed >> 31
        }
        return (next(), next())
    }
}

/// What a state of a branch has in it of every life: the highest number of each. A state has another in it when its
/// number of that one's life is at least as high.
public struct VersionVector: Sendable, Equatable {
    /// The highest number by life.
    public private(set) var numbers: [Int64: Int64]

    /// The numbers of each life.
    public init(_ numbers: [Int64: Int64] = [:]) { self.numbers = numbers }

    /// Whether the state is among what is in this one.
    public func contains(_ commit: Commit) -> Bool { numbers[commit.life].map { $0 >= commit.number } ?? false }

    /// This and the other together.
    public func union(_ other: VersionVector) -> VersionVector {
        VersionVector(numbers.merging(other.numbers) { max($0, $1) })
    }

    /// This with the state in it.
    public func including(_ commit: Commit) -> VersionVector { union(VersionVector([commit.life: commit.number])) }

    /// The states that are in both, the last of each life.
    public func common(with other: VersionVector) -> [Commit] {
        numbers.compactMap { life, number in
            other.numbers[life].map { Commit(life: life, number: min(number, $0)) }
        }.sorted { ($0.number, $0.life) > ($1.number, $1.life) }
    }
}
