/// What the server must know of JavaScript without running any.
public enum JavaScript {
    /// Where the parser comes from.
    public enum Parser: Sendable, Equatable {
        /// From the library at this path; it is loaded when a source is first checked.
        case library(String)
        /// There is none, for this reason: sources are checked by their tokens alone.
        case none(String)
    }

    /// The parser of this process. Loads nothing.
    public static var parser: Parser { ParserThread.shared.parser }

    static let notOne = "must be exactly one JavaScript function, as in async (input) => { … }"

    /// Why `source` is not exactly one function expression or declaration, or nil when it is one (manage spec §1.7,
    /// §2.7). Nothing of it is ever run.
    ///
    /// The calling thread waits for the parser's: some microseconds for a usual function, and some tens of
    /// milliseconds at the first call, which loads the library.
    @Sendable public static func functionProblem(_ source: String) -> String? {
        switch ParserThread.shared.problem(in: source) {
        case .checked(let problem): problem
        case .noParser: TokenCheck.problem(in: source)
        }
    }
}
