import Glibc
import Kit
import Measuring

// Usage: see Benchmarks/README.md. Ends with status 1 when something could not be measured or was answered wrong; a
// missed aim is part of the table, not an error.
do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    let results = try Bench(options).perform()
    try File.write(results.json.line + "\n", to: options.output)
    if !results.steps.isEmpty || results.footprint != nil || results.idle != nil {
        for line in Table(results).lines { Output.result(line) }
        Output.result("")
    }
    if let growth = results.growth {
        for line in growth.lines { Output.result(line) }
        Output.result("")
    }
    for line in results.management?.lines ?? [] { Output.result(line) }
    Output.result("")
    Output.result(results.remark)
    for failure in results.failures { Output.result("- FAILED \(failure)") }
    exit(results.failures.isEmpty ? 0 : 1)
} catch {
    Output.giveUp("bench", error)
}
