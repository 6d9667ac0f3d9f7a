import Catalog
import Runtime

/// What goes on beside operations and hears of them.
struct Watch: Sendable {
    /// Told of a resource whose answer says what was found out about it, before it is read; may wait a little for that.
    let settle: @Sendable (ResourceKey, BranchKey) async -> Void
    /// Told of a branch on which something was changed, once it is.
    let changed: @Sendable (BranchKey) -> Void

    /// Nobody hears.
    static let nobody = Watch(settle: { _, _ in }, changed: { _ in })
}

extension Watch {
    /// A monitor hears.
    init(_ monitor: HealthMonitor) {
        self.init(
            settle: { key, branch in await monitor.settle(key.id, in: branch) },
            changed: { branch in monitor.changed(branch) })
    }
}
