import Access
import HTTP

extension Settings {
    /// What the environment says of those who run agents: Covey's names first, then the original's (run spec §34).
    ///
    /// - Throws: `BadSetting` for a secret that is too short, and for a number out of its range.
    static func runners(_ environment: [String: String]) throws(BadSetting) -> RunnerConfiguration {
        func value(_ names: [String]) -> (name: String, value: String)? {
            for name in names { if let value = environment[name], !value.isEmpty { return (name, value) } }
            return nil
        }
        func secret(_ names: String...) throws(BadSetting) -> String? {
            guard let found = value(names) else { return nil }
            let length = RunnerConfiguration.secretLengthMin
            guard found.value.utf8.count >= length else {
                throw BadSetting(name: found.name, value: "…", expected: "at least \(length) characters long")
            }
            return found.value
        }
        func number(_ names: String..., in range: ClosedRange<Int>) throws(BadSetting) -> Int? {
            guard let found = value(names) else { return nil }
            guard let number = Int(found.value), range.contains(number) else {
                throw BadSetting(
                    name: found.name, value: found.value,
                    expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        var runners = RunnerConfiguration()
        runners.workSecret = try secret(
            "COVEY_POW_SECRET", "INKEEP_SENTINEL_API_KEY_SECRET", "INKEEP_SENTINEL_V1_API_KEY_SECRET")
        runners.anonymousSecret = try secret("COVEY_ANON_JWT_SECRET", "INKEEP_ANON_JWT_SECRET")
        runners.serviceSecret = try secret("COVEY_JWT_SIGNING_SECRET", "INKEEP_AGENTS_JWT_SIGNING_SECRET")
        let difficulty = try number("COVEY_POW_DIFFICULTY", in: RunnerConfiguration.workDifficultyRange)
        runners.workDifficulty = difficulty ?? runners.workDifficulty
        let lifetime = try number(
            "COVEY_ANON_SESSION_LIFETIME_SECONDS", "INKEEP_ANON_SESSION_LIFETIME_SECONDS",
            in: RunnerConfiguration.anonymousLifetimeRange)
        if let lifetime { runners.anonymousLifetime = .seconds(lifetime) }
        return runners
    }
}
