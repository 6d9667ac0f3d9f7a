import Catalog
import Events

/// What templates of one run may name, the same for all of it and after a restart.
struct ResolvedContext: Sendable {
    /// `headers` and the variables by name.
    var values: JSONObject
    /// Why values are missing, one for each.
    var failures: [(variable: String, reason: String)] = []

    /// Of an agent without a configuration.
    static let none = ResolvedContext(values: [:])
}
