import Foundation

/// The lines that the server prints for the person who starts it. Written at once, also into a pipe.
enum Printer {
    /// Prints one line on standard output.
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    /// Writes on standard error what ends in a line break already.
    @Sendable static func errorLine(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
