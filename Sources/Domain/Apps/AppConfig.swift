public import Catalog
public import Cryptography

/// What an app is for (manage spec §2.22).
public enum AppType: String, CaseIterable, Sendable {
    /// A widget on web pages.
    case webClient = "web_client"
    /// A program.
    case api
    /// A help for those who answer customers.
    case supportCopilot = "support_copilot"
}

/// What an app needs to know, by its type: one of the three parts.
public struct AppConfig: Structure, Equatable {
    /// The type of the app.
    public var type = AppType.api
    /// What a widget needs; nil for the other types.
    public var webClient: WebClientConfig?
    /// What a program needs, which is nothing; nil for the other types.
    public var api: EmptyConfig?
    /// What a copilot needs; nil for the other types.
    public var supportCopilot: SupportCopilotConfig?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("type", \.type, .choice, "The app's type.", required: true),
        field("webClient", \.webClient, .structure, "What a web client needs."),
        field("api", \.api, .structure, "What a program needs: nothing."),
        field("supportCopilot", \.supportCopilot, .structure, "What a support copilot needs."),
    ]

    /// Notes when the part of the type is not there.
    public func check(_ decoding: inout Decoding) {
        if type == .webClient, webClient == nil { decoding.fail("Required", at: "webClient") }
        if type == .supportCopilot, supportCopilot == nil { decoding.fail("Required", at: "supportCopilot") }
    }

    /// The config without the parts of other types.
    var effective: AppConfig {
        var config = self
        if type != .webClient { config.webClient = nil }
        if type != .supportCopilot { config.supportCopilot = nil }
        config.api = type == .api ? EmptyConfig() : nil
        return config
    }
}

/// An object without members.
public struct EmptyConfig: Structure, Equatable {
    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = []
}

/// What a widget on web pages needs.
public struct WebClientConfig: Structure, Equatable {
    /// The domains of its pages: `*`, `*.example.com`, or a host with or without a port. At least one.
    public var allowedDomains: [String] = []
    /// Whether visitors need not say who they are.
    public var allowAnonymous = false
    /// The audience that tokens of its issuer must name; nil for any.
    public var audience: String?
    /// The keys that check tokens of its issuer.
    public var publicKeys: [PublicKeyConfig] = []

    /// One with every default in place.
    public init() {}

    /// Keys of one app at most.
    static let publicKeysMax = 50

    /// The members.
    public static let fields: [Field<Self>] = [
        field(
            "allowedDomains", \.allowedDomains,
            .list(of: .domainPattern, countMax: 1000).described(["minItems": 1])
                .checked { $0.isEmpty ? "must have at least one element" : nil },
            "The domains of its pages.", required: true),
        field(
            "allowAnonymous", \.allowAnonymous, .flag.described(["default": false]),
            "Whether visitors need not say who they are."),
        field("audience", \.audience, .text(1...1000), "The audience that tokens of its issuer must name."),
        field(
            "publicKeys", \.publicKeys, .list(of: .structure, countMax: publicKeysMax).described(["default": []]),
            "The keys that check tokens of its issuer; an update keeps them as they are."),
    ]

    /// Notes keys that are named twice.
    public func check(_ decoding: inout Decoding) {
        var seen: Set<String> = []
        for (position, key) in publicKeys.enumerated() where !seen.insert(key.kid).inserted {
            decoding.fail("names a key that is named before", along: ["publicKeys", String(position), "kid"])
        }
    }
}

/// A key that checks tokens of an app's issuer.
public struct PublicKeyConfig: Structure, Equatable {
    /// The name by which tokens name it.
    public var kid = ""
    /// The key in PEM.
    public var publicKey = ""
    /// What signatures it checks.
    public var algorithm = PublicKey.Algorithm.rs256
    /// When it was added, RFC 3339; nil before it is.
    public var addedAt: String?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("kid", \.kid, .keyName, "The name by which tokens name it.", required: true),
        field("publicKey", \.publicKey, .text(1...PublicKey.bytesMax), "The key in PEM.", required: true),
        field("algorithm", \.algorithm, .choice, "What signatures it checks.", required: true),
        field("addedAt", \.addedAt, .moment, "When it was added.", .recorded),
    ]

    /// Notes a text that is no key, and a key that the algorithm cannot use.
    public func check(_ decoding: inout Decoding) {
        guard let key = PublicKey(pem: publicKey) else {
            return decoding.fail("is not a public key in PEM (BEGIN PUBLIC KEY)", at: "publicKey")
        }
        if let refusal = key.refusal(of: algorithm) { decoding.fail(refusal, at: "publicKey") }
    }
}

/// What a support copilot needs.
public struct SupportCopilotConfig: Structure, Equatable {
    /// The platforms that it works in.
    public enum Platform: String, CaseIterable, Sendable {
        case atlas, freshdesk, front, github, helpscout, intercom, jira, missive, plain, salesforce, zendesk
    }

    /// The platform that it works in.
    public var platform = Platform.zendesk
    /// The credential for the platform; nil for none.
    public var credentialReferenceId: String?
    /// What it offers at a click; nil for nothing.
    public var quickActions: [QuickActionGroup]?

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("platform", \.platform, .choice, "The platform that it works in.", required: true),
        field(
            "credentialReferenceId", \.credentialReferenceId, .text(1...256), "The credential for the platform."),
        field("quickActions", \.quickActions, .list(of: .structure, countMax: 100), "What it offers at a click."),
    ]
}

/// Quick actions under one heading.
public struct QuickActionGroup: Structure, Equatable {
    /// The heading.
    public var group = ""
    /// The actions; at least one.
    public var actions: [QuickAction] = []

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("group", \.group, .text(1...100), "The heading.", required: true),
        field(
            "actions", \.actions,
            .list(of: .structure, countMax: 100).described(["minItems": 1])
                .checked { $0.isEmpty ? "must have at least one element" : nil },
            "The actions.", required: true),
    ]
}

/// A prompt at a click.
public struct QuickAction: Structure, Equatable {
    /// The words on the button.
    public var label = ""
    /// What is asked.
    public var prompt = ""

    /// One with every default in place.
    public init() {}

    /// The members.
    public static let fields: [Field<Self>] = [
        field("label", \.label, .text(1...100), "The words on the button.", required: true),
        field("prompt", \.prompt, .text(1...4000), "What is asked.", required: true),
    ]
}
