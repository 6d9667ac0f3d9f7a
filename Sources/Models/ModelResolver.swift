public import Catalog
public import Outbound

/// Turns a model string such as `openai/gpt-5` and its `providerOptions` into something that can be called (run spec
/// §8). Resolving does no I/O but reading a script; the result may be kept for as long as the configuration stands.
public struct ModelResolver: Sendable {
    /// The providers that a model string may name.
    public static let providers = [
        "anthropic", "azure", "openai", "google", "openrouter", "gateway", "nim", "custom", "mock", "scripted",
    ]

    private let client: HTTPClient
    private let environment: [String: String]
    private let scripts: ScriptLibrary?
    private let clock: ModelClock

    /// A resolver.
    ///
    /// - Parameters:
    ///   - client: what carries the calls; its egress policy also bounds where a configured base URL may point.
    ///   - environment: the keys by the providers' own names, for instance `OPENAI_API_KEY`.
    ///   - scripts: the folder that `scripted/…` plays from; nil where there is none.
    ///   - clock: the time for the models that make their replies themselves.
    public init(client: HTTPClient, environment: [String: String], scripts: ScriptLibrary?, clock: ModelClock) {
        self.client = client
        self.environment = environment
        self.scripts = scripts
        self.clock = clock
    }

    /// The model that `model` names and the options for its calls.
    ///
    /// - Throws: `ModelFailure` of kind `configuration` where something is missing, `unsupported` for providers that
    ///   Covey does not speak to. The message says what to do.
    public func resolve(
        _ model: String, providerOptions: JSONObject = [:]
    ) throws(ModelFailure) -> (model: any Model, options: ModelOptions) {
        guard let slash = model.firstIndex(of: "/"), slash != model.startIndex,
            model.index(after: slash) != model.endIndex
        else { throw ModelFailure(.configuration, "No provider specified in model string: \(model)") }
        let provider = model[..<slash].lowercased()
        let name = String(model[model.index(after: slash)...])
        let options = ModelOptions(model: name, providerOptions: providerOptions)
        switch provider {
        case "mock": return (MockModel(name: name, clock: clock), options)
        case "scripted":
            guard let scripts else {
                throw ModelFailure(.configuration, "\(model) cannot be played: no folder of scripts is configured")
            }
            _ = try scripts.script(name)
            return (ScriptedModel(name: name, library: scripts, clock: clock), options)
        case "openai", "openrouter", "nim", "custom", "azure":
            return (OpenAIModel(client: client, endpoint: try endpoint(provider, options)), options)
        case "anthropic":
            let caches = environment["INKEEP_PROMPT_CACHING_ENABLED"]?.lowercased() != "false"
            let endpoint = try endpoint(provider, options)
            return (AnthropicModel(client: client, endpoint: endpoint, cachesPrompts: caches), options)
        case "google": return (GoogleModel(client: client, endpoint: try endpoint(provider, options)), options)
        case "gateway":
            throw ModelFailure(
                .unsupported("gateway"),
                "The Vercel AI gateway is not supported: name the provider itself, for instance openai/gpt-5, or reach "
                    + "the gateway as custom/… with its address in providerOptions.baseURL")
        default:
            throw ModelFailure(
                .configuration,
                "Unknown provider \(provider) in model string: \(model). "
                    + "Known are \(Self.providers.joined(separator: ", "))")
        }
    }

    // MARK: Endpoints

    /// What is the provider's own: its key's name in the environment, its usual address, the header of the key.
    private struct Defaults {
        var keyNames: [String]
        var baseURL: String?
        var baseURLName: String?
        var keyHeader = "Authorization"
        var keyPrefix = "Bearer "
    }

