import Catalog

/// One call as it goes over the pipe of a worker that is ready.
struct Conversation {
    /// How it went.
    struct Outcome: Sendable {
        let result: Result<FunctionResult, FunctionFailure>
        /// Whether the worker may take another call.
        let isReusable: Bool

        /// What was written to the console, as far as it is kept.
        var console: String {
            switch result {
            case .success(let result): result.console
            case .failure(let failure): failure.console
            }
        }
    }

    let limits: FunctionLimits
    let network: FunctionNetwork
    let modules: FunctionModules

    /// Makes the call and answers what the function asks for on the way.
    func make(_ call: FunctionCall, on worker: WorkerProcess) async -> Outcome {
        worker.setDeadline(.milliseconds(limits.callMs))
        worker.send(["call": ["code": .string(call.code), "input": call.input]])
        defer { worker.setDeadline(nil) }
        return await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            var (requests, pending, asked) = (0, 0, 0)
            for await event in worker.events {
                guard case .message(let message) = event else {
                    if case .ended(let end) = event { return .over(FunctionFailure(end, limits)) }
                    continue
                }
                if let request = message["fetch"] {
                    requests += 1
                    if pending == limits.parallelFetches {
                        await group.next()
                        pending -= 1
                    }
                    pending += 1
                    let isOne = requests <= limits.fetches
                    group.addTask { worker.send(["fetched": await answer(request, isOne)]) }
                } else if let name = message["module"] {
                    asked += 1
                    worker.send(["module": asked <= limits.modules ? modules.answer(name) : Self.tooManyModules])
                } else {
                    return outcome(message)
                }
            }
            return .over(Task.isCancelled ? .stopped : .output(limits))
        }
    }

    private static let tooManyModules: JSONValue = ["error": "The function loads too many modules."]

    private func answer(_ request: JSONValue, _ isWithinLimit: Bool) async -> JSONValue {
        var answer =
            isWithinLimit
            ? await network.answer(request) : ["error": .string("at most \(limits.fetches) requests a call")]
        answer["id"] = request["id"] ?? 0
        return .object(answer)
    }

    private func outcome(_ message: JSONValue) -> Outcome {
        if let done = message["done"], let output = done["result"] {
            let console = done["console"]?.string ?? ""
            // The processor time of a worker is bounded for its whole life.
            let isFresh = (done["processorMs"]?.integer ?? .max) < limits.callMs
            return Outcome(
                result: .success(FunctionResult(output: output, console: console)), isReusable: isFresh)
        }
        if let failed = message["failed"] {
            let place = failed["line"]?.integer.map { " (line \($0))" } ?? ""
            let console = failed["console"]?.string ?? ""
            return .over(FunctionFailure((failed["message"]?.string ?? "") + place, console: console))
        }
        return .over(.output(limits))
    }
}

extension Conversation.Outcome {
    /// A failure after which the worker is let go.
    static func over(_ failure: FunctionFailure) -> Self { Self(result: .failure(failure), isReusable: false) }
}
