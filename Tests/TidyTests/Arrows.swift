import Testing

/// The arrow diagram is the target list of Package.swift; SwiftPM lets an import through that it does not name.
struct Arrows {
    /// What a target may import: the names quoted on its line of the manifest, and the system's.
    private static let system: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Musl", "Synchronization", "Testing", "Dispatch",
    ]

    @Test func `no layer imports upward`() throws {
        let manifest = try #require(Repository.read("Package.swift"))
        let targets = Self.imports(in: manifest.text)
        try #require(targets.count > 20, "the reading of Package.swift has gone stale: look at its list of arrows")
        for file in Repository.swiftFiles(in: "Sources", "Tests") {
            guard let allowed = targets[file.target] else {
                Issue.record("\(file.path): the target \(file.target) is not in Package.swift")
                continue
            }
            for (index, line) in file.codeLines.enumerated() {
                guard let module = Self.imported(line), module != file.target else { continue }
                if !allowed.contains(module), !Self.system.contains(module) {
                    Issue.record("\(file.path):\(index + 1) imports \(module), which \(file.target) may not see")
                }
            }
        }
    }

    private static func imported(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"), words[..<position].allSatisfy({ $0 != "func" }) else {
            return nil
        }
        guard
            words[..<position].allSatisfy({
                ["public", "internal", "package", "private"].contains($0) || $0.hasPrefix("@")
            })
        else { return nil }
        return words.dropFirst(position + 1).last.map { String($0.prefix { $0 != "." && $0 != ";" }) }
    }

    /// What packages bring beside the module of their product's name.
    private static let brought = [
        "Hummingbird": ["HummingbirdCore", "NIOCore", "NIOPosix", "HTTPTypes", "ServiceLifecycle", "UnixSignals"]
    ]

    /// Target to what its line of the manifest names.
    private static func imports(in manifest: String) -> [String: Set<String>] {
        let entry = #/\(\s*"(\w+)",\s*\[((?:[^\[\]])*)\]\s*\)/#
        let executable = #/name: "(covey)",\s*dependencies: \[((?:[^\[\]])*)\]/#
        var targets: [String: Set<String>] = [:]
        for match in manifest.matches(of: entry) + manifest.matches(of: executable) {
            let names = match.2.matches(of: #/"(\w+)"/#).map { String($0.1) }
            targets[String(match.1)] = Set(names + names.flatMap { brought[$0] ?? [] })
        }
        return targets
    }
}
