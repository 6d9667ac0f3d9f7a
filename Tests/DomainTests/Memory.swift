import Catalog
import Cryptography
import Domain
import Testing

/// A store of configuration in a dictionary, for tests of what kinds do with a workspace. It keeps links, their rules
/// and containment as the real one does, checks references at the end of each operation, and undoes what failed.
final class Memory {
    struct Branch {
        var entries: [ResourceKey: Entry] = [:]
        var links: [ResourceKey: Set<ResourceLink>] = [:]
    }

    struct Missing: Error {
        let operation: String
    }

    /// The main branches of the tenant's projects.
    var projects: [String: Branch] = [:]
    /// What was written or deleted so far, in order.
    private(set) var log: [ResourceKey] = []
    /// How many resources were written or deleted so far.
    var writes: Int { log.count }
    /// Who calls.
    var caller = Requester.system
    private var now: Int64 = 1_767_607_200_000
    private var made = 0
    /// The handles in use, by kind.
    private var handles: [String: Set<String>] = [:]

    static let tenant = "default"
    static let sealing = Sealing(Keyring(.random()), kinds: Everything.kinds)

    /// Calls an operation as the dispatcher does.
    ///
    /// - Parameters:
    ///   - id: The operation's id.
    ///   - path: The parameters of its path beside the tenant; the project is `shop` unless named.
    @discardableResult func call(
        _ id: String, _ path: [String: String] = [:], query: [String: String] = [:], body: JSONValue = [:],
        branch: String = BranchKey.main
    ) throws -> OperationOutput {
        guard let operation = Everything.operations.first(where: { $0.id == id }) else { throw Missing(operation: id) }
        var path = path
        path["tenantId"] = Self.tenant
        if operation.pathParameters.contains("projectId"), path["projectId"] == nil { path["projectId"] = "shop" }
        let project =
            switch operation.project {
            case .nowhere: ""
            case .path(let name): path[name] ?? ""
            case .body(let name): body[name]?.string ?? ""
            }
        try operation.check(query)
        let input = OperationInput(path: path, query: query, body: body, method: operation.method)
        now += 1000
        let before = projects
        let writesBefore = writes
        let branch = operation.isVersioned ? branch : BranchKey.unversioned
        var workspace = workspace(BranchKey(tenant: Self.tenant, project: project, branch: branch))
        workspace.surroundings.caller = caller
        do {
            switch operation.effect {
            case .read(let body):
                let output = try body(workspace, input)
                #expect(writes == writesBefore, "\(id) reads, and wrote")
                return output
            case .write(let body):
                let output = try body(workspace, input)
                checkLinks(project)
                return output
            case .endpoint: throw Missing(operation: id)
            }
        } catch {
            projects = before
            throw error
        }
    }

    /// Calls an operation that must be refused.
    func refusal(
        _ id: String, _ path: [String: String] = [:], query: [String: String] = [:], body: JSONValue = [:],
        branch: String = BranchKey.main, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Problem {
        try #require(throws: Problem.self, sourceLocation: sourceLocation) {
            try self.call(id, path, query: query, body: body, branch: branch)
        }
    }

