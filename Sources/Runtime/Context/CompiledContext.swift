import Catalog
import Domain

/// A context configuration with everything read that does not depend on a turn.
struct CompiledContext: Sendable {
    let headers: HeadersSchema
    let variables: [CompiledVariable]

    init(_ config: ContextConfig) {
        headers = HeadersSchema(config.headersSchema)
        variables = (config.contextVariables?.entries ?? []).map { CompiledVariable($0.name, $0.value) }
    }
}

/// A value to fetch, with its templates, schema and expression read.
struct CompiledVariable: Sendable {
    let name: String
    let trigger: ContextFetch.Trigger
    let url: Template
    let method: String
    let headers: HeaderMap?
    let body: CompiledBody?
    let required: [Template]
    let transform: JMESPath?
    let responseSchema: JSONSchema?
    let defaultValue: JSONValue?
    let credential: String?
    let timeout: Duration
    /// What of the definition decides about the value beside the request.
    let basis: String

    /// How long a fetch may take unless its definition says otherwise (run spec §12.1).
    static let timeoutDefault = Duration.seconds(10)

    init(_ name: String, _ definition: ContextFetch) {
        let fetch = definition.fetchConfig
        self.name = name
        trigger = definition.trigger
        url = Template(fetch.url)
        method = (fetch.method ?? .get).rawValue
        headers = fetch.headers
        body = fetch.body.flatMap { $0.isNull ? nil : CompiledBody($0) }
        required = (fetch.requiredToFetch ?? []).map(Template.init)
        transform = fetch.transform.flatMap { try? JMESPath(Self.path($0)) }
        responseSchema = definition.responseSchema.flatMap { try? JSONSchema($0, formats: false) }
        defaultValue = definition.defaultValue
        credential = definition.credentialID
        timeout = fetch.timeout.map { .milliseconds($0) } ?? Self.timeoutDefault
        basis =
            JSONValue.array([
                fetch.transform.map(JSONValue.string) ?? .null, definition.responseSchema ?? .null,
                definition.credentialID.map(JSONValue.string) ?? .null,
            ]).jsonText
    }

    /// A plain JSONPath (`$.data.user`) as the JMESPath that means the same.
    private static func path(_ text: String) -> String {
        guard text.hasPrefix("$") else { return text }
        let rest = text.dropFirst()
        return rest.isEmpty ? "@" : String(rest.hasPrefix(".") ? rest.dropFirst() : rest)
    }
}

/// A JSON body whose strings are templates.
indirect enum CompiledBody: Sendable {
    case fixed(JSONValue)
    case text(Template)
    case list([CompiledBody])
    case object([(name: String, value: CompiledBody)])

    init(_ value: JSONValue) {
        switch value {
        case .string(let text):
            let template = Template(text)
            self = template.hasPlaceholders ? .text(template) : .fixed(value)
        case .array(let elements): self = .list(elements.map(CompiledBody.init))
        case .object(let object): self = .object(object.map { (name: $0.key, value: CompiledBody($0.value)) })
        default: self = .fixed(value)
        }
    }

    /// The body with every string rendered; what is missing stays as it was written (run spec §12.3).
    func rendered(_ values: TemplateValues) -> JSONValue {
        switch self {
        case .fixed(let value): value
        case .text(let template): .string(template.rendered(values, .preserving).text)
        case .list(let elements): .array(elements.map { $0.rendered(values) })
        case .object(let members): .object(JSONObject(members.map { (key: $0.name, value: $0.value.rendered(values)) }))
        }
    }
}
