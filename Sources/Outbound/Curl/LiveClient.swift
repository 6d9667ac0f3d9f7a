/// Stops the loop when nobody can use it any more.
final class CurlOwner: Sendable {
    let loop: CurlLoop

    init(_ loop: CurlLoop) {
        self.loop = loop
        loop.run()
    }

    deinit { loop.submit(.stop) }
}

extension HTTPClient {
    /// A client on libcurl with a thread, a connection pool and a name cache of its own. It ends with its last copy.
    ///
    /// - Parameters:
    ///   - policy: where requests may go.
    ///   - limits: the bounds on connections, buffers and redirects.
    ///   - certificateAuthorities: a PEM file of the authorities to trust; nil for the system's.
    ///   - resolver: the addresses of a host name, asked anew for each request; none for those that the system knows.
    ///     Nil for the system's resolver alone. The policy is asked in any case.
    public static func live(
        policy: EgressPolicy, limits: HTTPLimits = HTTPLimits(), certificateAuthorities: String? = nil,
        resolver: (@Sendable (String) -> [String])? = nil
    ) -> HTTPClient {
        let owner = CurlOwner(
            CurlLoop(
                policy: policy, limits: limits, certificateAuthorities: certificateAuthorities, resolver: resolver))
        return HTTPClient { request async throws(OutboundError) in
            request.followsRedirects
                ? try await follow(request, owner: owner)
                : try await perform(request, owner: owner)
        }
    }

    private static func perform(_ request: HTTPRequest, owner: CurlOwner) async throws(OutboundError) -> HTTPResponse {
        let transfer = CurlTransfer(request.traced, loop: owner.loop)
        let body = CurlBody(transfer, owner: owner)
        let head = try await transfer.start()
        return HTTPResponse(
            status: head.status, headers: head.headers,
            body: HTTPBody { () async throws(OutboundError) in try await body.next() }, decisions: head.decisions)
    }

    /// Follows redirects by hand rather than libcurl's way, so that each hop is a request with a host of its own for
    /// the
    /// policy, and so that no credential leaves its origin.
    private static func follow(_ first: HTTPRequest, owner: CurlOwner) async throws(OutboundError) -> HTTPResponse {
        let clock = ContinuousClock()
        let deadline = first.timeouts.total.map { clock.now.advanced(by: $0) }
        var request = first
        var decisions: [EgressDecision] = []
        for _ in 0...owner.loop.limits.redirectsMax {
            let hop = try await perform(request, owner: owner)
            decisions += hop.decisions
            let response = HTTPResponse(
                status: hop.status, headers: hop.headers, body: hop.body, decisions: decisions)
            guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["Location"]
            else {
                return response
            }
            request = try request.redirected(to: location, status: response.status)
            if let deadline {
                request.timeouts.total = clock.now.duration(to: deadline)
                guard deadline > clock.now else { throw .timedOut(.total) }
            }
        }
        throw .tooManyRedirects(max: owner.loop.limits.redirectsMax)
    }
}

extension HTTPRequest {
    /// The headers that may be sent on to another origin: none of them can hold a credential.
    private static let portableHeaders = ["Accept", "Accept-Language", "Content-Type", "User-Agent"]

    /// The request that a redirect asks for (RFC 9110 §15.4).
    func redirected(to location: String, status: Int) throws(OutboundError) -> HTTPRequest {
        guard let target = URLParts.resolve(location, at: url), let parts = URLParts(target) else {
            throw .invalidRequest("a redirect to what is no address")
        }
        guard parts.scheme == "http" || parts.scheme == "https" else {
            throw .refusedByPolicy("addresses that are not http or https")
        }
        guard !parts.hasCredentials else { throw .invalidRequest("a redirect to an address with a user name") }
        var next = self
        next.url = target
        if status == 303 && method != "HEAD" || (status == 301 || status == 302) && method == "POST" {
            next.method = "GET"
            next.body = nil
            next.headers["Content-Type"] = nil
        }
        if URLParts(url) != parts {
            next.headers = HTTPHeaders()
            for field in headers.fields where Self.portableHeaders.contains(where: { HTTPHeaders.same($0, field.name) })
            {
                if next.body != nil || !HTTPHeaders.same(field.name, "Content-Type") {
                    next.headers.append(field.name, field.value)
                }
            }
        }
        return next
    }
}
