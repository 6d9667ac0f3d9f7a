import Catalog
import Foundation
import Testing

/// The official suite of draft 2020-12, as the Python package `jsonschema` ships it. `Scripts/json-schema-suite.sh`
/// fetches it; without it these tests skip.
@Suite struct JSONSchemaSuiteTests {
    /// Where the suite is: the folder that holds `tests` and `remotes`.
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["COVEY_JSON_SCHEMA_SUITE"] {
            return URL(filePath: path, directoryHint: .isDirectory)
        }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: ".build/jsonschema-suite", directoryHint: .isDirectory)
    }()

    static let isPresent = FileManager.default.fileExists(atPath: folder.appending(path: "tests/draft2020-12").path)
    static let absence: Comment = "no suite at \(folder.path): run Scripts/json-schema-suite.sh"

    @Test(.enabled(if: isPresent, absence))
    func `the official suite passes but for the cases that are not claimed`() throws {
        let remotes = try Self.remotes()
        var run = 0
        var failed: Set<String> = []
        for file in try Self.jsonFiles(in: Self.folder.appending(path: "tests/draft2020-12")) {
            let formats = file.name.hasPrefix("optional/format/") || file.name == "optional/format-assertion.json"
            for group in file.document.array ?? [] {
                let schema = try? JSONSchema(group["schema"] ?? .null, formats: formats, remotes: remotes)
                for test in group["tests"]?.array ?? [] {
                    run += 1
                    let data = test["data"] ?? .null
                    let expected = test["valid"]?.bool
                    let name = [
                        file.name, group["description"]?.string ?? "", test["description"]?.string ?? "",
                    ].joined(separator: " / ")
                    let agrees = schema.map { $0.accepts(data) == expected && $0.validate(data).isEmpty == expected }
                    if agrees != true { failed.insert(name) }
                }
            }
        }
        // 1,257 required cases, 649 optional ones: fewer means that the suite is not whole.
        #expect(run == 1_906)
        let unclaimed = Set(JSONSchemaUnclaimed.cases)
        #expect(failed.subtracting(unclaimed).sorted() == [], "these fail and are not listed as not claimed")
        #expect(unclaimed.subtracting(failed).sorted() == [], "these are listed as not claimed but pass")
    }

    @Test(.enabled(if: isPresent, absence))
    func `every schema of the required suite is well-formed`() throws {
        for file in try Self.jsonFiles(in: Self.folder.appending(path: "tests/draft2020-12"))
        where !file.name.hasPrefix("optional/") {
            for group in file.document.array ?? [] {
                let schema = group["schema"] ?? .null
                // References into other documents lead nowhere here.
                guard !schema.jsonText.contains("localhost:1234") else { continue }
                let problems = JSONSchema.problems(inDocument: schema)
                #expect(problems == [], "\(file.name) / \(group["description"]?.string ?? "")")
            }
        }
    }

    static func remotes() throws -> [String: JSONValue] {
        var remotes: [String: JSONValue] = [:]
        for file in try jsonFiles(in: folder.appending(path: "remotes")) {
            remotes["http://localhost:1234/\(file.name)"] = file.document
        }
        return remotes
    }

    static func jsonFiles(in folder: URL) throws -> [(name: String, document: JSONValue)] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
        return try names.sorted().map { name in
            (name, try JSONValue(parsing: try Data(contentsOf: folder.appending(path: name))))
        }
    }
}
