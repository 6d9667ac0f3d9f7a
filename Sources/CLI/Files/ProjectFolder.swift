import Catalog
import Foundation

/// A project kept as files: `project.yaml`, and a folder for each kind with one file a resource. The document that the
/// API takes (manage spec §4.1) is put together from them, and taken apart into them. Skills
/// lie in folders of their own (`SkillFolder`).
struct ProjectFolder {
    /// Folder to member of the document. The order is that of the document.
    static let folders = [
        (folder: "agents", member: "agents"), (folder: "tools", member: "tools"),
        (folder: "functions", member: "functions"), (folder: "data-components", member: "dataComponents"),
        (folder: "artifact-components", member: "artifactComponents"),
        (folder: "external-agents", member: "externalAgents"), (folder: "credentials", member: "credentialReferences"),
    ]
    /// The largest file that is read, in bytes.
    static let fileBytesMax = 8 * 1024 * 1024

    let root: URL

    // MARK: Reading

    /// The document of a folder, or of one file that holds all of it.
    static func document(at path: String) throws -> JSONValue {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CommandFailure("There is no file or folder at \(path).")
        }
        let url = URL(filePath: path)
        return try isFolder.boolValue ? ProjectFolder(root: url).document() : read(url)
    }

    private func document() throws -> JSONValue {
        guard let main = try Self.file(named: "project", in: root) else {
            throw CommandFailure("\(root.filePath) holds no project.yaml.")
        }
        guard case .object(var document) = try Self.read(main) else {
            throw CommandFailure("\(main.filePath) must hold members: id, name, models ...")
        }
        for (folder, member) in Self.folders {
            let resources = try resources(in: folder)
            if !resources.isEmpty || member == "agents" || member == "tools" {
                document[member] = .object(resources)
            }
        }
        let skills = try SkillFolder(root: root).skills()
        if !skills.isEmpty { document["skills"] = .object(skills) }
        return .object(document)
    }

    private func resources(in folder: String) throws -> JSONObject {
        let url = root.appending(path: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.filePath)) ?? []
        var resources = JSONObject()
        for name in names.sorted() {
            guard let id = Self.resourceName(name) else { continue }
            let file = url.appending(path: name)
            guard case .object(var members) = try Self.read(file) else {
                throw CommandFailure("\(file.filePath) must hold members.")
            }
            if resources[id] != nil { throw CommandFailure("\(url.filePath) holds \(id) twice, as YAML and as JSON.") }
            if let inside = members["id"]?.string, inside != id {
                throw CommandFailure("\(file.filePath) says the id \(inside): the file's name is the id.")
            }
            members["id"] = .string(id)
            resources[id] = .object(members)
        }
        return resources
    }

    private static func resourceName(_ file: String) -> String? {
        if file.hasPrefix(".") { return nil }
        return [".yaml", ".yml", ".json"].first(where: file.hasSuffix).map { String(file.dropLast($0.count)) }
    }

    private static func file(named name: String, in folder: URL) throws -> URL? {
        [".yaml", ".yml", ".json"].map { folder.appending(path: name + $0) }
            .first { FileManager.default.fileExists(atPath: $0.filePath) }
    }

    /// What a file holds.
    static func text(of file: URL) throws -> String {
        guard let data = FileManager.default.contents(atPath: file.filePath) else {
            throw CommandFailure("\(file.filePath) cannot be read.")
        }
        guard data.count <= fileBytesMax else { throw CommandFailure("\(file.filePath) is larger than 8 MiB.") }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandFailure("\(file.filePath) is not UTF-8 text.")
        }
        return text
    }

    static func read(_ file: URL) throws -> JSONValue {
        let text = try text(of: file)
        do {
            return file.pathExtension == "json" ? try JSONValue(parsing: text) : try YAML.parse(text)
        } catch {
            throw CommandFailure("\(file.filePath): \(error)")
        }
    }

    // MARK: Writing

    /// Writes a document as files, and removes the files of resources that it no longer has.
    ///
    /// - Returns: The paths written or removed, below the root, sorted. A file that would not change is left alone.
    func write(_ document: JSONValue) throws -> [String] {
        guard case .object(var project) = document else { throw CommandFailure("The server's document is no object.") }
        var files: [String: String] = [:]
        for (folder, member) in Self.folders {
            for (id, resource) in project[member]?.object ?? [:] {
                guard !id.contains("/"), !id.hasPrefix(".") else {
                    throw CommandFailure("The id \(id) is no file name.")
                }
                files["\(folder)/\(id).yaml"] = try YAML.text(Portable.resource(resource, kind: folder))
            }
            project[member] = nil
        }
        files.merge(try SkillFolder.files(project["skills"]?.object ?? [:])) { $1 }
        project["skills"] = nil
        files["project.yaml"] = try YAML.text(Portable.project(project))
        return try save(files)
    }

    private func save(_ files: [String: String]) throws -> [String] {
        var changed: [String] = []
        do {
            for (path, text) in files {
                let url = root.appending(path: path)
                let data = Data(text.utf8)
                if FileManager.default.contents(atPath: url.filePath) == data { continue }
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try data.write(to: url, options: .atomic)
                changed.append(path)
            }
            for (folder, _) in Self.folders {
                let url = root.appending(path: folder)
                for name in (try? FileManager.default.contentsOfDirectory(atPath: url.filePath)) ?? [] {
                    guard Self.resourceName(name) != nil, files["\(folder)/\(name)"] == nil else { continue }
                    try FileManager.default.removeItem(at: url.appending(path: name))
                    changed.append("\(folder)/\(name)")
                }
            }
            for path in try SkillFolder(root: root).surplus(files) {
                try FileManager.default.removeItem(at: root.appending(path: path))
                changed.append(path)
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("Writing below \(root.filePath) failed: \(error.localizedDescription)")
        }
        return changed.sorted()
    }
}

