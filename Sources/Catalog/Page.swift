/// Which page of a list a request wants (manage spec §0.5).
public struct Page: Sendable, Equatable {
    /// The page, from 1.
    public let number: Int
    /// Resources a page, 1–100.
    public let limit: Int

    /// Resources a page unless a request says otherwise.
    public static let limitDefault = 10
    /// Resources a page at most.
    public static let limitMax = 100

    /// The page that the parameters `page` and `limit` of a query ask for. What is not as it is declared counts as not
    /// there: the dispatcher has refused it.
    ///
    /// - Parameters:
    ///   - limitDefault: Resources a page unless the request says otherwise.
    ///   - limitMax: Resources a page at most.
    public init(
        query: [String: String] = [:], limitDefault: Int = Page.limitDefault, limitMax: Int = Page.limitMax
    ) {
        func read(_ name: String, _ max: Double) -> Int? {
            query[name].flatMap(Double.init).flatMap { (1...max).contains($0) ? Int($0) : nil }
        }
        number = read("page", QueryRule.amountMax) ?? 1
        limit = read("limit", Double(limitMax)) ?? limitDefault
    }

    /// The answer to a list: `data` and `pagination`. `pages` is 0 when there is nothing.
    public func answer(_ data: [JSONValue], total: Int) -> OperationOutput {
        OperationOutput(200, ["data": .array(data), "pagination": Self.block(number, limit, total)])
    }

    /// The answer to a list that comes whole: one page with everything (manage spec §0.5).
    public static func whole(_ data: [JSONValue]) -> OperationOutput {
        OperationOutput(
            200,
            [
                "data": .array(data),
                "pagination": [
                    "page": 1, "limit": .integer(Int64(data.count)), "total": .integer(Int64(data.count)), "pages": 1,
                ],
            ])
    }

    /// The member `pagination` of a list.
    public static func block(_ number: Int, _ limit: Int, _ total: Int) -> JSONValue {
        [
            "page": .integer(Int64(number)), "limit": .integer(Int64(limit)), "total": .integer(Int64(total)),
            "pages": .integer(Int64((total + limit - 1) / limit)),
        ]
    }

    /// The two parameters as the document has them.
    public static let parameters = parameters(limitDefault: limitDefault, limitMax: limitMax)

    /// The two parameters of a list with other bounds.
    public static func parameters(limitDefault: Int, limitMax: Int) -> [Operation.Parameter] {
        [
            Operation.Parameter(
                "page", in: .query, "The page, from 1.", schema: ["type": "number", "minimum": 1, "default": 1]),
            Operation.Parameter(
                "limit", in: .query, "Elements a page.",
                schema: [
                    "type": "number", "minimum": 1, "maximum": .integer(Int64(limitMax)),
                    "default": .integer(Int64(limitDefault)),
                ]),
        ]
    }
}
