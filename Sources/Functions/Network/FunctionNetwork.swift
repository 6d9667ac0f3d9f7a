import Catalog
import Cryptography
import Outbound

/// `fetch` of a function, carried out by the server: to the hosts that the function's tool declares, through the egress
/// guard, within limits. Each redirect is looked at like a request of its own.
struct FunctionNetwork {
    let http: HTTPClient
    let owner: FunctionOwner
    let allowedHosts: HostNames
    let limits: FunctionLimits

    init(http: HTTPClient, owner: FunctionOwner, allowedHosts: [String], limits: FunctionLimits) {
        self.http = http
        self.owner = owner
        self.allowedHosts = HostNames(allowedHosts)
        self.limits = limits
    }

    private static let redirectsMax = 5
    /// Headers that say how a message is sent, which is the client's business.
    private static let ownHeaders: Set<String> = [
        "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "keep-alive",
        "proxy-authorization", "expect",
    ]
    /// Headers that are not sent on to another host.
    private static let credentials: Set<String> = ["authorization", "cookie"]

    /// Why a request got no answer, in words for the function.
    private struct Refusal: Error {
        let reason: String
    }

    /// What the function is answered: `status`, `headers`, `url`, `redirected`, and `text` or, where the body is no
    /// UTF-8, `body` in base64; or `error`.
    func answer(_ request: JSONValue) async -> JSONObject {
        do throws(Refusal) {
            return try await send(request)
        } catch {
            return ["error": .string(error.reason)]
        }
    }

    private func send(_ request: JSONValue) async throws(Refusal) -> JSONObject {
        var next = try read(request)
        let follows = request["redirect"]?.string != "manual"
        for hop in 0...Self.redirectsMax {
            try check(next.url)
            let response: HTTPResponse
            do throws(OutboundError) {
                response = try await http.send(next)
            } catch {
                throw Refusal(reason: "\(error)")
            }
            guard follows, let location = Self.location(response), hop < Self.redirectsMax else {
                if follows, Self.location(response) != nil { throw Refusal(reason: "too many redirects") }
                return try await answer(response, from: next.url, isRedirected: hop > 0)
            }
            guard request["redirect"]?.string != "error" else { throw Refusal(reason: "the answer is a redirect") }
            next = try redirected(next, to: location, response.status)
        }
        throw Refusal(reason: "too many redirects")
    }

    private func check(_ url: String) throws(Refusal) {
        if allowedHosts.contains(hostOf: url) { return }
        let names = allowedHosts.names
        throw Refusal(
            reason: names.isEmpty
                ? "this function may not use the network: its tool declares no allowedHosts"
                : "this function may send requests to \(names.joined(separator: ", ")) alone")
    }

    private func read(_ request: JSONValue) throws(Refusal) -> HTTPRequest {
        guard let url = request["url"]?.string, let method = request["method"]?.string, Self.isToken(method) else {
            throw Refusal(reason: "the request has no address or no method")
        }
        var headers = HTTPHeaders()
        for field in request["headers"]?.array ?? [] {
            guard let name = field[0]?.string, let value = field[1]?.string else { continue }
            if !Self.ownHeaders.contains(name.lowercased()) { headers.append(name, value) }
        }
        let body = request["body"]?.string.flatMap { Base64.standard.bytes($0) }
        guard (body?.count ?? 0) <= limits.fetchBytes else {
            throw Refusal(reason: "the body has more than \(limits.fetchBytes) bytes")
        }
        var request = HTTPRequest(
            method: method, url: url, headers: headers, body: body,
            timeouts: HTTPTimeouts(total: .milliseconds(limits.fetchMs)), bodyBytesMax: limits.fetchBytes)
        request.scope = EgressScope(tenant: owner.tenant, project: owner.project)
        return request
    }

    private static func isToken(_ method: String) -> Bool {
        (1...32).contains(method.utf8.count) && method.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    }

    private static func location(_ response: HTTPResponse) -> String? {
        [301, 302, 303, 307, 308].contains(response.status) ? response.headers["Location"] : nil
    }

    private func redirected(
        _ request: HTTPRequest, to location: String, _ status: Int
    ) throws(Refusal) -> HTTPRequest {
        guard let url = HTTPRequest.redirect(to: location, from: request.url) else {
            throw Refusal(reason: "the redirect leads nowhere")
        }
        var next = request
        next.url = url
        // RFC 9110 §15.4: what was posted is not posted again but for 307 and 308.
        if status == 303 && request.method != "HEAD" || [301, 302].contains(status) && request.method == "POST" {
            (next.method, next.body) = ("GET", nil)
        }
        if HTTPRequest.address(url, at: request.url) == nil {
            for name in Self.credentials { next.headers[name] = nil }
        }
        return next
    }

    private func answer(
        _ response: HTTPResponse, from url: String, isRedirected: Bool
    ) async throws(Refusal) -> JSONObject {
        let body: [UInt8]
        do throws(OutboundError) {
            body = try await response.body.collect(bytesMax: limits.fetchBytes)
        } catch {
            throw Refusal(reason: "\(error)")
        }
        let headers = response.headers.fields.map { field -> JSONValue in [.string(field.name), .string(field.value)] }
        var answer: JSONObject = [
            "status": .integer(Int64(response.status)), "url": .string(url), "redirected": .bool(isRedirected),
            "headers": .array(headers),
        ]
        if let text = String(validating: body, as: UTF8.self) {
            answer["text"] = .string(text)
        } else {
            answer["body"] = .string(Base64.standard.text(body))
        }
        return answer
    }
}
