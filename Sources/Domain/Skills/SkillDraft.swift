import Catalog

/// A whole skill as a body sends it, file by file (manage spec §2.17).
struct SkillDraft {
    var skill: Skill
    /// The files beside the entry, path and text.
    let files: [SentFile]

    /// A file as bodies have it.
    struct SentFile: Structure {
        var filePath = ""
        var content = ""

        static let fields: [Field<Self>] = [
            field("filePath", \.filePath, .filePath, "Where it lies in the skill.", required: true),
            field("content", \.content, .text(0...SkillFile.contentLengthMax), "The text.", required: true),
        ]
    }

    /// The body of a create and of a replacement.
    struct SentFiles: Structure {
        var files: [SentFile] = []

        static let fields: [Field<Self>] = [
            field(
                "files", \.files, .list(of: .structure, countMax: SkillFile.countMax),
                "All files of the skill, SKILL.md among them.", required: true)
        ]

        func check(_ decoding: inout Decoding) {
            var seen: Set<String> = []
            var folders: Set<String> = []
            for (position, file) in files.enumerated() {
                let place = ["files", String(position), "filePath"]
                if !seen.insert(file.filePath).inserted {
                    decoding.fail("names a file that is named before", along: place)
                }
                folders.formUnion(SkillDraft.folders(of: file.filePath))
            }
            for (position, file) in files.enumerated() where folders.contains(file.filePath) {
                decoding.fail(
                    "is the path of a file and of a folder", along: ["files", String(position), "filePath"])
            }
            if !seen.contains(SkillFile.entryPath) { decoding.fail("must contain SKILL.md", at: "files") }
        }
    }

    /// The folders in which a path lies: `a` and `a/b` of `a/b/c.md`.
    static func folders(of path: String) -> [String] {
        path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") }.map { String(path[..<$0]) }
    }

    /// Reads a body; nil after it noted in `decoding` what is broken.
    init?(_ body: JSONValue, _ decoding: inout Decoding) {
        var sent = SentFiles()
        guard sent.assign(body, creating: true, &decoding) else { return nil }
        guard let entry = sent.files.firstIndex(where: { $0.filePath == SkillFile.entryPath }) else { return nil }
        let text = sent.files[entry].content
        let read = decoding.within("files") { decoding in
            decoding.within(String(entry)) { $0.within("content") { FrontMatter.read(text, &$0) } }
        }
        guard let read else { return nil }
        skill = read
        sent.files.remove(at: entry)
        files = sent.files
    }

    /// Writes all of it over what is stored, and deletes the files that it does not have.
    func write(over stored: [Entry], _ workspace: Workspace) throws {
        try workspace.put(skill)
        var kept: Set<ResourceKey> = []
        for sent in files {
            let file = SkillFile(sent.filePath, of: skill.id, content: sent.content, in: workspace.branch)
            kept.insert(try workspace.put(file).key)
        }
        for entry in stored where !kept.contains(entry.key) { try workspace.delete(entry.key) }
    }
}
