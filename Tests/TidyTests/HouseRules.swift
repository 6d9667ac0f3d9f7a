import Foundation
import Testing

/// The rules of STYLE.md that a machine can hold. A failure says what to do instead.
struct HouseRules {
    static let all = Repository.swiftFiles(in: "Sources", "Tests", "Benchmarks")
    static let sources = all.filter { $0.path.hasPrefix("Sources/") }

    @Test func `no line is longer than 120 columns`() {
        for file in Self.all {
            for (index, line) in file.lines.enumerated() where line.count > 120 {
                Issue.record("\(file.path):\(index + 1) has \(line.count) columns; wrap it at 120")
            }
        }
    }

    @Test func `no file is longer than 500 lines, and the exceptions only shrink`() {
        let allowed = Repository.ratchet("file-lines")
        for file in Self.all where file.lines.count > allowed[file.path] ?? 500 {
            Issue.record("\(file.path) has \(file.lines.count) lines; split it by concern")
        }
        for (path, lines) in allowed {
            let now = Self.all.first { $0.path == path }?.lines.count ?? 0
            #expect(now > 500, "\(path) is short enough now: take its line out of Ratchets/file-lines.txt")
            #expect(now >= lines - 20, "\(path) has shrunk to \(now): write that number into Ratchets/file-lines.txt")
        }
    }

    @Test func `no function is longer than 70 lines, and the exceptions only shrink`() {
        let allowed = Repository.ratchet("function-lines")
        var seen: Set<String> = []
        for file in Self.all {
            for function in Self.functions(in: file) {
                let name = "\(file.path):\(function.name)"
                if allowed[name] != nil { seen.insert(name) }
                if function.length > allowed[name] ?? 70 {
                    Issue.record("\(name) (line \(function.line)) has \(function.length) lines; take steps out of it")
                }
            }
        }
        for name in allowed.keys where !seen.contains(name) {
            Issue.record("\(name) is gone: take its line out of Ratchets/function-lines.txt")
        }
    }

    @Test func `lists of exceptions only shrink`() {
        let allowed = Repository.ratchet("list-lines")
        for path in ["contract/gaps.txt", "contract/differences.txt"] {
            #expect(allowed[path] != nil, "\(path) may only shrink: its number of lines is in Ratchets/list-lines.txt")
        }
        for (path, lines) in allowed {
            let said = Repository.read(path)?.lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
            let now = said?.count ?? 0
            let instead = "mend what the new line excuses, or make a line go that is broader than it must be"
            #expect(now <= lines, "\(path) has grown from \(lines) to \(now) lines: \(instead)")
            #expect(now >= lines, "\(path) has shrunk to \(now) lines: write that number into Ratchets/list-lines.txt")
            #expect(Set(said ?? []).count == now, "\(path) says a line twice")
        }
    }

    /// A function by its first line, relying on the formatter: it ends at the brace of its own indentation.
    private static func functions(in file: Repository.File) -> [(name: String, line: Int, length: Int)] {
        var found: [(String, Int, Int)] = []
        for (index, line) in file.lines.enumerated() {
            guard let name = functionName(line) else { continue }
            let close = String(line.prefix { $0 == " " }) + "}"
            guard let end = file.lines[index...].firstIndex(where: { $0 == close }) else { continue }
            found.append((name, index + 1, end - index + 1))
        }
        return found
    }

    private static func functionName(_ line: Substring) -> String? {
        let words = line.split(separator: " ")
        guard let start = words.firstIndex(where: { $0 == "func" || $0.hasPrefix("init(") }) else { return nil }
        guard words[..<start].allSatisfy({ $0.first?.isLowercase == true || $0.hasPrefix("@") }) else { return nil }
        if words[start] != "func" { return "init" }
        let rest = line[(line.range(of: "func ")?.upperBound ?? line.startIndex)...]
        if rest.hasPrefix("`") { return String(rest.dropFirst().prefix { $0 != "`" }) }
        return String(rest.prefix { $0 != "(" && $0 != "<" })
    }

