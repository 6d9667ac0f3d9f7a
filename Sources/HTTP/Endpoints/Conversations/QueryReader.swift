import Catalog

/// Reads the parameters of a query one by one and notes every one that is not as declared.
struct QueryReader {
    private let query: [String: String]
    private var decoding = Decoding()

    init(_ query: [String: String]) { self.query = query }

    mutating func page(limitDefault: Int, limitMax: Int) -> Page {
        Page(query: query, limitDefault: limitDefault, limitMax: limitMax, &decoding)
    }

    /// `true` or `false`; false when it is absent, empty or `null`.
    mutating func flag(_ name: String) -> Bool {
        switch query[name] {
        case nil, "", "null", "false": return false
        case "true": return true
        default:
            decoding.fail("must be true or false", at: name)
            return false
        }
    }

    /// One of these words; the first when it is absent.
    mutating func choice(_ name: String, _ words: [String]) -> String {
        guard let word = query[name] else { return words[0] }
        if !words.contains(word) { decoding.fail("must be one of \(words.joined(separator: ", "))", at: name) }
        return word
    }

    /// Throws 400 with every parameter that is not as declared.
    func finish() throws(Problem) { try decoding.finish() }
}
