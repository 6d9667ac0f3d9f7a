import Foundation

/// The checkout as text: what the house rules are checked on.
struct Repository {
    /// A source file, split into lines once.
    struct File {
        /// The path from the root of the checkout.
        let path: String
        /// The lines, without their ends.
        let lines: [Substring]
        /// The text as it is.
        let text: String

        /// The folder under `Sources` or `Tests`: the target.
        var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
        /// The name without folders.
        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The Swift files below the folders, sorted by path.
    static func swiftFiles(in folders: String...) -> [File] {
        folders.flatMap { files(in: $0, ending: ".swift") }
    }

    /// The files below a folder whose names end in `ending`, sorted by path.
    static func files(in folder: String, ending: String) -> [File] {
        let base = root.appending(path: folder)
        let walk = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)
        var found: [File] = []
        while let url = walk?.nextObject() as? URL {
            if url.lastPathComponent.hasPrefix(".build") { walk?.skipDescendants() }
            guard url.lastPathComponent.hasSuffix(ending) else { continue }
            let path = String(url.standardizedFileURL.path().dropFirst(root.standardizedFileURL.path().count))
            if let file = read(path.hasPrefix("/") ? String(path.dropFirst()) : path) { found.append(file) }
        }
        return found.sorted { $0.path < $1.path }
    }

    /// One file, or nil when it is not there or not text.
    static func read(_ path: String) -> File? {
        guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else { return nil }
        return File(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false), text: text)
    }

    /// The named exceptions of a ratchet: `path<space>number` a line, `#` begins a remark.
    static func ratchet(_ name: String) -> [String: Int] {
        let lines = read("Ratchets/\(name).txt")?.lines ?? []
        var allowed: [String: Int] = [:]
        for line in lines where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            if words.count == 2, let number = Int(words[1]) { allowed[String(words[0])] = number }
        }
        return allowed
    }
}

extension Repository.File {
    /// The lines with the contents of string literals and comments blanked, so that rules look at code alone.
    var codeLines: [String] {
        var inBlockString = false
        var inBlockComment = false
        return lines.map { line in
            if inBlockComment {
                if line.contains("*/") { inBlockComment = false }
                return ""
            }
            if inBlockString {
                if line.contains("\"\"\"") { inBlockString = false }
                return ""
            }
            if line.trimmingPrefix(while: \.isWhitespace).hasPrefix("/*"), !line.contains("*/") {
                inBlockComment = true
                return ""
            }
            let quotes = line.ranges(of: "\"\"\"").count
            if quotes == 1 { inBlockString = true }
            return Self.blankingLiterals(line)
        }
    }

    private static func blankingLiterals(_ line: Substring) -> String {
        var code = ""
        var inString = false
        var escaped = false
        var previous: Character = " "
        for character in line {
            if inString {
                if escaped {
                    escaped = false
                } else if character == "\\" {
                    escaped = true
                } else if character == "\"" {
                    inString = false
                }
            } else if character == "\"" {
                inString = true
            } else if character == "/", previous == "/" {
                return String(code.dropLast())
            } else {
                code.append(character)
            }
            previous = character
        }
        return code
    }
}
