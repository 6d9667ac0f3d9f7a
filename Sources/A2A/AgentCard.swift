import Catalog

/// What of an agent's card matters to who calls it (A2A 0.3 §5).
struct AgentCard: Sendable, Equatable {
    /// Where JSON-RPC is spoken.
    let endpoint: String

    /// The paths of cards below the address of an agent: the one of today, and the one of before 0.3.
    static let paths = ["/.well-known/agent-card.json", "/.well-known/agent.json"]

    /// Reads a card.
    ///
    /// - Throws: `A2AFailure.malformed` for one that names no address for JSON-RPC of version 0.
    init(_ json: JSONValue) throws(A2AFailure) {
        guard json.object != nil else { throw .malformed("its card is no object") }
        guard let endpoint = Self.main(json) ?? Self.further(json) ?? Self.newer(json) else {
            throw .malformed(
                json["supportedInterfaces"] == nil
                    ? "its card names no address for JSON-RPC" : "its card offers only versions after 0.3")
        }
        guard endpoint.hasPrefix("https://") || endpoint.hasPrefix("http://") else {
            throw .malformed("the address in its card is neither http nor https")
        }
        self.endpoint = endpoint
    }

    private static func main(_ json: JSONValue) -> String? {
        guard let url = json["url"]?.string, !url.isEmpty else { return nil }
        return isJSONRPC(json["preferredTransport"]?.string ?? "JSONRPC") ? url : nil
    }

    private static func further(_ json: JSONValue) -> String? {
        (json["additionalInterfaces"]?.array ?? []).first { isJSONRPC($0["transport"]?.string ?? "") }?["url"]?.string
    }

    /// A card of a later version lists its addresses, each with its version.
    private static func newer(_ json: JSONValue) -> String? {
        (json["supportedInterfaces"]?.array ?? []).first { interface in
            isJSONRPC(interface["protocolBinding"]?.string ?? "")
                && interface["protocolVersion"]?.string?.hasPrefix("0.") == true
        }?["url"]?.string
    }

    private static func isJSONRPC(_ transport: String) -> Bool { transport.uppercased() == "JSONRPC" }
}