    private func defaults(_ provider: String) -> Defaults {
        switch provider {
        case "openai":
            Defaults(keyNames: ["OPENAI_API_KEY"], baseURL: "https://api.openai.com/v1", baseURLName: "OPENAI_BASE_URL")
        case "openrouter": Defaults(keyNames: ["OPENROUTER_API_KEY"], baseURL: "https://openrouter.ai/api/v1")
        case "nim": Defaults(keyNames: ["NIM_API_KEY"], baseURL: "https://integrate.api.nvidia.com/v1")
        case "azure":
            Defaults(keyNames: ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"], keyHeader: "api-key", keyPrefix: "")
        case "anthropic":
            Defaults(
                keyNames: ["ANTHROPIC_API_KEY"], baseURL: "https://api.anthropic.com/v1",
                baseURLName: "ANTHROPIC_BASE_URL", keyHeader: "x-api-key", keyPrefix: "")
        case "google":
            Defaults(
                keyNames: ["GOOGLE_GENERATIVE_AI_API_KEY"], baseURL: "https://generativelanguage.googleapis.com/v1beta",
                keyHeader: "x-goog-api-key", keyPrefix: "")
        default: Defaults(keyNames: ["CUSTOM_LLM_API_KEY"])
        }
    }

    private func endpoint(_ provider: String, _ options: ModelOptions) throws(ModelFailure) -> ModelEndpoint {
        let defaults = defaults(provider)
        let configured = options.baseURL ?? defaults.baseURLName.flatMap { environment[$0] }
        let (address, query) = try address(provider, options, configured ?? defaults.baseURL)
        let key = defaults.keyNames.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        var headers = HTTPHeaders()
        if let key {
            headers[defaults.keyHeader] = defaults.keyPrefix + key
        } else if configured == nil {
            // Somebody's own server may want no key; the providers all do.
            throw ModelFailure(.configuration, "\(defaults.keyNames[0]) is not set, so \(provider) cannot be called")
        }
        if provider == "anthropic" { headers["anthropic-version"] = "2023-06-01" }
        for (name, value) in options.headers.sorted(by: { $0.key < $1.key }) { headers[name] = value }
        return ModelEndpoint(provider: provider, baseURL: address, headers: headers, query: query)
    }

    private func address(
        _ provider: String, _ options: ModelOptions, _ baseURL: String?
    ) throws(ModelFailure) -> (String, query: String) {
        guard provider == "azure" else {
            guard let baseURL, !baseURL.isEmpty else {
                throw ModelFailure(.configuration, "\(provider) models need providerOptions.baseURL")
            }
            return (baseURL, "")
        }
        var base = baseURL ?? ""
        if base.isEmpty {
            guard let resource = options.resourceName, !resource.isEmpty else {
                throw ModelFailure(.configuration, "azure models need providerOptions.resourceName or baseURL")
            }
            guard resource.utf8.allSatisfy({ Self.isNameByte($0) }) else {
                throw ModelFailure(.configuration, "providerOptions.resourceName is not the name of an Azure resource")
            }
            base = "https://\(resource).openai.azure.com/openai"
        }
        while base.hasSuffix("/") { base.removeLast() }
        // Azure's v1 API is OpenAI's; the dated versions address the deployment in the path.
        guard let version = options.apiVersion, version != "v1" else {
            return (base.hasSuffix("/v1") ? base : base + "/v1", "")
        }
        let deployment = PercentCoding.component(options.model)
        return ("\(base)/deployments/\(deployment)", "?api-version=\(PercentCoding.component(version))")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension ModelOptions {
    /// Splits `providerOptions` (run spec §8): scalars and lists are generation parameters, objects are the call's
    /// provider options, and a few names are ours: how the provider is reached, how long a call may take, and how much
    /// the model can read. `apiKey` is dropped: keys come from the environment or not at all.
    public init(model: String, providerOptions: JSONObject) {
        self.init(model: model)
        for (name, value) in providerOptions {
            switch name {
            case "apiKey": continue
            case "baseURL", "baseUrl": baseURL = value.string ?? baseURL
            case "resourceName": resourceName = value.string
            case "apiVersion": apiVersion = value.string
            case "contextWindowSize": contextWindowSize = value.integer.flatMap { $0 > 0 ? $0 : nil }
            case "maxDuration":
                guard let seconds = value.double, seconds > 0 else { continue }
                timeout = min(.milliseconds(min(seconds, 1e9) * 1000), Self.timeoutMax)
            case "headers":
                for (header, text) in value.object ?? [:] { if let text = text.string { headers[header] = text } }
            default:
                switch value {
                case .object: provider[name] = value
                case .null: continue
                default: parameters[name] = value
                }
            }
        }
    }
}
