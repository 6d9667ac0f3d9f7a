import Catalog

/// What is known of one call of a model beside what it gave. Logs of older versions do not have it.
public struct RunModelCall: Sendable, Hashable {
    /// The model as it is configured: `openai/gpt-5`.
    public var model: String
    /// When it was asked, milliseconds since 1970.
    public var startedAt: Int64
    /// How long the first piece of its reply took, milliseconds; nil when none came.
    public var firstTokenMs: Int64?
    /// What the call cost by the prices of its time, millionths of the currency that they are in; nil where the model
    /// has no price.
    public var costMicros: Int64?

    /// A call from its parts.
    public init(model: String, startedAt: Int64, firstTokenMs: Int64? = nil, costMicros: Int64? = nil) {
        self.model = model
        self.startedAt = startedAt
        self.firstTokenMs = firstTokenMs
        self.costMicros = costMicros
    }

    /// The provider: what the model's name begins with; the whole name where it has none.
    public var provider: String { String(model.prefix { $0 != "/" }) }
}

extension JSONWriter {
    /// Appends a call as one JSON object, without the members that say nothing.
    mutating func write(_ call: RunModelCall) {
        raw("{\"model\":")
        string(call.model)
        raw(",\"startedAt\":")
        integer(call.startedAt)
        if let firstTokenMs = call.firstTokenMs {
            raw(",\"firstTokenMs\":")
            integer(firstTokenMs)
        }
        if let costMicros = call.costMicros {
            raw(",\"costMicros\":")
            integer(costMicros)
        }
        raw("}")
    }
}

extension RunModelCall {
    /// The call that a stored object tells of; nil when it tells of none, which is no reason not to read the rest.
    init?(stored: JSONValue?) {
        guard let model = stored?["model"]?.string, let startedAt = stored?["startedAt"]?.integer else { return nil }
        self.init(
            model: model, startedAt: Int64(startedAt), firstTokenMs: stored?["firstTokenMs"]?.integer.map(Int64.init),
            costMicros: stored?["costMicros"]?.integer.map(Int64.init))
    }
}
