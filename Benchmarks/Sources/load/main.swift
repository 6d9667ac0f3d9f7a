import Kit
import Loading

// Usage: load --port N --path /v1/chat/completions --body '{…}' [--connections 32] [--requests 5000] [--seconds 10] …
// Prints one line of JSON; ends with status 1 only when it could not run at all: errors are part of the report.
do {
    let arguments = try Arguments(
        Array(CommandLine.arguments.dropFirst()),
        values: [
            "port", "path", "body", "header", "connections", "requests", "seconds", "warmup-seconds",
            "request-seconds", "marker", "markers", "required",
        ], flags: ["stops-at-required"]
    )
    var plan = LoadPlan(
        port: UInt16(try arguments.integer("port", 80, in: 1...65_535)),
        path: arguments.text("path") ?? "/v1/chat/completions",
        body: arguments.text("body") ?? "{}"
    )
    plan.headers = arguments.texts("header")
    plan.connections = try arguments.integer("connections", plan.connections, in: 1...LoadPlan.connectionsMaximum)
    plan.requests = try arguments.integer("requests", plan.requests, in: 1...LoadPlan.requestsMaximum)
    plan.seconds = try arguments.number("seconds", plan.seconds, in: 0.001...3_600)
    plan.warmupSeconds = try arguments.number("warmup-seconds", plan.warmupSeconds, in: 0...3_600)
    plan.requestSeconds = try arguments.number("request-seconds", plan.requestSeconds, in: 0.001...3_600)
    plan.marker = arguments.text("marker") ?? plan.marker
    if arguments.text("markers") != nil { plan.markers = try arguments.integer("markers", 0, in: 0...1_000_000) }
    plan.required = arguments.text("required") ?? plan.required
    plan.stopsAtRequired = arguments.has("stops-at-required")
    Output.result(try LoadClient(plan).perform().json.line)
} catch {
    Output.giveUp("load", error)
}
