import Access
import Foundation
import HTTP

extension Settings {
    /// How people get in, as the environment says.
    static func people(
        _ environment: [String: String], secret: String?
    ) throws(BadSetting) -> PeopleSettings {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        var people = PeopleSettings()
        people.secret = secret
        if let text = value("COVEY_SIGN_UP") {
            guard let signUp = PeopleSettings.SignUp(rawValue: text.lowercased()) else {
                let words = PeopleSettings.SignUp.allCases.map(\.rawValue).joined(separator: " or ")
                throw BadSetting(name: "COVEY_SIGN_UP", value: text, expected: words)
            }
            people.signUp = signUp
        }
        people.consoleURL = try value("COVEY_UI_URL", "INKEEP_AGENTS_MANAGE_UI_URL").map { url throws(BadSetting) in
            try address(url, of: "COVEY_UI_URL")
        }
        for origin in (value("COVEY_TRUSTED_ORIGINS") ?? "").split(separator: ",") {
            let text = origin.trimmingCharacters(in: .whitespaces)
            people.trustedOrigins.insert(try address(text, of: "COVEY_TRUSTED_ORIGINS"))
        }
        people.tenant = value("COVEY_TENANT", "TENANT_ID") ?? people.tenant
        return people
    }

    /// An absolute http or https address without a slash at its end.
    private static func address(_ text: String, of name: String) throws(BadSetting) -> String {
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw BadSetting(name: name, value: text, expected: "an address that begins with http:// or https://")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// The first owner; both or neither must be named.
    static func admin(
        _ email: String?, _ password: String?
    ) throws(BadSetting) -> (email: String, password: String)? {
        switch (email, password) {
        case (nil, nil): return nil
        case (let email?, let password?): return (email, password)
        case (nil, _):
            throw BadSetting(name: "COVEY_ADMIN_EMAIL", value: "", expected: "set together with COVEY_ADMIN_PASSWORD")
        case (_, nil):
            throw BadSetting(name: "COVEY_ADMIN_PASSWORD", value: "", expected: "set together with COVEY_ADMIN_EMAIL")
        }
    }
}
