import Foundation
import Synchronization

/// Where commands write: the one place with output. Colours only on a terminal, and not when `NO_COLOR` is set
/// (no-color.org).
struct Printer: Sendable {
    private let write: @Sendable (String) -> Void
    private let writeError: @Sendable (String) -> Void
    /// Whether output may be coloured and rewritten in place.
    let isTerminal: Bool

    /// A printer onto functions: tests collect what they get.
    init(
        isTerminal: Bool, write: @escaping @Sendable (String) -> Void, writeError: @escaping @Sendable (String) -> Void
    ) {
        self.isTerminal = isTerminal
        self.write = write
        self.writeError = writeError
    }

    /// Standard output and standard error.
    static let standard = Printer(
        isTerminal: isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil,
        write: { FileHandle.standardOutput.write(Data($0.utf8)) },
        writeError: { FileHandle.standardError.write(Data($0.utf8)) })

    /// How a piece of text looks on a terminal.
    enum Style: String {
        case plain = ""
        case dimmed = "\u{1B}[2m"
        case bold = "\u{1B}[1m"
        case green = "\u{1B}[32m"
        case yellow = "\u{1B}[33m"
        case red = "\u{1B}[31m"
    }

    /// `text` in `style`, as it is where there is no terminal.
    func styled(_ text: String, _ style: Style) -> String {
        isTerminal && style != .plain ? style.rawValue + text + "\u{1B}[0m" : text
    }

    /// Writes a line.
    func line(_ text: String = "", _ style: Style = .plain) { write(styled(text, style) + "\n") }

    /// Writes text without ending the line.
    func text(_ text: String, _ style: Style = .plain) { write(styled(text, style)) }

    /// Writes a line that the next one replaces, on a terminal; elsewhere a plain line.
    func progress(_ text: String) { write(isTerminal ? "\r\u{1B}[K" + text : text + "\n") }

    /// Ends a line of progress.
    func endProgress() { if isTerminal { write("\r\u{1B}[K") } }

    /// Asks on a terminal whether to do something.
    ///
    /// - Throws: `CommandFailure` when the answer is not yes; where nobody can be asked, with the sentence `warning`.
    func confirm(_ question: String, or warning: String) throws {
        guard isTerminal, isatty(STDIN_FILENO) == 1 else {
            throw CommandFailure("\(warning) Give --yes when that is meant.")
        }
        text("\(question)? [y/N] ")
        guard ["y", "yes"].contains((readLine() ?? "").lowercased()) else {
            throw CommandFailure("Nothing was changed.")
        }
    }

    /// Writes a line to standard error.
    func error(_ text: String) { writeError(text + "\n") }
}
