public import Catalog

/// Takes who has left off the triggers and schedules that run as them (manage spec §3.5).
public enum TriggerUserRemoval {
    /// Takes a user off all triggers of both sorts on the workspace's branch.
    public static func remove(_ user: String, from workspace: Workspace) throws {
        for entry in try workspace.everything() {
            try remove(user, from: Trigger.self, entry, workspace)
            try remove(user, from: ScheduledTrigger.self, entry, workspace)
        }
    }

    private static func remove<Source: RunsAsUsers>(
        _ user: String, from type: Source.Type, _ entry: Entry, _ workspace: Workspace
    ) throws {
        guard entry.key.kind == Source.kind.name else { return }
        var value = Source(entry)
        guard value.runAsUserIds.contains(user) else { return }
        value.runAsUserIds.removeAll { $0 == user }
        value.namedUser = nil
        if value.runAsUserIds.isEmpty { value.usersHaveGone() }
        _ = try workspace.put(value, in: entry.key.parent)
    }
}
