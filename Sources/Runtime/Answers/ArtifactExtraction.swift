import Catalog

/// Makes the parts of an artifact of what a tool gave (run spec §16.5).
struct ArtifactExtraction: Sendable {
    /// What of an artifact others see at first, and all of it.
    struct Parts: Sendable, Hashable {
        var summary: JSONObject
        var full: JSONObject
        /// Whether it is larger than a model may read at once; then the summary says so.
        var isOversized = false
    }

    /// The form; nil when no component has the name that was given: then the whole item is kept.
    let form: ArtifactRules?
    /// The largest artifact that a model may read at once, bytes of JSON text.
    let bytesMax: Int

    /// The parts of the artifact that `request` asks for; nil when a selector cannot be followed.
    func parts(of output: JSONValue, _ request: ArtifactRequest) -> Parts? {
        guard let found = Self.find(request.base, in: ToolResultView(output).searched) else { return nil }
        let item: JSONValue
        switch found {
        case .array(let elements): item = elements.first ?? [:]
        case .null: item = [:]
        default: item = found
        }
        var parts = Parts(summary: [:], full: [:])
        if let form, !form.fields.isEmpty {
            for field in form.fields {
                guard let value = value(of: field, in: item, request) else { continue }
                parts.full[field] = value
                if form.isInPreview(field) { parts.summary[field] = value }
            }
        } else {
            parts.full = item.object ?? (item == [:] ? [:] : ["value": item])
            parts.summary = parts.full
        }
        if parts.full.isEmpty { parts.full[request.base] = item }
        return bounded(parts)
    }

    private func value(of field: String, in item: JSONValue, _ request: ArtifactRequest) -> JSONValue? {
        let value = request.details[field].flatMap { Self.find($0, in: [item]) } ?? .null
        guard let value = value.isNull ? item[field] : value, !value.isNull else { return nil }
        return value.withoutExcessEscapes
    }

    private func bounded(_ parts: Parts) -> Parts {
        let size = JSONValue.object(parts.full).jsonBytes.count
        guard size > bytesMax else { return parts }
        var parts = parts
        parts.isOversized = true
        parts.summary["_oversizedWarning"] = .string(
            "This artifact has \(size) bytes; at most \(bytesMax) can be read at once, so it cannot be retrieved.")
        parts.summary["_structureInfo"] = .string(JSONShape.described(.object(parts.full)))
        return parts
    }

    /// What the selector finds; null where it finds nothing, nil when it is none that Covey takes.
    private static func find(_ selector: String, in documents: [JSONValue]) -> JSONValue? {
        guard let selector = try? Selector(selector) else { return nil }
        return (try? selector.value(in: documents, of: "")) ?? .null
    }
}

extension JSONValue {
    /// The value with texts that were escaped once too often as they were meant: those of several lines whose line
    /// breaks are all escaped. A single one may as well be meant, as in `C:\new`.
    var withoutExcessEscapes: JSONValue {
        switch self {
        case .string(let text):
            guard !text.utf8.contains(0x0A), text.ranges(of: "\\n").count > 1 else { return self }
            return .string(
                text.replacing("\\n", with: "\n").replacing("\\t", with: "\t").replacing("\\\"", with: "\""))
        case .array(let elements): return .array(elements.map(\.withoutExcessEscapes))
        case .object(let object):
            return .object(JSONObject(object.map { (key: $0.key, value: $0.value.withoutExcessEscapes) }))
        default: return self
        }
    }
}
