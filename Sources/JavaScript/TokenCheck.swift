/// Tells one function from other code by its tokens, for machines without a parser.
///
/// It looks at brackets, strings, comments and regular expressions, the head of the function, and that nothing comes
/// after it. What else is wrong shows when the function is first run.
enum TokenCheck {
    /// Why `source` is not exactly one function, or nil when it is one.
    static func problem(in source: String) -> String? {
        do throws(JavaScriptLexer.Fault) {
            var items = try JavaScriptLexer.tokens(of: source)[...]
            while items.last?.token == .mark(";") { items.removeLast() }
            return problem(in: unwrapped(items))
        } catch {
            return error.reason
        }
    }

    private typealias Items = ArraySlice<JavaScriptLexer.Item>

    /// The tokens without parentheses around them all.
    private static func unwrapped(_ items: Items) -> Items {
        var items = items
        while items.first?.token == .mark("("), end(of: items) == items.endIndex {
            items = items.dropFirst().dropLast()
        }
        return items
    }

    private static func problem(in items: Items) -> String? {
        var rest = items
        if rest.first?.token == .word("async"), rest.dropFirst().first?.token != .mark("=>") { rest = rest.dropFirst() }
        return rest.first?.token == .word("function") ? functionProblem(rest.dropFirst()) : arrowProblem(rest)
    }

    private static func functionProblem(_ items: Items) -> String? {
        var rest = items
        if rest.first?.token == .mark("*") { rest = rest.dropFirst() }
        if case .word = rest.first?.token { rest = rest.dropFirst() }
        guard rest.first?.token == .mark("("), let parametersEnd = end(of: rest) else { return JavaScript.notOne }
        rest = rest[parametersEnd...]
        guard rest.first?.token == .mark("{"), let bodyEnd = end(of: rest) else { return JavaScript.notOne }
        return bodyEnd == rest.endIndex ? nil : "must have nothing after the function"
    }

    private static func arrowProblem(_ items: Items) -> String? {
        var rest = items
        if case .word = rest.first?.token {
            rest = rest.dropFirst()
        } else if rest.first?.token == .mark("("), let parametersEnd = end(of: rest) {
            rest = rest[parametersEnd...]
        } else {
            return JavaScript.notOne
        }
        guard rest.first?.token == .mark("=>") else { return JavaScript.notOne }
        rest = rest.dropFirst()
        guard let first = rest.first else { return "has no body" }
        guard first.token == .mark("{") else { return expressionProblem(rest) }
        return end(of: rest) == rest.endIndex ? nil : "must have nothing after the function"
    }

    /// An expression as body: no comma or semicolon outside brackets, no second statement on a line of its own.
    private static func expressionProblem(_ items: Items) -> String? {
        var depth = 0
        var before: JavaScriptToken?
        for item in items {
            if depth == 0 {
                let isSecond = item.isOnNewLine && before?.endsExpression == true && item.token.beginsExpression
                if isSecond || item.token == .mark(";") || item.token == .mark(",") {
                    return "must have nothing after the function"
                }
            }
            switch item.token {
            case .mark("("), .mark("["), .mark("{"), .mark("${"): depth += 1
            case .mark(")"), .mark("]"), .mark("}"), .mark("$}"): depth -= 1
            default: break
            }
            before = item.token
        }
        return nil
    }

    /// The place after the bracket that closes the first token, or nil.
    private static func end(of items: Items) -> Int? {
        var depth = 0
        for (position, item) in zip(items.indices, items) {
            switch item.token {
            case .mark("("), .mark("["), .mark("{"): depth += 1
            case .mark(")"), .mark("]"), .mark("}"): depth -= 1
            default: break
            }
            if depth == 0 { return position + 1 }
        }
        return nil
    }
}
