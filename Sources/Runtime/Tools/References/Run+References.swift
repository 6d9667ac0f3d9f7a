import Catalog
import Events
import Models
import Store

extension ToolReferences {
    /// What can be referred to in a run: the results of all its calls that ended, in whatever frame.
    ///
    /// - Parameter artifact: finds the data of an artifact, of this turn or an earlier one; nil for none.
    init(_ run: Run, artifact: @escaping @Sendable (String, String) async throws -> JSONValue?) {
        self.init(outcome: { run.result(of: $0) }, artifact: artifact, known: { run.referable })
    }
}

extension Run {
    /// Every list of messages that a frame holds or held.
    private var transcripts: [[Message]] { frames.flatMap { $0.earlier.map(\.transcript) + [$0.transcript] } }

    /// The outcome of a call; nil when there is none, or not yet.
    fileprivate func result(of call: String) -> ToolReferences.Outcome? {
        for frame in frames {
            for case let one in frame.calls where one.call.id == call {
                guard case .ended(let outcome) = one.state else { return nil }
                return ToolReferences.Outcome(output: outcome.output, isError: outcome.isError)
            }
        }
        for transcript in transcripts.reversed() {
            for case .toolResults(let results) in transcript {
                guard let result = results.first(where: { $0.callID == call }) else { continue }
                return ToolReferences.Outcome(output: result.output, isError: result.isError)
            }
        }
        return nil
    }

    /// The ids of the calls that went well, in the order in which they ended.
    fileprivate var referable: [String] {
        transcripts.flatMap { $0 }.flatMap { message -> [String] in
            guard case .toolResults(let results) = message else { return [] }
            return results.filter { !$0.isError }.map(\.callID)
        }
    }
}

extension Toolset {
    /// The call as the tool gets it: references resolved, the input mended and checked.
    ///
    /// - Parameter artifact: finds what is kept of an artifact; nil for none.
    /// - Throws: `ToolFailure` with a sentence for the model; what `artifact` throws.
    func prepared(
        _ call: ToolCall, in run: Run, bytesMax: Int,
        artifact: @escaping @Sendable (_ id: String, _ toolCall: String) async throws -> ArtifactRow?
    ) async throws -> ToolCall {
        guard let input = inputs[call.name] else { return call }
        var call = call
        do {
            let references = ToolReferences(run) { try await artifact($0, $1)?.full }
            let resolved = try await references.resolved(call.input, ownsRefs: input.ownsRefs, bytesMax: bytesMax)
            call.input = try input.checked(resolved)
        } catch let failure as ReferenceFailure {
            throw ToolFailure(message: failure.message)
        }
        return call
    }
}
