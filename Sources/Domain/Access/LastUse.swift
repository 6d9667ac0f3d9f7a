import Catalog

/// When a key or an app was used last: found out, not configured.
enum LastUse {
    /// The members that show it; none while it was never used.
    static func members(_ observation: Observation?) -> JSONObject {
        guard let observation else { return [:] }
        return ["lastUsedAt": .string(Timestamp.text(observation.at))]
    }
}
