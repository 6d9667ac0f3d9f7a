import Catalog
import Foundation

/// The tokens of who has signed in with `covey login`, one a server, in a file that its owner alone reads:
/// `~/.config/covey/credentials.json`.
struct CredentialFile {
    private let file: URL?

    /// The file of a user, by XDG_CONFIG_HOME or HOME.
    init(_ environment: [String: String]) {
        let folder =
            environment.first("XDG_CONFIG_HOME") ?? environment.first("HOME").map { "\($0)/.config" }
        file = folder.map { URL(filePath: $0).appending(path: "covey/credentials.json") }
    }

    /// The token for the server at `address`; nil when there is none.
    func token(for address: String) -> String? { servers[address]?["token"]?.string }

    /// Keeps a token, or forgets the one that is kept.
    ///
    /// - Throws: `CommandFailure` when the file cannot be written.
    func keep(_ token: String?, for address: String, email: String = "") throws {
        var servers = self.servers
        if token == nil, servers[address] == nil { return }
        servers[address] = token.map { ["token": .string($0), "email": .string(email)] }
        guard let file else { throw CommandFailure("HOME is not set, so there is no place for the token.") }
        do {
            try write(["servers": .object(servers)], to: file)
        } catch {
            throw CommandFailure("\(file.path) cannot be written: \(error.localizedDescription)")
        }
    }

    private var servers: JSONObject {
        guard let file, let data = try? Data(contentsOf: file), let json = try? JSONValue(parsing: Array(data)) else {
            return [:]
        }
        return json["servers"]?.object ?? [:]
    }

    /// Writes the whole file beside the old one and puts it in its place, so that it is never half there and never
    /// open to others.
    private func write(_ json: JSONValue, to file: URL) throws {
        let files = FileManager.default
        let folder = file.deletingLastPathComponent()
        try files.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let draft = folder.appending(path: "credentials.\(getpid())")
        try? files.removeItem(at: draft)
        guard
            files.createFile(
                atPath: draft.path, contents: Data(json.jsonBytes), attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown) }
        guard rename(draft.path, file.path) == 0 else {
            try? files.removeItem(at: draft)
            throw CocoaError(.fileWriteUnknown)
        }
    }
}
