import Foundation

/// The lines that the server prints for the person who starts it. Written at once, also into a pipe.
enum Printer {
    /// Prints one line on standard output.
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
