import Catalog
import HTTPTypes
import NIOCore
public import Outbound

/// From where a request came. Only proxies that the operator named are believed when they say for whom they ask.
public struct TrustedProxies: Sendable, Equatable {
    /// The addresses of the proxies.
    public let ranges: [IPRange]

    /// The proxies at these addresses; none unless told.
    public init(_ ranges: [IPRange] = []) { self.ranges = ranges }

    /// Hosts in `X-Forwarded-For` that are looked at.
    private static let hopsMax = 20

    private func isTrusted(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// The client's address: the peer's; or, while that is a proxy's that is trusted, the one that it says it asks for,
    /// from the last on. Empty when there is none.
    func client(of peer: SocketAddress?, _ headers: HTTPFields) -> String {
        guard let text = peer?.ipAddress, var address = IPAddress(text)?.unmapped else { return "" }
        guard isTrusted(address) else { return address.description }
        let forwarded = headers[values: .forwardedFor].flatMap { $0.split(separator: ",") }
        for hop in forwarded.reversed().prefix(Self.hopsMax) {
            guard let named = IPAddress(String(hop).trimmed)?.unmapped else { break }
            address = named
            guard isTrusted(address) else { break }
        }
        return address.description
    }

    /// Whether what a proxy says of the client's connection is believed.
    func believes(_ peer: SocketAddress?) -> Bool {
        peer?.ipAddress.flatMap { IPAddress($0)?.unmapped }.map(isTrusted) ?? false
    }
}
