import Foundation
import Outbound

/// What `covey doctor` says of an installation that is more open than it should be. It looks at the environment that
/// the server is started with, and at how it is reached.
extension Doctor {
    /// A warning for each thing that is open; none when all is shut.
    static func opennessChecks(_ address: String, data: String, _ environment: [String: String]) -> [Check] {
        let lists = [
            ("COVEY_TRUSTED_PROXIES", "Everybody can claim any address, and so pass rate limits and lock-out."),
            ("COVEY_EGRESS_ALLOW", "Tools reach everything inside your network, the metadata of your cloud too."),
        ]
        return [
            transportCheck(address), keyFileCheck(data), signUpCheck(environment), developmentCheck(environment),
            contentCheck(environment),
        ].compactMap(\.self)
            + lists.compactMap { rangeCheck($0, $1, environment) } + limitChecks(environment)
    }

    /// Whether an address names this machine.
    static func isLoopback(_ address: String) -> Bool {
        let rest = address.firstRange(of: "://").map { address[$0.upperBound...] } ?? address[...]
        let host = rest.prefix { $0 != "/" }
        let name = host.hasPrefix("[") ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
        return name == "localhost" || IPAddress(String(name)).map({ loopback.contains($0) }) == true
    }

    private static func transportCheck(_ address: String) -> Check? {
        guard address.hasPrefix("http://"), !isLoopback(address) else { return nil }
        return Check(
            verdict: .wrong, what: "\(address) is not encrypted: passwords, sessions and keys can be read on the way",
            advice: "Set COVEY_TLS_CERTIFICATE and COVEY_TLS_KEY, or put a proxy that speaks TLS in front.")
    }

    private struct Loopback {
        let ranges = ["127.0.0.0/8", "::1"].compactMap { IPRange($0) }
        func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }
    }

    private static let loopback = Loopback()

    private static func keyFileCheck(_ data: String) -> Check? {
        let path = "\(data)/secret.key"
        guard let rights = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int,
            rights & 0o077 != 0
        else { return nil }
        return Check(
            verdict: .wrong, what: "the key that seals secrets, \(path), is open to other users",
            advice: "chmod 600 \(path), and make a new one with covey key rotate.")
    }

    private static func signUpCheck(_ environment: [String: String]) -> Check? {
        guard environment["COVEY_SIGN_UP"] == "open" else { return nil }
        return Check(
            verdict: .note, what: "everybody may make an account (COVEY_SIGN_UP=open)",
            advice: "Leave it unset, and invite people.")
    }

    private static func contentCheck(_ environment: [String: String]) -> Check? {
        guard let value = environment["COVEY_TRACE_CONTENT"]?.lowercased(), ["1", "true", "yes", "on"].contains(value)
        else { return nil }
        return Check(
            verdict: .note, what: "what people and models say goes to the collector of traces (COVEY_TRACE_CONTENT)",
            advice: "Leave it unset where the collector's users may not read conversations.")
    }

    private static func developmentCheck(_ environment: [String: String]) -> Check? {
        guard let value = environment["COVEY_DEV"]?.lowercased(), ["1", "true", "yes", "on"].contains(value) else {
            return nil
        }
        return Check(
            verdict: .note, what: "development: whoever reaches this machine needs no credential (COVEY_DEV)",
            advice: "Never set it where others work.")
    }

    /// A list that names nearly all addresses there are.
    private static func rangeCheck(_ name: String, _ harm: String, _ environment: [String: String]) -> Check? {
        let ranges = (environment[name] ?? "").split(separator: ",").compactMap { text in
            IPRange(String(text).trimmingCharacters(in: .whitespaces))
        }
        guard let widest = ranges.min(by: { $0.prefixLength < $1.prefixLength }), widest.prefixLength < 8 else {
            return nil
        }
        return Check(verdict: .wrong, what: "\(name) names \(widest)", advice: "\(harm) Name what is needed alone.")
    }

    private static func limitChecks(_ environment: [String: String]) -> [Check] {
        ["COVEY_RATE_SIGN_IN", "COVEY_RATE_REFUSED", "COVEY_RATE_VISITOR"].filter { environment[$0] == "off" }.map {
            Check(verdict: .note, what: "\($0) is off", advice: "Without it guessing and flooding cost nothing.")
        }
    }
}
