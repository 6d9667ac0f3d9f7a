/// The trace in which requests are made (W3C Trace Context): whoever works for somebody sets it around that work, and
/// every request in it that has no `traceparent` of its own says it.
public enum OutboundTrace {
    /// The value of the header `traceparent`; nil outside of traces.
    @TaskLocal public static var parent: String?
}

extension HTTPRequest {
    /// The request as it is sent within the current trace.
    var traced: HTTPRequest {
        guard let parent = OutboundTrace.parent, headers["traceparent"] == nil else { return self }
        var request = self
        request.headers["traceparent"] = parent
        return request
    }
}
