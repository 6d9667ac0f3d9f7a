import CCurl
import Glibc

/// How a request becomes an easy handle's options, and an easy handle's callbacks and result become a reply. All of it
/// runs on the loop's thread.
extension CurlTransfer {
    /// The transfer of an easy handle.
    static func of(_ easy: UnsafeMutableRawPointer) -> CurlTransfer? {
        covey_get_private(easy).map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Bytes that are read of a body after its reader has gone.
    private static let lingeredBytesMax = 64 * 1024

    /// Sets all options. Returns what is wrong with the request, nil when nothing is.
    func prepare(
        _ easy: UnsafeMutableRawPointer, context: UnsafeMutableRawPointer, loop: CurlLoop
    ) -> OutboundError? {
        guard request.headers.areWellFormed else { return .invalidRequest("a header holds a character it may not") }
        // First of all, because `finish` needs nothing but the handle and callbacks find the transfer by it.
        covey_set_pointer(easy, CURLOPT_PRIVATE, context)
        guard !request.url.utf8.contains(0), covey_set_text(easy, CURLOPT_URL, request.url) == CURLE_OK else {
            return .invalidRequest("the address")
        }
        covey_set_long(easy, CURLOPT_NOSIGNAL, 1)
        // Else giving up a transfer amid a name look-up would stop the loop until the look-up ends.
        covey_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        covey_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        covey_set_long(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        covey_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, request.timeouts.connect.milliseconds))
        covey_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        covey_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        // Each transfer has a buffer of this size, and answers of models come in small pieces.
        covey_set_long(easy, CURLOPT_BUFFERSIZE, 8 * 1024)
        if !loop.policy.usesEnvironmentProxies { covey_set_text(easy, CURLOPT_PROXY, "") }
        resolve(easy, loop)
        if let file = loop.certificateAuthorities { covey_set_text(easy, CURLOPT_CAINFO, file) }
        covey_set_on_body(easy, onBody, context)
        covey_set_on_header(easy, onHeader, context)
        covey_set_on_open(easy, onOpen, context)
        covey_set_on_close(easy, onClose, Unmanaged.passUnretained(loop).toOpaque())
        setMethod(easy)
        setHeaders(easy)
        return nil
    }

    /// Has the name resolved by the loop's own resolver, where it has one.
    private func resolve(_ easy: UnsafeMutableRawPointer, _ loop: CurlLoop) {
        guard let resolver = loop.resolver, let parts = URLParts(request.url) else { return }
        let addresses = resolver(parts.host)
        guard !addresses.isEmpty else { return }
        resolvedList = curl_slist_append(nil, "\(parts.host):\(parts.port):\(addresses.joined(separator: ","))")
        covey_set_pointer(easy, CURLOPT_RESOLVE, resolvedList)
    }

