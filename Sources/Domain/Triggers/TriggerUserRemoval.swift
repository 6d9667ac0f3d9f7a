public import Catalog

/// Takes who may no longer use a project off the triggers and schedules that run as them (manage spec §3.5).
public enum TriggerUserRemoval {
    /// Takes a user off all triggers of both sorts, on every branch of the workspace's project. What is left without a
    /// user is turned off.
    public static func remove(_ user: String, from workspace: Workspace) throws {
        for (branch, entry) in try workspace.holders("runAsUserIds", user) {
            let place = try workspace.on(branch)
            try remove(user, from: Trigger.self, entry, place)
            try remove(user, from: ScheduledTrigger.self, entry, place)
        }
    }

    private static func remove<Source: RunsAsUsers>(
        _ user: String, from type: Source.Type, _ entry: Entry, _ workspace: Workspace
    ) throws {
        guard entry.key.kind == Source.kind.name else { return }
        var value = Source(entry)
        value.runAsUserIds.removeAll { $0 == user }
        if value.runAsUserIds.isEmpty { value.enabled = false }
        try workspace.put(value, in: entry.key.parent)
    }
}
