import Dispatch
import Foundation
import Synchronization

/// The thread that the parser lives on: one, because the engine keeps its state by thread, and with a stack of known
/// size, because the engine measures how deeply it may nest by what is left of it.
final class ParserThread: Sendable {
    /// What came of a question.
    enum Answer: Sendable, Equatable {
        /// The parser looked at it: nil, or what is wrong.
        case checked(String?)
        /// There is no parser.
        case noParser
    }

    private final class Question: Sendable {
        let source: String
        let isAnswered = DispatchSemaphore(value: 0)
        private let answer = Mutex(Answer.noParser)

        init(_ source: String) { self.source = source }

        func give(_ given: Answer) {
            answer.withLock { $0 = given }
            isAnswered.signal()
        }

        var given: Answer { answer.withLock { $0 } }
    }

    private struct State {
        var parser: JavaScript.Parser
        var isStarted = false
        var questions: [Question] = []
    }

    /// The parser of this process.
    static let shared = ParserThread(EngineLibrary.find())

    /// Bytes of the stack. The engine itself uses 5 MB of it at most, and then says that the source nests too deeply.
    private static let stackBytes = 16 << 20

    private let state: Mutex<State>
    private let work = DispatchSemaphore(value: 0)

    /// A thread that will load the library that was found.
    init(_ parser: JavaScript.Parser) { state = Mutex(State(parser: parser)) }

    /// Where the parser comes from.
    var parser: JavaScript.Parser { state.withLock { $0.parser } }

    /// Asks about a source and waits for the answer.
    func problem(in source: String) -> Answer {
        let question = Question(source)
        let isTaken = state.withLock { state in
            guard case .library(let path) = state.parser else { return false }
            state.questions.append(question)
            if !state.isStarted { start(path) }
            state.isStarted = true
            return true
        }
        guard isTaken else { return .noParser }
        work.signal()
        question.isAnswered.wait()
        return question.given
    }

    private func start(_ path: String) {
        let thread = Thread { [self] in answerQuestions(path) }
        thread.name = "javascript"
        thread.stackSize = Self.stackBytes
        thread.start()
    }

    private func answerQuestions(_ path: String) {
        let engine: Engine
        do {
            engine = try Engine(EngineLibrary(path: path))
        } catch {
            let waiting = state.withLock { state in
                state.parser = .none(error.reason)
                defer { state.questions = [] }
                return state.questions
            }
            for question in waiting { question.isAnswered.signal() }
            return
        }
        let check = FunctionCheck { engine.fault(in: $0) }
        while true {
            work.wait()
            guard let question = state.withLock({ $0.questions.isEmpty ? nil : $0.questions.removeFirst() }) else {
                continue
            }
            question.give(.checked(check.problem(in: Array(question.source.utf16))))
        }
    }
}
