public import Catalog

/// The first thing in which two times of a run differ.
public struct ReplayDifference: Sendable, Equatable {
    /// The step, from 1.
    public let step: Int
    /// The place within the step: `model.system`; empty where the whole step is another one.
    public let place: String
    /// What was there when it was recorded; nil where there was nothing.
    public let recorded: JSONValue?
    /// What is there now; nil where there is nothing.
    public let now: JSONValue?

    /// The first difference; nil when there is none.
    public init?(recorded: [JSONValue], now: [JSONValue]) {
        for place in 0..<max(recorded.count, now.count) {
            let left = recorded.indices.contains(place) ? recorded[place] : nil
            let right = now.indices.contains(place) ? now[place] : nil
            guard left != right else { continue }
            let (path, old, new) = Self.narrow(left, right)
            (step, self.place) = (place + 1, path.joined(separator: "."))
            (self.recorded, self.now) = (old, new)
            return
        }
        return nil
    }

    /// The smallest part in which two values differ, and where it is.
    private static func narrow(
        _ left: JSONValue?, _ right: JSONValue?
    ) -> (path: [String], JSONValue?, JSONValue?) {
        switch (left, right) {
        case (.object(let old)?, .object(let new)?) where Set(old.keys) == Set(new.keys):
            for (name, value) in old where new[name] != value {
                let (path, inner, outer) = narrow(value, new[name])
                return ([name] + path, inner, outer)
            }
        case (.array(let old)?, .array(let new)?):
            for place in 0..<max(old.count, new.count) {
                let (one, other) = (
                    old.indices.contains(place) ? old[place] : nil, new.indices.contains(place) ? new[place] : nil
                )
                guard one != other else { continue }
                let (path, inner, outer) = narrow(one, other)
                return ([String(place)] + path, inner, outer)
            }
        default: break
        }
        return ([], left, right)
    }

    /// As clients read it.
    public var json: JSONValue {
        [
            "step": .integer(Int64(step)), "place": .string(place), "recorded": recorded ?? .null,
            "now": now ?? .null,
        ]
    }
}