/// Documents as they are kept in files: without what only the server's copy means (times, ids of relations, nulls).
enum Portable {
    private static let volatile: Set<String> = ["id", "createdAt", "updatedAt", "tenantId", "projectId", "agentId"]
    /// What an agent's answer repeats of the project around it.
    private static let borrowed: Set<String> = ["tools", "externalAgents", "teamAgents", "functions"]

    /// The members of the project itself.
    static func project(_ members: JSONObject) -> JSONValue {
        .object(kept(members, dropping: volatile.subtracting(["id"])))
    }

    /// One resource of the folder `kind`. Its id is the name of its file.
    static func resource(_ resource: JSONValue, kind: String) -> JSONValue {
        guard case .object(let members) = resource else { return resource }
        if kind != "agents" { return .object(kept(members, dropping: volatile.union(["status", "availableTools"]))) }
        var agent = kept(members, dropping: volatile.union(borrowed))
        for member in ["functionTools", "subAgents"] {
            guard let map = agent[member]?.object else { continue }
            agent[member] = .object(
                JSONObject(map.map { ($0.key, member == "subAgents" ? subAgent($0.value) : plain($0.value)) }))
        }
        if case .object(let config) = agent["contextConfig"] {
            agent["contextConfig"] = .object(kept(config, dropping: volatile.subtracting(["id"])))
        }
        return .object(agent)
    }

    private static func plain(_ value: JSONValue) -> JSONValue {
        value.object.map { .object(kept($0, dropping: volatile.subtracting(["id"]))) } ?? value
    }

    private static func subAgent(_ value: JSONValue) -> JSONValue {
        guard case .object(var members) = plain(value) else { return value }
        let uses = members["canUse"]?.array ?? []
        members["canUse"] = .array(uses.map { trimmed($0, dropping: ["agentToolRelationId"]) })
        if let skills = members["skills"]?.array {
            let written = ["id", "index", "alwaysLoaded"]
            members["skills"] = .array(
                skills.map { skill in .object(JSONObject(written.compactMap { name in skill[name].map { (name, $0) } }))
                })
        }
        if let targets = members["canDelegateTo"]?.array {
            let ids: Set<String> = ["subAgentExternalAgentRelationId", "subAgentTeamAgentRelationId"]
            members["canDelegateTo"] = .array(targets.map { trimmed($0, dropping: ids) })
        }
        return .object(members)
    }

    private static func trimmed(_ value: JSONValue, dropping names: Set<String>) -> JSONValue {
        guard let object = value.object else { return value }
        return .object(JSONObject(kept(object, dropping: names).filter { $0.value.object?.isEmpty != true }))
    }

    private static func kept(_ members: JSONObject, dropping names: Set<String>) -> JSONObject {
        JSONObject(members.filter { !names.contains($0.key) && !$0.value.isNull })
    }
}

extension URL {
    /// The path as the file system knows it, nothing escaped.
    var filePath: String { path(percentEncoded: false) }
}
