/// A version of a package (semver.org): three numbers, and what marks it as not yet one.
struct PackageVersion: Comparable {
    let numbers: [Int]
    let marks: [String]

    /// Reads `1.2.3-beta.1+build`; nil when it is none.
    init?(_ text: some StringProtocol) {
        let plain = Substring(text.prefix { $0 != "+" })
        let parts = plain.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard numbers.count == 3 else { return nil }
        self.init(numbers: numbers, marks: parts.count == 2 ? parts[1].split(separator: ".").map(String.init) : [])
    }

    init(numbers: [Int], marks: [String] = []) {
        self.numbers = numbers
        self.marks = marks
    }

    static func < (left: PackageVersion, right: PackageVersion) -> Bool {
        if left.numbers != right.numbers { return left.numbers.lexicographicallyPrecedes(right.numbers) }
        if left.marks.isEmpty || right.marks.isEmpty { return !left.marks.isEmpty && right.marks.isEmpty }
        for (one, other) in zip(left.marks, right.marks) where one != other {
            switch (Int(one), Int(other)) {
            case (let one?, let other?): return one < other
            case (nil, nil): return one < other
            case (let number, _): return number != nil
            }
        }
        return left.marks.count < right.marks.count
    }
}

/// The versions that will do, as npm writes them: `^1.2`, `~1.2.3`, `1.x`, `>=1 <3`, `1.2 - 2`, `^1 || ^2`, `*`.
struct VersionRange {
    /// One bound.
    private struct Bound {
        enum Side { case least, below, most, above, exactly }
        let side: Side
        let version: PackageVersion

        func admits(_ other: PackageVersion) -> Bool {
            switch side {
            case .least: other >= version
            case .above: other > version
            case .below: other < version
            case .most: other <= version
            case .exactly: other == version
            }
        }
    }

    /// Any of these, in which all bounds hold.
    private let alternatives: [[Bound]]

    /// Reads a range; nil when it is none. A name such as `latest` admits every version.
    init?(_ text: String) {
        var alternatives: [[Bound]] = []
        for part in text.split(separator: "|", omittingEmptySubsequences: true) {
            guard let bounds = Self.bounds(part) else { return nil }
            alternatives.append(bounds)
        }
        self.alternatives = alternatives.isEmpty ? [[]] : alternatives
    }

    /// Whether a version will do. One that is marked as not yet one does where a bound names a mark of the same
    /// numbers.
    func contains(_ version: PackageVersion) -> Bool {
        alternatives.contains { bounds in
            bounds.allSatisfy { $0.admits(version) }
                && (version.marks.isEmpty
                    || bounds.contains { !$0.version.marks.isEmpty && $0.version.numbers == version.numbers })
        }
    }

    private static func bounds(_ text: Substring) -> [Bound]? {
        var words = text.split(separator: " ").map(String.init)
        if words.count == 3, words[1] == "-" {
            guard let low = Partial(words[0]), let high = Partial(words[2]) else { return nil }
            return [Bound(side: .least, version: low.lowest)] + high.atMost
        }
        // `>= 1.2` is one bound.
        for index in words.indices.reversed().dropFirst() where words[index].allSatisfy({ "<>=^~".contains($0) }) {
            words[index] += words.remove(at: index + 1)
        }
        var bounds: [Bound] = []
        for word in words {
            guard let more = Self.bounds(of: word) else { return nil }
            bounds += more
        }
        return bounds
    }

    private static func bounds(of word: String) -> [Bound]? {
        let sign = String(word.prefix { "<>=^~".contains($0) })
        let rest = word.dropFirst(sign.count)
        if sign.isEmpty, isName(rest) { return [] }
        guard let partial = Partial(rest) else { return nil }
        switch sign {
        case "": return partial.count == 3 ? [Bound(side: .exactly, version: partial.lowest)] : partial.within
        case "=": return partial.within
        case "^": return partial.count == 0 ? [] : partial.caret
        case "~", "~>": return partial.count == 0 ? [] : partial.tilde
        case ">=": return [Bound(side: .least, version: partial.lowest)]
        case "<": return [Bound(side: .below, version: partial.lowest)]
        case "<=": return partial.atMost
        case ">":
            return partial.count == 3
                ? [Bound(side: .above, version: partial.lowest)] : [Bound(side: .least, version: partial.next)]
        default: return nil
        }
    }

    /// Whether it is a name as `latest` and no version as `v1` or `x`.
    private static func isName(_ text: Substring) -> Bool {
        let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
        return isPlain && text.first?.isLetter == true && Partial(text) == nil
    }

    /// A version of which numbers may be missing.
    private struct Partial {
        let lowest: PackageVersion
        /// Numbers that are there.
        let count: Int

        init?(_ text: some StringProtocol) {
            let plain = Substring(text.drop { $0 == "v" }.prefix { $0 != "+" })
            let parts = plain.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let words = parts[0].split(separator: ".", omittingEmptySubsequences: false)
            let known = words.prefix { !["x", "X", "*", ""].contains($0) }
            guard words.count <= 3, !words.contains("") else { return nil }
            var numbers: [Int] = []
            for word in known {
                guard let number = Int(word), number >= 0 else { return nil }
                numbers.append(number)
            }
            count = numbers.count
            let marks = parts.count == 2 && count == 3 ? parts[1].split(separator: ".").map(String.init) : []
            lowest = PackageVersion(numbers: numbers + [Int](repeating: 0, count: 3 - count), marks: marks)
        }

        /// The first version after all that begin with the first `kept` numbers.
        private func after(_ kept: Int) -> PackageVersion {
            var numbers = lowest.numbers
            numbers[kept - 1] += 1
            for index in kept..<3 { numbers[index] = 0 }
            return PackageVersion(numbers: numbers)
        }

        /// The first version after all that it may mean.
        var next: PackageVersion { count == 0 ? PackageVersion(numbers: [.max, 0, 0]) : after(count) }

        private func from(below: PackageVersion) -> [Bound] {
            [Bound(side: .least, version: lowest), Bound(side: .below, version: below)]
        }

        var within: [Bound] {
            count == 0 ? [] : count == 3 ? [Bound(side: .exactly, version: lowest)] : from(below: next)
        }
        var atMost: [Bound] { [Bound(side: count == 3 ? .most : .below, version: count == 3 ? lowest : next)] }
        var tilde: [Bound] { from(below: after(min(count, 2))) }
        /// The first number that is not 0 stays.
        var caret: [Bound] {
            let first = lowest.numbers.prefix(count).firstIndex { $0 != 0 }
            return from(below: after((first ?? count - 1) + 1))
        }
    }
}
