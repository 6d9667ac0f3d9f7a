import Catalog
import CoveyTesting
import Outbound
import Testing

/// An operation as the served document describes it, endpoints included: what the tests of every operation go through.
struct DescribedOperation: Sendable, CustomStringConvertible {
    /// The name.
    let id: String
    /// The method that the document shows, and those that do the same.
    let methods: [String]
    /// The path with parameters in braces.
    let path: String
    /// Whom the operation is for.
    let side: Side
    /// What its caller must be allowed in the tenant or the project, as the document says; nil for nothing there.
    let permission: String?
    /// Whether it takes a body.
    let takesBody: Bool
    /// The statuses that it may answer with.
    let statuses: Set<Int>
    /// The parameters of the query, and the header fields, with their schemas.
    let query: [String: JSONObject]
    let headers: Set<String>
    /// The parameters of the query without which a call is refused.
    let requiredQuery: Set<String>
    /// Whether an answer is a list.
    let isList: Bool

    /// Whom an operation is for: which credential opens it.
    enum Side: Sendable { case anybody, manage, run }

    var description: String { "\(id) (\(methods.joined(separator: ", ")) \(path))" }

    /// The names of the parameters in the path.
    var parameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// The path with `values` in place of the parameters; `fallback` where there is none. They go in as they are.
    func path(_ values: [String: String], otherwise fallback: String = "x") -> String {
        path.split(separator: "/").map { segment in
            guard segment.hasPrefix("{") else { return "/\(segment)" }
            return "/" + (values[String(segment.dropFirst().dropLast())] ?? fallback)
        }.joined()
    }

    /// What a call's query must have, each with the same value: `?appId=x`. Empty where it need not have anything.
    func query(_ value: String = "x") -> String {
        requiredQuery.isEmpty ? "" : "?" + requiredQuery.sorted().map { "\($0)=\(value)" }.joined(separator: "&")
    }

    /// All operations that a server describes.
    static func all(_ client: TestClient) async throws -> [DescribedOperation] {
        let document = try await client.send("GET", "/openapi.json").json
        var all: [DescribedOperation] = []
        for (path, item) in document["paths"]?.object ?? [:] {
            for (method, operation) in item.object ?? [:] {
                all.append(DescribedOperation(method.uppercased(), path, operation, document["components"]))
            }
        }
        try #require(all.count > 100)
        return all
    }

    private init(_ method: String, _ path: String, _ operation: JSONValue, _ components: JSONValue?) {
        id = operation["operationId"]?.string ?? ""
        methods = [method] + (operation["x-aliases"]?.array?.compactMap(\.string) ?? [])
        self.path = path
        let isOpen = operation["security"]?.array?.isEmpty == true
        side = isOpen ? .anybody : operation["x-authz"]?["permission"] == nil ? .run : .manage
        permission = operation["x-authz"]?["permission"]?.string
        takesBody = operation["requestBody"] != nil
        let parameters = (operation["parameters"]?.array ?? []).map { parameter in
            let name = parameter["$ref"]?.string?.split(separator: "/").last.map(String.init)
            return name.flatMap { components?["parameters"]?[$0] } ?? parameter
        }
        func named(_ place: String) -> [(String, JSONObject)] {
            parameters.filter { $0["in"]?.string == place }.map { parameter in
                (parameter["name"]?.string ?? "", parameter["schema"]?.object ?? [:])
            }
        }
        query = Dictionary(named("query"), uniquingKeysWith: { $1 })
        requiredQuery = Set(
            parameters.filter { $0["in"] == "query" && $0["required"] == true }.compactMap { $0["name"]?.string })
        headers = Set(named("header").map { $0.0.lowercased() })
        let names = query.keys
        isList = method == "GET" && names.contains("order")
        statuses = Set((operation["responses"]?.object?.keys ?? []).compactMap { Int($0) })
    }
}

/// The ids that the fixture of these tests has, by the names of path parameters.
let fixtureIDs = ["tenantId": "default", "projectId": "p", "agentId": "a", "subAgentId": "s"]
