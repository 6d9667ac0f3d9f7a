public import Foundation

/// The built binary, as tests start it.
public enum BuiltBinary {
    /// Where it is, beside the test bundle; nil where the tests were built without it.
    public static let covey: URL? = {
        let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let file = folder.appending(path: "covey")
        return FileManager.default.isExecutableFile(atPath: file.path(percentEncoded: false)) ? file : nil
    }()
}
