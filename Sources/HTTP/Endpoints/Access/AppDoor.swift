import Access
import Catalog
import Domain
import Store

/// Where strangers knock at apps: for a session, for a challenge, with a solution. Who is refused is put on record: for
/// the tenant of the app, or for none where there is no such app.
struct AppDoor: Sendable {
    let runners: Runners
    let audit: AuditTrail
    /// The time, milliseconds since 1970.
    let now: @Sendable () -> Int64

    /// Answers what somebody asks of the app `id`, and puts on record why it is refused.
    ///
    /// - Throws: 404 when there is no such app, or it is disabled; what `answer` throws.
    func ask(
        _ call: Call, of id: String, _ answer: (Apps.Found) async throws -> Reply
    ) async throws -> Reply {
        let found = try await runners.apps.find(id)
        do {
            guard let found, found.app.enabled else { throw Problem(.notFound, "App not found or disabled") }
            return try await answer(found)
        } catch let problem as Problem where problem.isRefusal {
            refuse(call, at: found, id)
            throw problem
        }
    }

    /// Puts on record that what somebody asked of an app was not granted.
    func refuse(_ call: Call, at found: Apps.Found?, _ id: String) {
        audit.note(
            stranger: AuditRecord(
                tenant: found?.branch.tenant ?? "", at: now(), actor: call.caller.actor, means: call.caller.means,
                action: call.operation.id, target: String(id.prefix(Self.targetCharactersMax)), outcome: .refused,
                address: call.address, request: call.id))
    }

    /// Characters of an app's id that are put on record: a stranger may name any.
    private static let targetCharactersMax = 100
}
