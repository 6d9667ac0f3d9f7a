/// The lines in which two texts differ, with some of those around them.
struct TextDifference {
    /// A line of either text.
    enum Line: Equatable {
        /// In both.
        case same(String)
        /// In the old one alone.
        case removed(String)
        /// In the new one alone.
        case added(String)
        /// Stands for lines that are in both and are not shown.
        case gap
    }

    /// What is shown, in order.
    let lines: [Line]

    /// Lines at most between the first and the last difference that are compared with each other: the time grows with
    /// their square.
    private static let comparedMax = 2000

    /// Compares two texts.
    ///
    /// - Parameter around: lines shown before and after each difference.
    init(_ old: String, _ new: String, around: Int = 2) {
        let (old, new) = (Self.split(old), Self.split(new))
        let start = zip(old, new).prefix { $0 == $1 }.count
        let end = zip(old.dropFirst(start).reversed(), new.dropFirst(start).reversed()).prefix { $0 == $1 }.count
        let middle = Self.compared(Array(old.dropFirst(start).dropLast(end)), Array(new.dropFirst(start).dropLast(end)))
        let all = old.prefix(start).map(Line.same) + middle + old.suffix(end).map(Line.same)
        lines = Self.shortened(all, around)
    }

    private static func split(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func compared(_ old: [String], _ new: [String]) -> [Line] {
        guard max(old.count, new.count) <= comparedMax else { return old.map(Line.removed) + new.map(Line.added) }
        var (removed, added): (Set<Int>, Set<Int>) = ([], [])
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removed.contains(left) {
                lines.append(.removed(old[left]))
                left += 1
            } else if added.contains(right) {
                lines.append(.added(new[right]))
                right += 1
            } else {
                lines.append(.same(old[left]))
                (left, right) = (left + 1, right + 1)
            }
        }
        return lines
    }

    private static func shortened(_ lines: [Line], _ around: Int) -> [Line] {
        var isShown = Array(repeating: false, count: lines.count)
        for (place, line) in lines.enumerated() {
            if case .same = line { continue }
            for near in max(0, place - around)...min(lines.count - 1, place + around) { isShown[near] = true }
        }
        var shown: [Line] = []
        for (place, line) in lines.enumerated() {
            if isShown[place] { shown.append(line) } else if shown.last != .gap { shown.append(.gap) }
        }
        return shown
    }
}
