import Catalog
import Foundation

/// The skills of a project kept as files: `skills/NAME/` holds the files of a skill as they are, `SKILL.md` among them.
struct SkillFolder {
    /// The folder below the project's.
    static let name = "skills"
    /// What systems leave in folders and nobody means.
    private static let litter: Set<String> = [".DS_Store"]

    /// The project's folder.
    let root: URL

    private var url: URL { root.appending(path: Self.name) }

    /// The skills by name, as the API takes them.
    func skills() throws -> JSONObject {
        var skills = JSONObject()
        for name in try names() {
            let files = try paths(in: name).map { path -> JSONValue in
                let text = try ProjectFolder.text(of: url.appending(path: "\(name)/\(path)"))
                return ["filePath": .string(path), "content": .string(text)]
            }
            guard files.contains(where: { $0["filePath"] == "SKILL.md" }) else {
                throw CommandFailure("\(url.appending(path: name).filePath) holds no SKILL.md.")
            }
            skills[name] = ["files": .array(files)]
        }
        return skills
    }

    /// The files, by their paths below the project's folder, of skills as the server shows them.
    static func files(_ skills: JSONObject) throws -> [String: String] {
        var files: [String: String] = [:]
        for (name, skill) in skills {
            for file in skill["files"]?.array ?? [] {
                let path = file["filePath"]?.string ?? ""
                let segments = ([name] + path.split(separator: "/", omittingEmptySubsequences: false).map(String.init))
                guard segments.allSatisfy({ !["", ".", ".."].contains($0) }), !name.contains("/"), !path.contains("\0")
                else { throw CommandFailure("\(name)/\(path) is no path of a skill's file.") }
                files["\(Self.name)/\(name)/\(path)"] = file["content"]?.string ?? ""
            }
        }
        return files
    }

    /// The paths below the project's folder of files that are there and not in `files`.
    func surplus(_ files: [String: String]) throws -> [String] {
        try names().flatMap { name in try paths(in: name).map { "\(Self.name)/\(name)/\($0)" } }
            .filter { files[$0] == nil }
    }

    private func names() throws -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.filePath)) ?? []
        return names.sorted().filter { name in
            var isFolder: ObjCBool = false
            let path = url.appending(path: name).filePath
            return !name.hasPrefix(".") && FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                && isFolder.boolValue
        }
    }

    /// The paths of a skill's files below its folder. What is neither file nor folder is refused: a link would carry
    /// what it leads to.
    private func paths(in name: String) throws -> [String] {
        let folder = url.appending(path: name).filePath
        guard let entries = FileManager.default.enumerator(atPath: folder) else { return [] }
        var paths: [String] = []
        while let path = entries.nextObject() as? String {
            switch entries.fileAttributes?[.type] as? FileAttributeType {
            case .typeDirectory?: continue
            case .typeRegular?:
                if !Self.litter.contains(path.split(separator: "/").last.map(String.init) ?? "") { paths.append(path) }
            default: throw CommandFailure("\(folder)/\(path) is no plain file: a skill holds texts.")
            }
        }
        return paths.sorted()
    }
}
