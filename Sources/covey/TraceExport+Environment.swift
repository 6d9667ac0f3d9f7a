import Foundation
import HTTP
import Outbound
import Runtime

extension TraceExport {
    /// What the environment says of the collector, by OpenTelemetry's names; nil where it names none or
    /// `OTEL_SDK_DISABLED` is true.
    ///
    /// - Throws: `BadSetting` for what cannot be used, without the values of headers.
    init?(environment: [String: String]) throws(BadSetting) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard value("OTEL_SDK_DISABLED")?.lowercased() != "true" else { return nil }
        let own = value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        let name = own == nil ? "OTEL_EXPORTER_OTLP_ENDPOINT" : "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
        guard let given = own ?? value(name) else { return nil }
        guard given.hasPrefix("http://") || given.hasPrefix("https://") else {
            throw BadSetting(name: name, value: given, expected: "an address that begins with http:// or https://")
        }
        if let `protocol` = value("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? value("OTEL_EXPORTER_OTLP_PROTOCOL"),
            `protocol` != "http/json"
        {
            throw BadSetting(name: "OTEL_EXPORTER_OTLP_PROTOCOL", value: `protocol`, expected: "http/json")
        }
        let base = given.hasSuffix("/") ? String(given.dropLast()) : given
        self.init(
            address: own ?? base + "/v1/traces",
            headers: try Self.headers(
                value("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? value("OTEL_EXPORTER_OTLP_HEADERS") ?? ""),
            service: value("OTEL_SERVICE_NAME") ?? "covey", version: Version.text,
            includesContent: try Self.flag("COVEY_TRACE_CONTENT", value("COVEY_TRACE_CONTENT")))
    }

    /// Pairs of names and values, as baggage has them: `api-key=a%20b,other=c`.
    private static func headers(_ text: String) throws(BadSetting) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].filter { $0 != " " }
            guard parts.count == 2, !name.isEmpty, let value = String(parts[1]).removingPercentEncoding else {
                throw BadSetting(
                    name: "OTEL_EXPORTER_OTLP_HEADERS", value: "…", expected: "pairs such as api-key=secret,other=x")
            }
            headers[String(name)] = value.trimmingCharacters(in: .whitespaces)
        }
        return headers
    }

    private static func flag(_ name: String, _ value: String?) throws(BadSetting) -> Bool {
        switch value?.lowercased() {
        case nil, "0", "false", "no", "off": return false
        case "1", "true", "yes", "on": return true
        case let other?: throw BadSetting(name: name, value: other, expected: "true or false")
        }
    }
}
