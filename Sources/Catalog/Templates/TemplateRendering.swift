/// What placeholders stand for while a template is rendered.
public struct TemplateValues: Sendable {
    /// What paths look into: an object of `headers` and the variables by name. Nil where there is nothing to look into,
    /// so that every path is missing.
    public var document: JSONValue?
    /// The conversation's id; nil while there is none.
    public var conversation: String?
    /// The server's environment, as far as it is open to templates.
    public var environment: TemplateEnvironment

    /// Values of these parts.
    public init(
        document: JSONValue? = [:], conversation: String? = nil,
        environment: TemplateEnvironment = TemplateEnvironment()
    ) {
        self.document = document
        self.conversation = conversation
        self.environment = environment
    }
}

/// The variables of the server's environment that templates may use. None, unless `COVEY_TEMPLATE_ENV_ALLOW` names
/// them, separated by commas (run spec §31 no. 3: the environment holds the server's keys).
public struct TemplateEnvironment: Sendable {
    private let values: [String: String]

    /// An environment without variables.
    public init() { values = [:] }

    /// What `environment` opens to templates.
    public init(environment: [String: String]) {
        let names = (environment["COVEY_TEMPLATE_ENV_ALLOW"] ?? "").split(separator: ",").map { String($0).trimmed }
        values = environment.filter { names.contains($0.key) }
    }

    /// The value of `name`; nil when it is not set, or is not open to templates.
    public subscript(name: String) -> String? { values[name] }
}

/// A text made from a template.
public struct RenderedText: Sendable, Equatable {
    /// The text.
    public let text: String
    /// The placeholders that had no value, as they were written between the braces, each once.
    public let missing: [String]
}

/// A placeholder without a value, where every one needs one. Says what was asked for, never what is there.
public struct MissingPlaceholder: Error, Sendable, Equatable {
    /// The placeholder without its braces.
    public let placeholder: String
    /// Why there is no value, to follow the name: `has no value`.
    public let reason: String
}

extension Template {
    /// What becomes of a placeholder that has no value.
    public enum Mode: Sendable {
        /// Nothing stands in its place.
        case lenient
        /// It stays as it was written, but for one that begins with `$`: that goes all the same.
        case preserving
    }

    /// The largest text that is rendered, in bytes; a value that would pass it counts as missing.
    public static let textBytesMax = 4 << 20

    private static let bounds = JMESPath.Bounds(steps: 200_000, resultBytes: textBytesMax)

    /// The text with every placeholder filled in. What is filled in is text: placeholders in it stay as they are.
    ///
    /// - Parameter escaping: What is done to a value before it is filled in, and whether the text begins with it.
    public func rendered(
        _ values: TemplateValues, _ mode: Mode = .lenient,
        escaping: (_ value: String, _ isFirst: Bool) -> String = { value, _ in value }
    ) -> RenderedText {
        var text = ""
        var missing: [String] = []
        for piece in pieces {
            guard case .placeholder(let placeholder) = piece else {
                if case .text(let words) = piece { text += words }
                continue
            }
            do throws(MissingPlaceholder) {
                let value = try Self.value(placeholder, values, room: Self.textBytesMax - text.utf8.count)
                text += escaping(value, text.isEmpty)
            } catch {
                if !missing.contains(placeholder.source) { missing.append(placeholder.source) }
                if mode == .preserving, !placeholder.source.hasPrefix("$") { text += placeholder.written }
            }
        }
        return RenderedText(text: text, missing: missing)
    }

    /// The text with every placeholder filled in.
    ///
    /// - Throws: `MissingPlaceholder` for the first that has no value.
    public func strictly(_ values: TemplateValues) throws(MissingPlaceholder) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let words): text += words
            case .placeholder(let placeholder):
                text += try Self.value(placeholder, values, room: Self.textBytesMax - text.utf8.count)
            }
        }
        return text
    }

    private static func value(
        _ placeholder: Placeholder, _ values: TemplateValues, room: Int
    ) throws(MissingPlaceholder) -> String {
        func missing(_ reason: String) -> MissingPlaceholder {
            MissingPlaceholder(placeholder: placeholder.source, reason: reason)
        }
        switch placeholder.meaning {
        case .nothing(let reason): throw missing(reason)
        case .conversation:
            // Empty and not missing before there is one (run spec §12.4).
            return values.conversation ?? ""
        case .environment(let name):
            guard let value = values.environment[name] else { throw missing("is not open to templates") }
            return value
        case .path(let path):
            let value: JSONValue
            do throws(JMESPathError) {
                value =
                    try values.document.map { document throws(JMESPathError) in
                        try path.search(document, bounds: bounds)
                    } ?? .null
            } catch {
                throw missing(error.reason)
            }
            if value.isNull { throw missing("has no value") }
            let text = value.string ?? value.jsonText
            guard text.utf8.count <= room else { throw missing("has a value that is too long") }
            return text
        }
    }
}
