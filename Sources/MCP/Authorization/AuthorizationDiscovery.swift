import Catalog
public import Outbound

/// Signing in to servers of tools (Model Context Protocol, authorization; OAuth 2.1): finding out where, registering,
/// and fetching tokens.
public struct AuthorizationProtocol: Sendable {
    let http: HTTPClient
    private var scope: EgressScope?

    /// Bytes of a document or an answer.
    static let bytesMax = 256 * 1024

    /// A client over connections whose policy says where to.
    public init(http: HTTPClient) { self.http = http }

    /// The same for a tool of a project: where requests may go depends on it.
    public func within(_ scope: EgressScope) -> AuthorizationProtocol {
        var scoped = self
        scoped.scope = scope
        return scoped
    }

    /// Finds out where people sign in to a server.
    ///
    /// - Throws: `AuthorizationFailure` when it does not say, or what it says does not fit.
    public func discover(_ server: String) async throws(AuthorizationFailure) -> AuthorizationServer {
        let challenge = try await challenge(of: server)
        guard let root = HTTPRequest.address("/", at: server)?.dropLast() else {
            throw .malformed("its address is none")
        }
        let path = Self.path(of: server, root)
        var places = [challenge.metadata].compactMap(\.self)
        for suffix in path.isEmpty ? [""] : [path, ""] {
            places.append("\(root)/.well-known/oauth-protected-resource\(suffix)")
        }
        for place in places {
            guard let document = try await document(place) else { continue }
            let resource = try Self.resource(document, of: server)
            let issuers = document["authorization_servers"]?.array?.compactMap(\.string) ?? []
            guard let issuer = issuers.first, HTTPRequest.isConfidential(issuer) else {
                throw .malformed("its description names no authorization server")
            }
            let scopes = document["scopes_supported"]?.array?.compactMap(\.string)
            return try await metadata(of: issuer, resource, challenge.scope ?? scopes?.joined(separator: " "))
        }
        // Servers of revision 2025-03-26 are their own authorization servers.
        guard HTTPRequest.isConfidential(String(root)) else { throw .malformed("its address is not encrypted") }
        if let document = try await document("\(root)/.well-known/oauth-authorization-server") {
            return try AuthorizationServer(
                document, issuer: document["issuer"]?.string ?? "", resource: server, scope: challenge.scope)
        }
        return AuthorizationServer(beside: server, root: String(root))
    }

    /// What a server says to somebody without a token (RFC 9728 §5.1): where its description is, and what is wanted.
    private func challenge(
        of server: String
    ) async throws(AuthorizationFailure) -> (metadata: String?, scope: String?) {
        let body: JSONValue = [
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": [
                "protocolVersion": .string(Revision.newestWithHandshake.rawValue), "capabilities": [:],
                "clientInfo": ["name": "covey", "version": "0"],
            ],
        ]
        let response = try await send(
            HTTPRequest(
                method: "POST", url: server,
                headers: ["Content-Type": "application/json", "Accept": "application/json, text/event-stream"],
                body: body.jsonBytes))
        guard [401, 403].contains(response.status), let header = response.headers["WWW-Authenticate"] else {
            return (nil, nil)
        }
        let metadata = Self.parameter("resource_metadata", of: header)
        return (metadata.flatMap { HTTPRequest.isConfidential($0) ? $0 : nil }, Self.parameter("scope", of: header))
    }

    /// A parameter of a challenge (RFC 9110 §11.2), as far as it is written in the usual way.
    static func parameter(_ name: String, of header: String) -> String? {
        var rest = header[...]
        while let found = rest.firstRange(of: "\(name)=") {
            let isWhole =
                found.lowerBound == rest.startIndex || ", \t".contains(rest[rest.index(before: found.lowerBound)])
            rest = rest[found.upperBound...]
            guard isWhole else { continue }
            guard rest.first == "\"" else { return String(rest.prefix { $0 != "," && $0 != " " }) }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: "\"") else { return nil }
            return String(rest[..<end])
        }
        return nil
    }

    /// What tokens are asked for. A description of another server would have tokens for that one sent here.
    private static func resource(_ document: JSONValue, of server: String) throws(AuthorizationFailure) -> String {
        guard let resource = document["resource"]?.string else { throw .malformed("its description is of no resource") }
        guard isResource(resource, of: server) else { throw .malformed("its description is of another resource") }
        return resource
    }

    /// Whether tokens for a resource are tokens for a server: it is the server itself, or a place above it.
    public static func isResource(_ resource: String, of server: String) -> Bool {
        let base = resource.hasSuffix("/") ? String(resource.dropLast()) : resource
        return HTTPRequest.address(resource, at: server) != nil
            && (server == base || server == resource || server.hasPrefix(base + "/") || server.hasPrefix(base + "?"))
    }

    private func metadata(
        of issuer: String, _ resource: String, _ scope: String?
    ) async throws(AuthorizationFailure) -> AuthorizationServer {
        guard let root = HTTPRequest.address("/", at: issuer)?.dropLast() else {
            throw .malformed("the address of its authorization server is none")
        }
        let path = Self.path(of: issuer, root)
        var places = ["oauth-authorization-server", "openid-configuration"].map { "\(root)/.well-known/\($0)\(path)" }
        if !path.isEmpty { places.append("\(root)\(path)/.well-known/openid-configuration") }
        for place in places {
            guard let document = try await document(place) else { continue }
            return try AuthorizationServer(document, issuer: issuer, resource: resource, scope: scope)
        }
        throw .malformed("its authorization server does not describe itself")
    }

    /// The path of an address on a server, without a slash at its end.
    private static func path(of address: String, _ root: Substring) -> String {
        let path = address.dropFirst(root.count).prefix { $0 != "?" && $0 != "#" }
        return String(path.hasSuffix("/") ? path.dropLast() : path)
    }

    /// The JSON document at an address; nil when there is none.
    private func document(_ address: String) async throws(AuthorizationFailure) -> JSONValue? {
        let response = try await send(HTTPRequest(url: address, headers: ["Accept": "application/json"]))
        let bytes = try await Self.body(of: response)
        guard response.status == 200, let json = try? JSONValue(parsing: bytes), json.object != nil else { return nil }
        return json
    }

    func send(_ request: HTTPRequest) async throws(AuthorizationFailure) -> HTTPResponse {
        var request = request
        request.timeouts = HTTPTimeouts(connect: .seconds(5), idle: .seconds(10), total: .seconds(15))
        request.bodyBytesMax = Self.bytesMax
        request.scope = scope
        do throws(OutboundError) {
            return try await http.send(request)
        } catch {
            throw .network(error)
        }
    }

    static func body(of response: HTTPResponse) async throws(AuthorizationFailure) -> [UInt8] {
        do throws(OutboundError) {
            return try await response.body.collect(bytesMax: bytesMax)
        } catch {
            throw .network(error)
        }
    }
}
