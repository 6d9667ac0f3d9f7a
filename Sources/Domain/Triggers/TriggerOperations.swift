import Catalog

/// The operations on triggers of both sorts that do not follow from their declarations.
enum TriggerOperations {
    private static let users = TriggerUsers<Trigger>(
        list: "list-trigger-users", set: "set-trigger-users", add: "add-trigger-user", remove: "remove-trigger-user",
        schemaName: "TriggerUsers", removalShowsRest: true)

    private static let scheduledUsers = TriggerUsers<ScheduledTrigger>(
        list: "list-scheduled-trigger-users", set: "set-scheduled-trigger-users", add: "add-scheduled-trigger-user",
        remove: "remove-scheduled-trigger-user", schemaName: "ScheduledTriggerUsers", removalShowsRest: false)

    static let all: [Operation] =
        users.operations + scheduledUsers.operations + TriggerInvocations.operations + TriggerFiring.operations

    static let schemas: [(name: String, schema: JSONObject)] =
        users.schemas + scheduledUsers.schemas + TriggerInvocations.schemas + TriggerFiring.schemas
}
