import Catalog
import Cryptography
import Domain
import Outbound
import Store

/// The header fields of calls to a server, or to another agent (run spec §7.3, §13.2): those of the credential, over
/// them the tool's and over those the relation's, rendered for the run.
struct ServerHeaders: Sendable {
    /// What is configured; of fields with one name the last counts.
    let maps: [HeaderMap]

    init(_ maps: HeaderMap?...) { self.maps = maps.compactMap(\.self) }

    /// A field that cannot be filled in.
    struct Unfilled: Error {
        let header: String
        let placeholder: String
        let reason: String
    }

    /// The fields for a run.
    ///
    /// - Throws: `Unfilled` for the first field with a placeholder that has no value: a call with half of its fields
    ///   could do something else than was meant. `UnsealingError`.
    func fields(
        over credential: [(name: String, value: String)], for context: ToolContext, keyring: Keyring,
        in branch: BranchKey
    ) throws -> HTTPHeaders {
        var headers = HTTPHeaders()
        for (name, value) in credential { headers[name] = value }
        for map in maps {
            for (name, text) in try keyring.open(map, of: branch) {
                do throws(MissingPlaceholder) {
                    headers[name] = try Template(text).strictly(context.templates)
                } catch {
                    throw Unfilled(header: name, placeholder: error.placeholder, reason: error.reason)
                }
            }
        }
        return headers
    }

    /// The fields for a run that calls another agent. Throws `Toolset.ToolFailure` with a sentence for the model.
    func fields(
        toAgentOver credential: [(name: String, value: String)] = [], for context: ToolContext, keyring: Keyring
    ) throws(Toolset.ToolFailure) -> HTTPHeaders {
        do {
            return try fields(over: credential, for: context, keyring: keyring, in: context.scope.branchKey)
        } catch let unfilled as Unfilled {
            throw Toolset.ToolFailure(
                message: "its header \(unfilled.header) needs '\(unfilled.placeholder)', which \(unfilled.reason).")
        } catch {
            throw Toolset.ToolFailure(message: "its headers cannot be read.")
        }
    }
}
