public import Catalog

/// How a component is drawn: the source of a React component and a value to try it with (manage spec §2.1).
public struct ComponentRender: Structure, Equatable {
    /// The JSX source.
    public var component = ""
    /// The value to try it with.
    public var mockData = JSONObject()

    /// Characters of source at most.
    static let sourceMax = 50_000
    /// Bytes of the written value at most.
    static let mockDataMax = 10_000

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("component", \.component, .text(1...sourceMax), "The JSX source.", required: true),
        field("mockData", \.mockData, .jsonObject, "A value to try it with.", required: true),
    ]

    /// The rules across members.
    public func check(_ decoding: inout Decoding) {
        if JSONValue.object(mockData).jsonBytes.count > Self.mockDataMax {
            decoding.fail("must have at most \(Self.mockDataMax) bytes as JSON", at: "mockData")
        }
        for reason in ComponentSource.problems(in: component) { decoding.fail(reason, at: "component") }
    }
}

/// What the source of a component must not and must have (manage spec §2.1). A guard against careless code and simple
/// attacks; clients draw components in a sandbox all the same.
enum ComponentSource {
    private static let importable: Set<String> = ["react", "lucide-react"]

    /// Everything that is wrong with `source`.
    static func problems(in source: String) -> [String] {
        let lowered = source.lowercased()
        var problems = forbidden.filter { rule in rule.isBroken(lowered) }.map { "must not use \($0.what)" }
        for module in modules(of: source) where !importable.contains(module) && !module.hasPrefix(".") {
            problems.append("must not import from \(module)")
        }
        if source.firstMatch(of: function) == nil { problems.append("must declare a named function") }
        if source.firstMatch(of: markup) == nil { problems.append("must return JSX") }
        return problems
    }

    private struct Rule: Sendable {
        let what: String
        let isBroken: @Sendable (String) -> Bool
    }

    private static let forbidden = [
        Rule(what: "eval") { $0.firstMatch(of: /\beval\s*\(/.wordBoundaryKind(.simple)) != nil },
        Rule(what: "the Function constructor") {
            $0.firstMatch(of: /\bnew\s+function\b/.wordBoundaryKind(.simple)) != nil
        },
        Rule(what: "dangerouslySetInnerHTML") { $0.contains("dangerouslysetinnerhtml") },
        Rule(what: "a script tag") { $0.contains("<script") },
        Rule(what: "an inline event handler") { $0.firstMatch(of: /\bon\w+\s*=/.wordBoundaryKind(.simple)) != nil },
        Rule(what: "document.write") { $0.contains("document.write") },
        Rule(what: "window.location") { $0.contains("window.location") },
        Rule(what: "an innerHTML assignment") {
            $0.firstMatch(of: /\binnerhtml\s*=/.wordBoundaryKind(.simple)) != nil
        },
    ]

    // Regex is not Sendable; computed, it is made anew for the rare write. Boundaries are simple everywhere: by the
    // rules of Unicode there would be none at the dot of `a.eval(`.
    private static var function: Regex<Substring> { /\bfunction\s+[A-Za-z_$][\w$]*\s*\(/.wordBoundaryKind(.simple) }
    private static var markup: Regex<Substring> { /\breturn\s*\(?\s*</.wordBoundaryKind(.simple) }

    /// The modules that the source imports from, in whatever form.
    private static func modules(of source: String) -> [String] {
        let from = source.matches(of: /\bfrom\s*["']([^"']*)["']/.wordBoundaryKind(.simple)).map(\.output.1)
        let bare = source.matches(of: /\bimport\s*\(?\s*["']([^"']*)["']/.wordBoundaryKind(.simple)).map(\.output.1)
        let required = source.matches(of: /\brequire\s*\(\s*["']([^"']*)["']/.wordBoundaryKind(.simple)).map(\.output.1)
        return (from + bare + required).map(String.init)
    }
}
