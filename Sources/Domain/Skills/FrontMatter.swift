import Catalog

/// The text of a `SKILL.md`: members in YAML between two lines `---`, and Markdown below.
///
/// The YAML is read by the library that reads all YAML of Covey, not by a parser of a few of its forms: authors write
/// descriptions as folded blocks, in either sort of quotes, with comments, and a skill that other tools take must not
/// fail here. What is dangerous in YAML from elsewhere is refused before: size, and aliases, with which a page of text
/// stands for gigabytes.
enum FrontMatter {
    /// Bytes of the front-matter at most.
    static let bytesMax = 64 * 1024

    private static let fence = "---"

    /// Reads the text of a `SKILL.md`; nil after it noted in `decoding` what is broken.
    static func read(_ text: String, _ decoding: inout Decoding) -> Skill? {
        guard let (yaml, content) = split(text) else {
            decoding.fail("must begin with front-matter: a line ---, members, and another line ---")
            return nil
        }
        guard yaml.utf8.count <= bytesMax else {
            decoding.fail("must have at most \(bytesMax) bytes of front-matter")
            return nil
        }
        guard !YAML.hasAliases(yaml) else {
            decoding.fail("must not use aliases in its front-matter")
            return nil
        }
        let members: JSONObject
        do throws(YAML.Fault) {
            guard let object = try YAML.parse(yaml).object else {
                decoding.fail("must have members in its front-matter")
                return nil
            }
            members = object
        } catch {
            decoding.fail("has front-matter that is not YAML: \(error)")
            return nil
        }
        return skill(members, content, &decoding)
    }

    private static func skill(_ members: JSONObject, _ content: String, _ decoding: inout Decoding) -> Skill? {
        let brokenBefore = decoding.broken.count
        var skill = Skill()
        func text(_ name: String, _ type: FieldType<String>) -> String {
            guard let json = members[name].map(\.asText) else {
                decoding.fail("must name a \(name) in its front-matter")
                return ""
            }
            var inner = Decoding()
            let value = type.decode(json, &inner)
            for broken in inner.broken { decoding.fail("has front-matter whose \(name) \(broken.reason)") }
            return value ?? ""
        }
        skill.id = text("name", .skillName)
        skill.description = text("description", .skillDescription)
        skill.metadata = metadata(members["metadata"], &decoding)
        skill.content = content
        let others = JSONObject(members.filter { !["name", "description", "metadata"].contains($0.key) })
        skill.otherFrontMatter = others.isEmpty ? nil : others
        return decoding.broken.count == brokenBefore ? skill : nil
    }

    private static func metadata(_ json: JSONValue?, _ decoding: inout Decoding) -> OrderedMap<String>? {
        guard let json, !json.isNull else { return nil }
        guard let members = json.object, members.allSatisfy({ $0.value.asText.string != nil }) else {
            decoding.fail("has front-matter whose metadata is not texts by name")
            return nil
        }
        return OrderedMap(members.map { ($0.key, $0.value.asText.string ?? "") })
    }

    /// The lines between the fences, and everything below; nil without fences.
    private static func split(_ text: String) -> (yaml: String, content: String)? {
        // By scalars, in which a line end of two characters is two.
        var rest = text.unicodeScalars[...]
        if rest.first == "\u{FEFF}" { rest.removeFirst() }
        func line() -> Substring.UnicodeScalarView? {
            guard !rest.isEmpty else { return nil }
            let end = rest.firstIndex(of: "\n") ?? rest.endIndex
            defer { rest = end == rest.endIndex ? rest[end...] : rest[rest.index(after: end)...] }
            return rest[..<end]
        }
        func isFence(_ line: Substring.UnicodeScalarView) -> Bool {
            var line = line
            while let last = line.last, [" ", "\t", "\r"].contains(last) { line.removeLast() }
            return String(line) == fence
        }
        guard let first = line(), isFence(first) else { return nil }
        let start = rest.startIndex
        while true {
            let end = rest.startIndex
            guard let line = line() else { return nil }
            if isFence(line) { return (String(text.unicodeScalars[start..<end]), String(rest)) }
        }
    }

    /// The text of the `SKILL.md` of a skill: read again, it gives the same skill.
    static func text(_ skill: Skill) -> String {
        var members: JSONObject = ["name": .string(skill.id), "description": .string(skill.description)]
        if let metadata = skill.metadata {
            members["metadata"] = .object(JSONObject(metadata.entries.map { ($0.name, .string($0.value)) }))
        }
        for (name, value) in skill.otherFrontMatter ?? [:] { members[name] = value }
        // YAML writes every JSON object; were there one that it does not, JSON is YAML too.
        let yaml = (try? YAML.text(.object(members))) ?? JSONValue.object(members).jsonText + "\n"
        return "\(fence)\n\(yaml)\(fence)\n\(skill.content)"
    }
}

extension JSONValue {
    /// Numbers and truth values as the text that stands in a file: who writes `version: 1.0` means the text.
    fileprivate var asText: JSONValue {
        switch self {
        case .bool, .integer, .number: .string(jsonText)
        default: self
        }
    }
}
