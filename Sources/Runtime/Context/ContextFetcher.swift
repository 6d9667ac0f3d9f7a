import Catalog
import Cryptography
import Domain
import Outbound
import Store

/// Why a value could not be fetched, in words that tell nothing of what was sent or came back.
struct ContextFailure: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// A request for a variable as it is about to be made, and what tells it from others.
struct ContextRequest: Sendable {
    let request: HTTPRequest
    /// The same for the same request and definition, and telling nothing of either.
    let hash: String
}

/// Fetches the values of variables (run spec §12.3).
struct ContextFetcher: Sendable {
    /// The largest answer, in bytes.
    static let bytesMax = 1 << 20
    private static let bounds = JMESPath.Bounds(steps: 500_000, resultBytes: bytesMax)

    let store: Store
    let outside: Outside
    let branch: BranchKey

    /// The request for a variable; nil where one of the templates that must come to something does not.
    ///
    /// - Throws: `ContextFailure` where it cannot be made.
    func request(
        for variable: CompiledVariable, _ values: TemplateValues
    ) async throws(ContextFailure) -> ContextRequest? {
        for template in variable.required {
            guard let text = try? template.strictly(values), !text.trimmed.isEmpty else { return nil }
        }
        var headers = HTTPHeaders()
        do {
            let own = try variable.headers.map { try outside.keyring.open($0, of: branch) } ?? []
            for (name, text) in own {
                headers[name] = Template(text).rendered(values, .preserving).text
            }
            if let id = variable.credential {
                guard let credential = try await store.credential(id, in: branch, keyring: outside.keyring) else {
                    throw ContextFailure("its credential is not there")
                }
                for (name, value) in credential.headers { headers[name] = value }
            }
        } catch let failure as ContextFailure {
            throw failure
        } catch {
            throw ContextFailure("its credential cannot be used")
        }
        var request = HTTPRequest(
            method: variable.method, url: variable.url.rendered(values, .preserving, escaping: Self.escaped).text,
            headers: headers, body: variable.body?.rendered(values).jsonBytes,
            timeouts: HTTPTimeouts(idle: nil, total: variable.timeout), followsRedirects: true,
            bodyBytesMax: Self.bytesMax)
        if request.body != nil, headers["Content-Type"] == nil { request.headers["Content-Type"] = "application/json" }
        if headers["Accept"] == nil { request.headers["Accept"] = "application/json, text/plain;q=0.9, */*;q=0.8" }
        request.scope = EgressScope(tenant: branch.tenant, project: branch.project, tool: variable.name)
        return ContextRequest(request: request, hash: Self.hash(request, variable))
    }

    /// What a value may not bring into an address: more path, a query, another host. Where the address begins with a
    /// placeholder it is the address's own beginning.
    private static func escaped(_ text: String, isFirst: Bool) -> String {
        guard !isFirst else { return text }
        var result = ""
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + Hexadecimal.text([byte]).uppercased()
            }
        }
        return result == "." || result == ".." ? result.replacing(".", with: "%2E") : result
    }

    /// RFC 3986 §2.3.
    private static let unreserved = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

    private static func hash(_ request: HTTPRequest, _ variable: CompiledVariable) -> String {
        let fields = request.headers.fields.map { JSONValue.array([.string($0.name.lowercased()), .string($0.value)]) }
        let all: JSONValue = [
            .string(request.method), .string(request.url), .array(fields),
            .string(request.body.map { Hexadecimal.text(SHA256.digest($0)) } ?? ""), .string(variable.basis),
        ]
        return SHA256.hexadecimal(all.jsonText)
    }

    /// The value of a variable.
    ///
    /// - Throws: `ContextFailure`.
    func value(of variable: CompiledVariable, _ request: HTTPRequest) async throws(ContextFailure) -> JSONValue {
        let (status, type, bytes) = try await reply(to: request)
        guard (200..<300).contains(status) else { throw ContextFailure("the answer was HTTP \(status)") }
        var value = try Self.read(bytes, type)
        if case .array(let errors)? = value["errors"], !errors.isEmpty {
            throw ContextFailure("the answer has GraphQL errors")
        }
        // What cannot be transformed is taken whole (run spec §12.3).
        if let transform = variable.transform, let chosen = try? transform.search(value, bounds: Self.bounds) {
            value = chosen
        }
        if let schema = variable.responseSchema, !schema.accepts(value) {
            throw ContextFailure("the answer does not fit its schema")
        }
        return value
    }

    private func reply(
        to request: HTTPRequest
    ) async throws(ContextFailure) -> (status: Int, type: String, bytes: [UInt8]) {
        do throws(OutboundError) {
            let response = try await outside.client.send(request)
            let type = (response.headers["Content-Type"] ?? "").lowercased()
            return (response.status, type, try await response.body.collect(bytesMax: Self.bytesMax))
        } catch {
            throw ContextFailure(Self.reason(error))
        }
    }

    private static func reason(_ error: OutboundError) -> String {
        switch error {
        case .invalidRequest: "its address or a header is not valid"
        case .refusedByPolicy: "its address may not be reached"
        case .timedOut: "there was no answer in time"
        case .tooLarge(let bytesMax): "the answer has more than \(bytesMax) bytes"
        case .cancelled: "it was stopped"
        default: "nobody answered"
        }
    }

    private static func read(_ bytes: [UInt8], _ type: String) throws(ContextFailure) -> JSONValue {
        if type.contains("json") {
            guard let value = try? JSONValue(parsing: bytes) else { throw ContextFailure("the answer is not JSON") }
            return value
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ContextFailure("the answer is no text")
        }
        return .string(text)
    }
}
