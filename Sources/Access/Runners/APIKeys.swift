import Catalog
import Domain
import Store

/// The keys with which programs run agents (run spec §1.4).
public struct APIKeys: Sendable {
    private let store: Store
    private let checks: SecretChecks
    private let uses: LastUses
    private let now: @Sendable () -> Int64

    init(store: Store, checks: SecretChecks, uses: LastUses, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.checks = checks
        self.uses = uses
        self.now = now
    }

    private static let publicIDLength = 12

    /// Whether a token has the form of a key.
    public static func isKey(_ token: String) -> Bool { publicID(token) != nil }

    /// The part by which a key is found: before the first dot, behind the last `_`, 12 characters.
    private static func publicID(_ token: String) -> String? {
        guard let dot = token.utf8.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let head = token[..<dot]
        guard let mark = head.utf8.lastIndex(of: UInt8(ascii: "_")) else { return nil }
        let id = head[head.utf8.index(after: mark)...]
        guard id.utf8.count == publicIDLength,
            id.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D
            })
        else { return nil }
        return String(id)
    }

    /// Who holds a key; nil for what is none, or no longer one. The row is read each time, by one statement, so that a
    /// key that was deleted, changed or has expired opens nothing at once, in every process on the database.
    ///
    /// - Throws: `Problem` 429 or 503 when too many new keys are being checked.
    public func runner(_ token: String, from address: String) async throws -> Runner? {
        guard let publicID = Self.publicID(token) else { return nil }
        let found: (branch: BranchKey, entry: Entry)?
        do throws(StoreError) {
            found = try await store.resource(of: APIKey.kind.name, handle: publicID)
        } catch {
            throw error.problem
        }
        let key = found.map { APIKey($0.entry) }
        guard try await checks.isRight(token, hash: key?.keyHash, from: address), let found, let key else { return nil }
        let now = now()
        if let end = key.expiresAt {
            guard let moment = Timestamp.milliseconds(end), now < moment else { return nil }
        }
        uses.note(APIKey.kind.name, publicID, at: now)
        return Runner(
            means: "api-key", tenant: found.branch.tenant, project: found.branch.project, agent: key.agentId,
            subject: "apikey:\(publicID)",
            metadata: ["initiatedBy": ["type": "api_key", "id": .string(key.id)]], name: "apikey:\(key.id)")
    }
}