    private func setMethod(_ easy: UnsafeMutableRawPointer) {
        if let body = request.body {
            covey_set_long(easy, CURLOPT_POST, 1)
            body.withUnsafeBytes { bytes in
                // An empty body may have no address, and without one libcurl would read the body by callback.
                _ = covey_set_body(easy, bytes.baseAddress ?? UnsafeRawPointer(easy), curl_off_t(bytes.count))
            }
            if request.method != "POST" { covey_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method) }
        } else if request.method == "HEAD" {
            covey_set_long(easy, CURLOPT_NOBODY, 1)
        } else {
            covey_set_long(easy, CURLOPT_HTTPGET, 1)
            if request.method != "GET" { covey_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method) }
        }
    }

    private func setHeaders(_ easy: UnsafeMutableRawPointer) {
        for field in request.headers.fields {
            // An empty value is written with a semicolon; with a colon libcurl would drop the header.
            let line = field.value.isEmpty ? field.name + ";" : field.name + ": " + field.value
            headerList = curl_slist_append(headerList, line)
        }
        if request.body != nil {
            // No waiting for "100 Continue" before large bodies, and no form type that nobody asked for.
            headerList = curl_slist_append(headerList, "Expect:")
            if request.headers["Content-Type"] == nil { headerList = curl_slist_append(headerList, "Content-Type:") }
        }
        if request.headers["User-Agent"] == nil { headerList = curl_slist_append(headerList, "User-Agent: covey") }
        covey_set_headers(easy, headerList)
    }

    /// When this transfer runs out of time, and of which. libcurl itself bounds the time to connect; until then the
    /// idle
    /// time does not run, and the answer is when to look again.
    func deadline(now: Int64) -> (at: Int64, phase: OutboundError.Phase) {
        if let lingersUntil { return (lingersUntil, .total) }
        let total = request.timeouts.total.map { startedAt &+ $0.nanoseconds } ?? .max
        guard let idle = request.timeouts.idle?.nanoseconds, !isHeldBack else { return (total, .total) }
        let idleSince = hasBytes ? lastByteAt : connectedAt ?? now
        return total < idleSince &+ idle ? (total, .total) : (idleSince &+ idle, .idle)
    }

    /// When the connection was ready to carry the request; nil before that.
    private var connectedAt: Int64? {
        guard let easy else { return nil }
        let microseconds = Int64(covey_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T))
        return microseconds > 0 ? startedAt + microseconds * 1000 : nil
    }

    /// What a result code of libcurl means; nil for success.
    func error(for code: CURLcode) -> OutboundError? {
        switch code {
        case CURLE_OK: nil
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .cannotResolve(host: host)
        case CURLE_COULDNT_CONNECT:
            if let refused = decisions.last, openedSockets == 0 {
                .refusedByPolicy("\(host) (\(refused.address))")
            } else {
                .cannotConnect("nobody answers at \(host)")
            }
        case CURLE_OPERATION_TIMEDOUT: .timedOut(.connect)
        case CURLE_URL_MALFORMAT: .invalidRequest("the address is not one")
        case CURLE_LOGIN_DENIED: .invalidRequest("the address holds a user name")
        case CURLE_UNSUPPORTED_PROTOCOL:
            // Also libcurl's word for a reply that does not start like HTTP.
            if let scheme = URLParts(request.url)?.scheme, scheme == "http" || scheme == "https" {
                .cut("the reply is not HTTP")
            } else {
                .refusedByPolicy("addresses that are not http or https")
            }
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
            CURLE_USE_SSL_FAILED:
            .tls("\(String(cString: curl_easy_strerror(code))) (\(host))")
        default: .cut(String(cString: curl_easy_strerror(code)))
        }
    }

    /// The host of the request's address, in lower case; empty where it has none.
    var host: String { URLParts(request.url)?.host ?? "" }

    // MARK: What callbacks do

    fileprivate func takeBody(_ bytes: UnsafeRawBufferPointer, loop: CurlLoop) -> Int {
        lastByteAt = loop.now
        hasBytes = true
        loop.touch(self)
        guard bodyBytes + bytes.count <= request.bodyBytesMax else {
            failure = .tooLarge(bytesMax: request.bodyBytesMax)
            return -1
        }
        if lingersUntil != nil {
            // What a reader has turned away from is read only to reach its end, and not for long.
            lingeredBytes += bytes.count
            return lingeredBytes <= Self.lingeredBytesMax ? bytes.count : -1
        }
        guard receive(bytes, bufferBytesMax: loop.limits.bufferBytesMax) else {
            isHeldBack = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        bodyBytes += bytes.count
        return bytes.count
    }

    fileprivate func takeHeader(_ bytes: UnsafeRawBufferPointer, loop: CurlLoop) -> Bool {
        lastByteAt = loop.now
        hasBytes = true
        // Trailers come after the body; nothing of ours reads them.
        guard !headIsDone else { return true }
        headerBytes += bytes.count
        guard headerBytes <= loop.limits.headerBytesMax else {
            failure = .tooLarge(bytesMax: loop.limits.headerBytesMax)
            return false
        }
        let line = bytes.trimmed
        if line.isEmpty {
            if (100..<200).contains(status), status != 101 {
                headers = HTTPHeaders()
            } else {
                publishHead()
                loop.touch(self)
            }
        } else if line.starts(with: "HTTP/".utf8) {
            headers = HTTPHeaders()
            status =
                line.split(separator: UInt8(ascii: " ")).dropFirst().first
                .flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            headers.append(
                String(decoding: line[..<colon], as: UTF8.self),
                String(decoding: UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]).trimmed, as: UTF8.self))
        }
        return true
    }

    /// Opens the socket to an address, if the policy lets it.
    fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>, loop: CurlLoop) -> curl_socket_t {
        guard let target = IPAddress(address) else { return CURL_SOCKET_BAD }
        let decision = loop.policy.decision(on: target, host: host)
        decisions.append(decision)
        guard decision.isPermitted else { return CURL_SOCKET_BAD }
        openedSockets += 1
        let flags = Int32(SOCK_CLOEXEC.rawValue)
        return socket(address.pointee.family, address.pointee.socktype | flags, address.pointee.protocol)
    }
}

private let onBody: covey_data_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count), loop: transfer.loop)
}

private let onHeader: covey_data_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer.takeHeader(line, loop: transfer.loop) ? size * count : 0
}

private let onOpen: curl_opensocket_callback = { context, purpose, address in
    guard let context, let address, purpose == CURLSOCKTYPE_IPCXN else { return CURL_SOCKET_BAD }
    let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.open(address, loop: transfer.loop)
}

private let onClose: curl_closesocket_callback = { context, descriptor in
    if let context { Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().didClose(descriptor) }
    return close(descriptor)
}

extension IPAddress {
    /// The address in libcurl's form of a socket address; nil for other families than IPv4 and IPv6.
    fileprivate init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        let raw = UnsafeRawPointer(address) + offset
        switch address.pointee.family {
        case AF_INET:
            let start = raw + (MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) ?? 4)
            self.init(bytes: Array(UnsafeRawBufferPointer(start: start, count: 4)))
        case AF_INET6:
            let start = raw + (MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8)
            self.init(bytes: Array(UnsafeRawBufferPointer(start: start, count: 16)))
        default: return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// These bytes without the white space at both ends.
    fileprivate var trimmed: UnsafeRawBufferPointer {
        var low = 0
        var high = count
        while low < high, self[low] <= 0x20 { low += 1 }
        while high > low, self[high - 1] <= 0x20 { high -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[low..<high])
    }
}

extension Duration {
    /// Whole nanoseconds, at most 292 years.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? .max / 4 : product + attoseconds / 1_000_000_000
    }

    /// Whole milliseconds.
    var milliseconds: Int { Int(nanoseconds / 1_000_000) }
}