    @Test func `every public declaration says what it is`() {
        for file in Self.sources {
            for (index, line) in file.lines.enumerated() where Self.declaresPublic(line) {
                let before = file.lines[..<index].last { !$0.trimmingPrefix(while: \.isWhitespace).hasPrefix("@") }
                if before?.trimmingPrefix(while: \.isWhitespace).hasPrefix("///") != true {
                    Issue.record("\(file.path):\(index + 1) is public and has no /// comment: say what it is")
                }
            }
        }
    }

    private static func declaresPublic(_ line: Substring) -> Bool {
        let words = line.split(separator: " ").drop { $0.hasPrefix("@") }
        guard words.first == "public" else { return false }
        return words.dropFirst().first != "import" && words.dropFirst().first != "extension"
    }

    @Test(arguments: BannedCall.all) func `banned calls have a replacement`(_ banned: BannedCall) {
        for file in Self.all where !banned.exempts(file) {
            for (index, line) in file.codeLines.enumerated() where banned.matches(line) {
                Issue.record("\(file.path):\(index + 1): \(banned.call) is not for here; \(banned.instead)")
            }
        }
    }

    @Test func `no mark of unfinished work`() {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
        for file in Self.all {
            for (index, line) in file.lines.enumerated() {
                for mark in marks where line.contains(mark) && !line.contains("XXXXXX") {
                    Issue.record("\(file.path):\(index + 1) says \(mark): finish it, or write an issue")
                }
            }
        }
    }
}

/// A call that has a better one in this code base, and the few files that may make it.
struct BannedCall: Sendable, CustomTestStringConvertible {
    let call: String
    let pattern: @Sendable (String) -> Bool
    let instead: String
    let files: [String]
    let inTests: Bool

    var testDescription: String { call }

    init(
        _ call: String, instead: String, except files: [String] = [], inTests: Bool = true,
        _ pattern: (@Sendable (String) -> Bool)? = nil
    ) {
        self.call = call
        self.instead = instead
        self.files = files
        self.inTests = inTests
        self.pattern = pattern ?? { $0.contains(call) }
    }

    func exempts(_ file: Repository.File) -> Bool {
        if files.contains(where: { file.path.hasSuffix($0) || ($0.hasSuffix("/") && file.path.hasPrefix($0)) }) {
            return true
        }
        return !inTests && !file.path.hasPrefix("Sources/")
    }

    func matches(_ line: String) -> Bool { pattern(line) }

    static let all = [
        BannedCall("try!", instead: "throw, or handle it"),
        BannedCall("[String: Any]", instead: "use JSONValue at the edge and types inside"),
        BannedCall("JSONSerialization", instead: "use JSONValue", inTests: false),
        BannedCall("JSONDecoder", instead: "use JSONValue", inTests: false),
        BannedCall("Date()", instead: "pass the clock in", except: ["Clock.swift", "Benchmarks/"]),
        BannedCall(
            "sleep(", instead: "wait for what you wait for; a clock is passed in",
            except: ["Clock.swift", "Benchmarks/"]),
        BannedCall(
            "print(", instead: "log, or use the command line's printer", except: ["Printer.swift", "Benchmarks/"],
            inTests: false
        ) {
            $0.trimmingPrefix(while: \.isWhitespace).hasPrefix("print(") || $0.contains(" print(")
        },
        BannedCall("fatalError(", instead: "throw a Problem, or use preconditionFailure that says what to do"),
        BannedCall("@unchecked Sendable", instead: "use a Mutex or a value", except: BannedCall.handles),
        BannedCall(
            "Task {", instead: "use a task group or the supervisor", except: ["Supervisor.swift", "Benchmarks/"],
            inTests: false
        ) {
            $0.contains(#/\bTask(\.detached)? \{/#)
        },
    ]

    /// Files around C handles, which say why they may.
    static let handles = ["Sources/Outbound/Curl/", "Sources/Store/SQLite/", "Sources/Store/Postgres/"]
}
