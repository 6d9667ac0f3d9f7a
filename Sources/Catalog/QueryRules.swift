/// What the parameters of a query may be, made once from their declared schemas. The one place where queries are
/// checked: who reads a parameter finds it as declared.
public struct QueryRules: Sendable {
    private let rules: [QueryRule]

    /// The rules of those parameters that stand in the query.
    public init(_ parameters: [Operation.Parameter]) {
        rules = parameters.filter { $0.place == .query }.map(QueryRule.init)
    }

    /// What is broken in a query, each parameter once. Parameters that are not declared mean nothing, and are no fault.
    public func broken(in query: [String: String]) -> [Problem.Broken] {
        rules.compactMap { rule in
            let reason =
                if let text = query[rule.name] { rule.refusal(of: text) } else { rule.isRequired ? "Required" : nil }
            return reason.map { Problem.Broken([rule.name], $0) }
        }
    }
}

/// What one parameter of a query may be. Queries are text: a number is one that reads as such.
struct QueryRule: Sendable {
    let name: String
    let isRequired: Bool
    private let types: Set<String>
    private let words: [String]
    private let range: ClosedRange<Double>
    private let bounds: (minimum: Double?, maximum: Double?)
    private let charactersMax: Int
    private let isMoment: Bool
    private let pattern: (source: String, regex: ECMARegex)?

    /// Characters of a text at most, unless it is declared otherwise.
    static let charactersMax = 256
    /// Steps of the search for a pattern; a text that takes more is refused.
    static let patternStepsMax = 100_000
    /// Numbers of a larger amount are refused whatever is declared: no counter comes that far.
    static let amountMax = 1e12

    init(_ parameter: Operation.Parameter) {
        let schema = parameter.schema
        name = parameter.name
        isRequired = parameter.required
        types = Set(schema["type"]?.array?.compactMap(\.string) ?? [schema["type"]?.string ?? "string"])
        words = types.contains("boolean") ? ["true", "false"] : schema["enum"]?.array?.compactMap(\.string) ?? []
        bounds = (schema["minimum"]?.double, schema["maximum"]?.double)
        let (lowest, highest) = (bounds.minimum ?? -Self.amountMax, bounds.maximum ?? Self.amountMax)
        range = lowest...max(lowest, highest)
        charactersMax = schema["maxLength"]?.integer ?? Self.charactersMax
        isMoment = schema["format"] == "date-time"
        pattern = schema["pattern"]?.string.map { source in
            do throws(RegexError) {
                return (source, try ECMARegex(source))
            } catch {
                preconditionFailure("the pattern of the parameter \(parameter.name) \(error.reason)")
            }
        }
    }

    /// Why a text cannot be the value, or nil when it can.
    func refusal(of text: String) -> String? {
        if types.contains("null"), text.isEmpty || text == "null" { return nil }
        if !words.isEmpty { return words.contains(text) ? nil : oneOfWords }
        if types.contains("integer") {
            guard let number = Int64(text), String(number) == text else { return "must be a whole number" }
            return range.contains(Double(number)) ? nil : outOfRange
        }
        if types.contains("number") { return Double(text).map(range.contains) == true ? nil : outOfRange }
        if isMoment, Timestamp.milliseconds(text) == nil { return "must be a date and time (RFC 3339)" }
        if text.count > charactersMax { return "must have at most \(charactersMax) characters" }
        if text.utf8.contains(0) { return "must not have the character U+0000" }
        var steps = Self.patternStepsMax
        if let pattern, pattern.regex.occurs(in: text, steps: &steps) != true {
            return "must match the pattern \(pattern.source)"
        }
        return nil
    }

    private var oneOfWords: String {
        words == ["true", "false"] ? "must be true or false" : "must be one of \(words.joined(separator: ", "))"
    }

    private var outOfRange: String {
        func text(_ number: Double) -> String { String(Int64(number)) }
        return switch bounds {
        case (let minimum?, let maximum?): "must be a number between \(text(minimum)) and \(text(maximum))"
        case (let minimum?, nil): "must be a number of at least \(text(minimum))"
        case (nil, let maximum?): "must be a number of at most \(text(maximum))"
        case (nil, nil): "must be a number"
        }
    }
}
