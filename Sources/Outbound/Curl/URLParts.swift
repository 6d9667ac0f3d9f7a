import CCurl

/// The parts of an address that matter for where a request goes, as libcurl itself reads them: what is checked is what
/// is connected to.
struct URLParts: Hashable {
    let scheme: String
    /// In lower case, IPv6 literals without brackets.
    let host: String
    let port: String
    /// Whether a user name or a password stands before the host.
    let hasCredentials: Bool

    /// Reads an absolute address. Nil when libcurl would not take it.
    init?(_ url: String) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK,
            let scheme = Self.part(handle, CURLUPART_SCHEME),
            let host = Self.part(handle, CURLUPART_HOST),
            let port = Self.part(handle, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))
        else { return nil }
        self.scheme = scheme.lowercased()
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.host = bare.lowercased()
        self.port = port
        hasCredentials = Self.part(handle, CURLUPART_USER) != nil || Self.part(handle, CURLUPART_PASSWORD) != nil
    }

    /// The absolute address that `reference` means when it stands at `base` (RFC 3986 §5). Nil when either is none.
    static func resolve(_ reference: String, at base: String) -> String? {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, base, 0) == CURLUE_OK,
            curl_url_set(handle, CURLUPART_URL, reference, 0) == CURLUE_OK
        else { return nil }
        return part(handle, CURLUPART_URL)
    }

    /// Whether an address holds a user's name or password.
    static func hasUser(_ url: String) -> Bool {
        guard let handle = curl_url() else { return false }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else { return false }
        return part(handle, CURLUPART_USER) != nil || part(handle, CURLUPART_PASSWORD) != nil
    }

    private static func part(_ handle: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

extension HTTPRequest {
    /// The absolute address that `reference` means when it stands at `base`, if both are of one origin: what may be
    /// sent to the one may be sent to the other. Nil otherwise.
    public static func address(_ reference: String, at base: String) -> String? {
        guard let address = URLParts.resolve(reference, at: base), let parts = URLParts(address),
            parts == URLParts(base)
        else { return nil }
        return address
    }
    /// The absolute address that `location` of a redirect means when the answer came from `base`; nil when it is none.
    public static func redirect(to location: String, from base: String) -> String? {
        URLParts.resolve(location, at: base)
    }
}

extension HostNames {
    /// Whether the host of an address is one of them, as whoever connects reads the address. False for what is no
    /// http or https address.
    public func contains(hostOf url: String) -> Bool {
        guard let parts = URLParts(url), ["http", "https"].contains(parts.scheme), !parts.hasCredentials else {
            return false
        }
        return contains(EgressPolicy.normal(parts.host))
    }
}

/// An absolute http or https address, as libcurl reads it.
public struct WebAddress: Sendable, Hashable {
    /// The port, named or not.
    public let port: Int
    /// Whether it holds a user's name or password.
    public let hasUser: Bool

    /// Reads an address; nil for what is none, or of another scheme.
    public init?(_ text: String) {
        guard let parts = URLParts(text), parts.scheme == "http" || parts.scheme == "https", !parts.host.isEmpty,
            let port = Int(parts.port)
        else { return nil }
        self.port = port
        hasUser = URLParts.hasUser(text)
    }

    /// The absolute address that a reference means when it stands at `base` (RFC 3986 §5). Nil when either is none.
    public static func resolve(_ reference: String, at base: String) -> String? {
        URLParts.resolve(reference, at: base)
    }
}
