import Catalog
import Foundation
import Testing

/// The official compliance cases of JMESPath, as go-jmespath ships them. `Scripts/jmespath-suite.sh` fetches them;
/// without them these tests skip.
@Suite struct JMESPathSuiteTests {
    /// Where the cases are: the folder that holds `compliance`.
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["COVEY_JMESPATH_SUITE"] {
            return URL(filePath: path, directoryHint: .isDirectory)
        }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: ".build/jmespath-suite", directoryHint: .isDirectory)
    }()

    static let isPresent = FileManager.default.fileExists(atPath: folder.appending(path: "compliance").path)
    static let absence: Comment = "no cases at \(folder.path): run Scripts/jmespath-suite.sh"

    @Test(.enabled(if: isPresent, absence))
    func `every official case passes`() throws {
        var run = 0
        for file in try JSONSchemaSuiteTests.jsonFiles(in: Self.folder.appending(path: "compliance")) {
            for group in file.document.array ?? [] {
                for test in group["cases"]?.array ?? [] {
                    run += 1
                    let expression = test["expression"]?.string ?? ""
                    let found = Self.outcome(of: expression, in: group["given"] ?? .null)
                    let expected = Self.expected(test)
                    #expect(found == expected, "\(file.name): \(expression) in \(group["given"]?.jsonText ?? "")")
                }
            }
        }
        // Fewer means that the archive is not whole.
        #expect(run == 862)
    }

    private enum Outcome: Equatable {
        case value(String)
        case error(String)
    }

    private static func expected(_ test: JSONValue) -> Outcome {
        if let error = test["error"]?.string { return .error(error) }
        return .value(normal(test["result"] ?? .null))
    }

    private static func outcome(of expression: String, in document: JSONValue) -> Outcome {
        do throws(JMESPathError) {
            return .value(normal(try JMESPath(expression).search(document)))
        } catch {
            return .error(error.kind.rawValue)
        }
    }

    /// Text that is the same for values that are the same JSON.
    private static func normal(_ value: JSONValue) -> String {
        switch value {
        case .number(let number): JSONValue(number.double).jsonText
        case .array(let elements): "[" + elements.map(normal).joined(separator: ",") + "]"
        case .object(let object):
            "{" + object.map { "\($0.key.unicodeScalars.map(\.value)):\(normal($0.value))" }.sorted().joined() + "}"
        default: value.jsonText
        }
    }
}
