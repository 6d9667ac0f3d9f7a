import Access
import Catalog
import HTTPTypes
import NIOCore

/// What is under `/api/auth` (manage spec §3.3): who one is, how one gets in, what one belongs to. These are not part
/// of the served document, as they are not of the contract's; errors are `{"code", "message"}`.
struct PeopleEndpoints: Sendable {
    let people: People
    let origins: TrustedOrigins
    /// Seals the secrets in what is stored, for changes of configuration that follow from who leaves.
    let sealing: Sealing

    /// All of them.
    var endpoints: [Endpoint] {
        signing + sessions + passwords + setup + pages + devices + organizations
    }

    static let root = "/api/auth"

    /// One endpoint below `/api/auth`.
    ///
    /// - Parameters:
    ///   - tenant: The member of the body, or parameter of the query, that names the tenant; nil for none.
    ///   - takesBody: Whether it reads a body.
    ///   - refuse: How it refuses; nil for `{"code", "message"}`.
    func make(
        _ method: Operation.Method, _ path: String, _ permission: Operation.Permission = .none,
        tenant: String? = nil, takesBody: Bool = false,
        refuse: @escaping @Sendable (Problem) -> Reply? = PeopleEndpoints.refusal,
        _ answer: @escaping @Sendable (Call) async throws -> Reply
    ) -> Endpoint {
        let id = "auth" + path.replacing("{", with: "").replacing("}", with: "").replacing("/", with: "-")
        let operation = Operation(
            id, method, Self.root + path, tag: "Auth", summary: id, permission: permission,
            request: takesBody ? ["type": "object"] : nil, responses: [Operation.Response(200, "Done.")],
            effect: .endpoint)
        return Endpoint(
            operation: tenant.map { operation.namingTenant($0) } ?? operation, refuse: refuse, recordsItself: true
        ) { [origins] call in
            try origins.admit(call.headers, HTTPRequest.Method(rawValue: method.rawValue), host: call.authority)
            var reply = try await answer(call)
            reply.headers.append((.cacheControl, "no-store"))
            return reply
        }
    }

    /// A refusal as clients of these routes read it.
    static func refusal(_ problem: Problem) -> Reply? {
        let code =
            problem.extras["reason"]?.string
            ?? (problem.broken.isEmpty ? problem.code.rawValue.uppercased() : "VALIDATION_ERROR")
        let message =
            problem.status >= 500 && problem.code == .internalServerError
            ? Problem.internalDetail
            : problem.broken.isEmpty ? problem.detail : problem.broken.map(\.sentence).joined(separator: "; ")
        return .json(["code": .string(code), "message": .string(message)], status: problem.status)
    }
}

extension Call {
    /// Whence it comes.
    var visitor: Visitor { Visitor(address: address, agent: headers[.userAgent], request: id) }

    /// The person who calls. Throws 401 for machines.
    var person: SignedIn {
        get throws(Problem) {
            guard let person = caller.person else { throw .unauthorized("Sign in first") }
            return person
        }
    }

    /// What it says of who is signed in, for what anybody may call.
    var sessionCredentials: SessionCredentials {
        Credentials(headers, authority: authority, address: address).session
    }

    /// The members of the body, for reading one by one.
    func members() throws(Problem) -> BodyMembers { try BodyMembers(body) }
}

/// Reads the members of a body and collects all that are not as they must be. A member that is null counts as absent.
struct BodyMembers {
    private let object: JSONObject
    private var decoding = Decoding()

    init(_ body: JSONValue) throws(Problem) {
        guard let object = body.object else { throw Problem.invalid([.init([], "must be an object")]) }
        self.object = object
    }

    /// A text; empty, and noted as broken, when it is none or not there.
    mutating func text(_ name: String, _ length: ClosedRange<Int> = 1...1000) -> String {
        guard let value = present(name) else {
            decoding.fail("Required", at: name)
            return ""
        }
        return decoding.within(name) { FieldType.text(length).decode(value, &$0) } ?? ""
    }

    /// A text that may be left out.
    mutating func optionalText(_ name: String, _ length: ClosedRange<Int> = 0...1000) -> String? {
        optional(name, FieldType.text(length))
    }

    /// A text of a sort that may be left out.
    mutating func optional(_ name: String, _ type: FieldType<String>) -> String? {
        guard let value = present(name) else { return nil }
        return decoding.within(name) { type.decode(value, &$0) }
    }

    /// A flag that may be left out.
    mutating func flag(_ name: String) -> Bool? {
        guard let value = present(name) else { return nil }
        if let flag = value.bool { return flag }
        decoding.fail("must be true or false", at: name)
        return nil
    }

    /// One of these words; nil, and noted as broken, when it is another or not there.
    mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type) -> Word?
    where Word.RawValue == String {
        guard let text = present(name)?.string else {
            decoding.fail("Required", at: name)
            return nil
        }
        if let word = Word(rawValue: text) { return word }
        decoding.fail("must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))", at: name)
        return nil
    }

    /// A member as it is; nil when it is absent or null.
    func present(_ name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    /// Notes what is wrong with a member.
    mutating func fail(_ reason: String, at name: String) { decoding.fail(reason, at: name) }

    /// Throws what is broken, if anything is.
    func finish() throws(Problem) { try decoding.finish() }
}