    private func checkLinks(_ project: String) {
        guard let branch = projects[project] else { return }
        for (source, links) in branch.links {
            for link in links { #expect(branch.entries[link.target] != nil, "\(source) refers to \(link.target)") }
        }
    }

    func workspace(_ branch: BranchKey) -> Workspace {
        Workspace(
            branch: branch, now: now,
            makeID: {
                self.made += 1
                let digits = String(self.made)
                return String(repeating: "a", count: 21 - digits.count) + digits
            },
            get: { self.projects[self.place(branch)]?.entries[$0] },
            several: { keys in
                let wanted = Set(keys)
                return (self.projects[self.place(branch)]?.entries ?? [:]).filter { wanted.contains($0.key) }
            },
            contents: { key in
                self.sorted(branch) { $0.key.parent == key.place || $0.key.parent.hasPrefix(key.place + "/") }
            },
            all: { kind, parent in self.sorted(branch) { $0.key.kind == kind && $0.key.parent == parent } },
            everything: { self.sorted(branch) { _ in true } },
            page: { query in self.page(query, branch) },
            projects: { query in
                var query = query
                query.kind = "project"
                return query.page(of: self.projects.values.flatMap(\.entries.values)) { _ in [] }
            },
            inProjects: { kind, projects in
                projects.flatMap { project in
                    Self.sorted((self.projects[project]?.entries.values.filter { $0.key.kind == kind }) ?? [])
                        .map { (project, $0) }
                }
            },
            referrers: { key in
                (self.projects[self.place(branch)]?.links ?? [:]).filter { $0.value.contains { $0.target == key } }.keys
                    .sorted { ($0.kind, $0.parent, $0.id) < ($1.kind, $1.parent, $1.id) }
            },
            put: { key, document, links in
                let place = self.place(branch)
                let sealed = try Self.sealing.sealed(document, key, in: branch) { self.projects[place]?.entries[key] }
                return try self.put(key, sealed, links, place)
            },
            delete: { try self.delete($0, self.place(branch)) },
            exists: { self.projects[self.place(branch)] != nil },
            createBranch: {
                self.projects[self.place(branch)] = Branch()
                self.projects[self.place(branch) + BranchKey.unversioned] = Branch()
            },
            deleteProject: {
                self.projects[branch.project] = nil
                self.projects[branch.project + BranchKey.unversioned] = nil
                self.log.append(ResourceKey(kind: "project", id: branch.project))
            },
            on: { name in
                self.workspace(BranchKey(tenant: branch.tenant, project: branch.project, branch: name))
            },
            setHandle: { key, handle in
                guard self.handles[key.kind, default: []].insert(handle).inserted else {
                    throw Problem.conflict("\(key.kind) \(handle)")
                }
            }, versions: Self.noVersions)
    }

    /// Branches and states are the store's: tests of them are those of the server.
    private static var noVersions: Versions {
        Versions(
            standing: { throw Missing(operation: "standing") }, branches: { _ in throw Missing(operation: "branches") },
            branch: { _ in throw Missing(operation: "branch") }, commit: { _ in throw Missing(operation: "commit") },
            past: { _ in throw Missing(operation: "past") }, create: { _, _ in throw Missing(operation: "create") },
            remove: { _ in throw Missing(operation: "remove") }, reader: { _ in throw Missing(operation: "reader") },
            touched: { _, _ in throw Missing(operation: "touched") },
            vector: { _ in throw Missing(operation: "vector") },
            history: { _ in throw Missing(operation: "history") }, apply: { _ in throw Missing(operation: "apply") },
            record: { _ in throw Missing(operation: "record") })
    }

    /// Where a branch is kept: the main one under the project's name, that of the kinds outside branches beside it.
    private func place(_ branch: BranchKey) -> String {
        branch.branch == BranchKey.main ? branch.project : branch.project + branch.branch
    }

    private func sorted(_ branch: BranchKey, where wanted: (Entry) -> Bool) -> [Entry] {
        Self.sorted((projects[self.place(branch)]?.entries.values.filter(wanted)) ?? [])
    }

    private static func sorted(_ entries: [Entry]) -> [Entry] {
        entries.sorted { ($0.createdAt, $0.key.id) < ($1.createdAt, $1.key.id) }
    }

    private func page(_ query: ListQuery, _ branch: BranchKey) -> (entries: [Entry], total: Int) {
        let here = projects[place(branch)]
        return query.page(of: (here?.entries ?? [:]).values) { here?.links[$0] ?? [] }
    }

    private func put(
        _ key: ResourceKey, _ document: JSONValue, _ links: [ResourceLink], _ project: String
    ) throws -> Entry {
        let kept = Set(links.filter { $0.rule != .loose })
        let old = projects[project]?.entries[key]
        if let old, old.document == document, projects[project]?.links[key] ?? [] == kept { return old }
        let entry = Entry(
            key: key, document: document, createdAt: old?.createdAt ?? now, updatedAt: now,
            revision: (old?.revision ?? 0) + 1)
        projects[project]?.entries[key] = entry
        projects[project]?.links[key] = kept
        log.append(key)
        return entry
    }

    private func delete(_ key: ResourceKey, _ project: String) throws {
        guard projects[project]?.entries[key] != nil else { throw Problem.notFound("\(key.kind) \(key.id)") }
        projects[project]?.entries[key] = nil
        projects[project]?.links[key] = nil
        log.append(key)
        let place = key.parent.isEmpty ? key.id : "\(key.parent)/\(key.id)"
        if Scope.containers.contains(key.kind) {
            for child in keys(project).filter({ $0.parent == place || $0.parent.hasPrefix(place + "/") }) {
                if projects[project]?.entries[child] != nil { try delete(child, project) }
            }
        }
        for (source, links) in projects[project]?.links ?? [:] {
            for link in links where link.target == key {
                guard let entry = projects[project]?.entries[source] else { continue }
                switch link.rule {
                case .cascade: try delete(source, project)
                case .restrict: throw Problem.conflict("\(key.id) is in use by \(source.id)")
                case .clear:
                    var members = entry.document.object ?? [:]
                    members[link.role] = .null
                    _ = try put(source, .object(members), links.filter { $0 != link }.map(\.self), project)
                case .loose: continue
                }
            }
        }
    }

    private func keys(_ project: String) -> [ResourceKey] { Array((projects[project]?.entries ?? [:]).keys) }
}

extension OperationOutput {
    /// The member `data` of the body.
    var data: JSONValue { body?["data"] ?? .null }
}

extension Problem {
    /// The broken places as pointers, in order.
    var pointers: [String] { broken.map(\.pointer) }
}

extension JSONValue {
    /// The value at the end of a path of members and positions.
    subscript(path path: String) -> JSONValue? {
        path.split(separator: "/").reduce(Optional(self)) { value, step in
            Int(step).map { value?[$0] } ?? value?[String(step)]
        }
    }

    /// This value read from JSON text.
    static func text(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }
}

/// The values of headers of the project `shop`, for whoever calls.
func opened(_ headers: HeaderMap?) throws -> String {
    let branch = BranchKey(tenant: Memory.tenant, project: "shop")
    return try Memory.sealing.keyring.open(headers ?? HeaderMap(), of: branch).map(\.value).joined(separator: ",")
}
