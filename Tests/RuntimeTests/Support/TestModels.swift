import Catalog
import Models
import Synchronization

@testable import Runtime

/// One reply of a model: everything that it does with one call.
struct Reply: Sendable {
    typealias Each = @Sendable ([ModelEvent]) async throws -> Void
    let make: @Sendable (ModelRequest, Each) async throws -> Void

    init(_ make: @escaping @Sendable (ModelRequest, Each) async throws -> Void) { self.make = make }

    /// Text at once, with 3 tokens in and 2 out.
    static func text(_ text: String) -> Reply {
        Reply { _, each in
            try await each([
                .text(text), .usage(Usage(inputTokens: 3, outputTokens: 2)), .finished(.endTurn),
            ])
        }
    }

    /// Text in pieces, one network read each.
    static func pieces(_ pieces: String...) -> Reply {
        Reply { _, each in
            for piece in pieces { try await each([.text(piece)]) }
            try await each([.usage(Usage(inputTokens: 3, outputTokens: 2)), .finished(.endTurn)])
        }
    }

    /// Tool calls.
    static func calls(_ calls: ModelEvent...) -> Reply {
        Reply { _, each in try await each(calls + [.finished(.toolCalls)]) }
    }

    /// A failure after some text.
    static func fails(_ kind: ModelFailure.Kind, after text: String? = nil, retryAfter: Duration? = nil) -> Reply {
        Reply { _, each in
            if let text { try await each([.text(text)]) }
            throw ModelFailure(kind, "It failed.", retryAfter: retryAfter)
        }
    }

    /// Waits for the gate and then says the text.
    static func text(_ text: String, after gate: Gate, began: Gate? = nil) -> Reply {
        Reply { _, each in
            began?.open()
            try await gate.wait()
            try await each([.text(text), .finished(.endTurn)])
        }
    }
}

/// Models by name that play replies, one for each call, and keep what they were asked.
final class TestModels: Sendable {
    private struct State {
        var replies: [String: [Reply]] = [:]
        var requests: [String: [ModelRequest]] = [:]
    }

    private let state = Mutex(State())

    /// What `test/NAME` answers next. The last reply is played again and again.
    func set(_ name: String, _ replies: Reply...) {
        state.withLock { $0.replies[name] = replies }
    }

    /// What `test/NAME` was asked so far.
    func requests(_ name: String) -> [ModelRequest] { state.withLock { $0.requests[name] ?? [] } }

    var source: ModelSource {
        ModelSource { (model, options) throws(ModelFailure) in
            guard model.hasPrefix("test/") else {
                throw ModelFailure(.configuration, "No provider specified in model string: \(model)")
            }
            var resolved = ModelOptions(model: String(model.dropFirst(5)))
            if let seconds = options["maxDuration"]?.integer { resolved.timeout = .seconds(seconds) }
            resolved.contextWindowSize = options["contextWindowSize"]?.integer
            return (TestModel(models: self, name: resolved.model), resolved)
        }
    }

    fileprivate func next(_ name: String, _ request: ModelRequest) -> Reply? {
        state.withLock { state in
            state.requests[name, default: []].append(request)
            guard let replies = state.replies[name], let reply = replies.first else { return nil }
            if replies.count > 1 { state.replies[name]?.removeFirst() }
            return reply
        }
    }
}

private struct TestModel: Model {
    let models: TestModels
    let name: String

    func respond(
        to request: ModelRequest, each: @Sendable ([ModelEvent]) async throws -> Void
    ) async throws {
        guard let reply = models.next(name, request) else {
            throw ModelFailure(.configuration, "test/\(name) has no reply.")
        }
        // The closure outlives the call only if a test keeps it, and none does.
        try await withoutActuallyEscaping(each) { each in try await reply.make(request, each) }
    }
}
