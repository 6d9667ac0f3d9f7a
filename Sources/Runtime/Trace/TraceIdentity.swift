import Cryptography
import Events

/// The ids of a run's trace and of its spans. They follow from the run alone, so whoever reads the log, exports the
/// trace or calls somebody for the run names the same ones without asking anybody.
struct TraceIdentity: Sendable {
    let run: String
    /// The caller's trace, in which the run is one span; nil when the run is a trace of its own.
    let parent: TraceParent?

    init(run: String, origin: RunOrigin) {
        self.run = run
        parent = origin.traceparent.flatMap { TraceParent($0) }
    }

    /// The id of the trace: 32 hexadecimal digits.
    var trace: String { parent?.trace ?? String(SHA256.hexadecimal("trace \(run)").prefix(32)) }

    /// The id of a span: 16 hexadecimal digits.
    func span(_ name: String) -> String { String(SHA256.hexadecimal("span \(run) \(name)").prefix(16)) }

    /// The span of the run itself.
    var root: String { span("run") }

    /// The span of a frame's model call of this number.
    func modelCall(_ frame: Int, _ call: Int) -> String { span("model \(frame) \(call)") }

    /// The span of a tool call.
    func toolCall(_ id: String) -> String { span("tool \(id)") }

    /// What a call that is made within a span tells the one who is called.
    func header(_ span: String) -> String {
        TraceParent(trace: trace, span: span, isSampled: parent?.isSampled ?? true).header
    }
}
