import Catalog
import Cryptography
import Domain
import Store

extension Store {
    /// What a credential of a project comes to now; nil where there is none of that id, or no credential store has it.
    func credential(_ id: String, in branch: BranchKey, keyring: Keyring) async throws -> ResolvedCredential? {
        try await readConfiguration(in: branch) { transaction in
            let workspace = transaction.reading(keyring)
            return try workspace.get(CredentialReference.self, id)?.resolved(workspace, with: keyring)
        }
    }
}
