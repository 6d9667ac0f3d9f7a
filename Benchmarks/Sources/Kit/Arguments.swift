/// The options of one of the bench's programs: `--name value` pairs and bare `--flags`.
public struct Arguments: Sendable {
    private var values: [String: [String]] = [:]
    private var flags: Set<String> = []

    /// Reads `words` (without the program's name). Throws for a word that is in neither list, and for a missing value.
    public init(_ words: [String], values known: Set<String>, flags knownFlags: Set<String> = []) throws(Complaint) {
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            guard word.hasPrefix("--") else { throw Complaint("unexpected '\(word)'") }
            let name = String(word.dropFirst(2))
            if knownFlags.contains(name) {
                flags.insert(name)
            } else if known.contains(name) {
                guard index < words.count else { throw Complaint("--\(name) needs a value") }
                values[name, default: []].append(words[index])
                index += 1
            } else {
                let all = known.map { "--\($0) VALUE" } + knownFlags.map { "--\($0)" }
                throw Complaint("unknown option --\(name); known: \(all.sorted().joined(separator: ", "))")
            }
        }
    }

    /// Whether the flag was given.
    public func has(_ flag: String) -> Bool { flags.contains(flag) }

    /// The last value given; nil when none was.
    public func text(_ name: String) -> String? { values[name]?.last }

    /// All values given, in order.
    public func texts(_ name: String) -> [String] { values[name] ?? [] }

    /// A whole number within `range`, or `standard` when not given. Throws for anything else.
    public func integer(_ name: String, _ standard: Int, in range: ClosedRange<Int>) throws(Complaint) -> Int {
        guard let text = text(name) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw Complaint("--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number within `range`, or `standard` when not given. Throws for anything else.
    public func number(_ name: String, _ standard: Double, in range: ClosedRange<Double>) throws(Complaint) -> Double {
        guard let text = text(name) else { return standard }
        guard let value = Double(text), range.contains(value) else {
            throw Complaint("--\(name) takes a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
