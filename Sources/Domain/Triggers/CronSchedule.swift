import Catalog
import Foundation

/// A place's time: how far its clocks are ahead of UTC at a moment.
public struct ClockZone: Sendable {
    /// Minutes ahead of UTC in a minute counted from 1970.
    let offset: @Sendable (Int) -> Int

    /// The time of UTC.
    public static let utc = ClockZone { _ in 0 }

    init(offset: @escaping @Sendable (Int) -> Int) { self.offset = offset }

    /// The zone of an IANA name (`Europe/Berlin`); nil when there is none of that name.
    public init?(named name: String) {
        guard Self.isName(name), let zone = TimeZone(identifier: name) else { return nil }
        self.init { minute in
            let seconds = zone.secondsFromGMT(for: Foundation.Date(timeIntervalSince1970: Double(minute) * 60))
            return Int((Double(seconds) / 60).rounded(.down))
        }
    }

    /// Whether a text has the form of an IANA name. Forms such as `GMT+2` are others' and mean what they like.
    private static func isName(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count) else { return false }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "/_+-".utf8.contains(byte)
            }
        }
        return isPlain && (text.contains("/") || !text.contains { "+-0123456789".contains($0) })
    }
}

/// When a cron expression comes in a zone.
struct CronSchedule {
    let cron: Cron
    let zone: ClockZone

    private static let dayMinutes = 1440
    /// Days after which a search ends: the longest wait is for a Sunday that is a 29 February, across a century that
    /// has none.
    private static let searchDaysMax = 41 * 366

    /// The next moment after `moment` at which it comes, both in milliseconds since 1970; nil when it never does.
    func next(after moment: Int64) -> Int64? {
        let first = Int(Self.floor(Int(moment), 60_000)) + 1
        return nextMinute(from: first).map { Int64($0) * 60_000 }
    }

    /// The least minute since 1970 of at least `first` at which it comes. Walks through stretches of time in which the
    /// zone's clocks do not change.
    private func nextMinute(from first: Int) -> Int? {
        // A day before, so that a change of the clocks that still counts is seen.
        var start = first - Self.dayMinutes
        var offset = zone.offset(start)
        // Local minutes before this one were shown before.
        var repeatedUntil = Int.min
        let end = first + Self.searchDaysMax * Self.dayMinutes
        while start < end {
            if let far = farDay(from: start + offset) {
                start = far - Self.dayMinutes - offset
                offset = zone.offset(start)
                repeatedUntil = Int.min
            }
            let (boundary, after) = stretch(from: start, offset)
            var from = max(start, first) + offset
            if cron.hasFixedHours { from = max(from, repeatedUntil) }
            if let local = localMinute(from: from, to: boundary + offset) { return local - offset }
            if after > offset, cron.hasFixedHours, boundary >= first,
                localMinute(from: boundary + offset, to: boundary + after) != nil
            {
                return boundary
            }
            if after < offset { repeatedUntil = boundary + offset }
            start = boundary
            offset = after
        }
        return nil
    }

    /// Where the stretch that begins at `start` ends, at the latest after a day, and the offset from there on.
    private func stretch(from start: Int, _ offset: Int) -> (boundary: Int, after: Int) {
        var high = start + Self.dayMinutes
        let after = zone.offset(high)
        guard after != offset else { return (high, after) }
        var low = start
        while high - low > 1 {
            let middle = (low + high) / 2
            if zone.offset(middle) == offset { low = middle } else { high = middle }
        }
        return (high, zone.offset(high))
    }

    /// The local midnight of the next day on which it comes when that is more than two days ahead, else nil.
    private func farDay(from local: Int) -> Int? {
        let today = Self.floor(local, Self.dayMinutes)
        var day = today
        while !comes(onDay: day), day < today + Self.searchDaysMax { day += 1 }
        return day > today + 2 ? day * Self.dayMinutes : nil
    }

    /// The first local minute in `from..<to` at which it comes.
    private func localMinute(from: Int, to: Int) -> Int? {
        var from = from
        while from < to {
            let day = Self.floor(from, Self.dayMinutes)
            let midnight = day * Self.dayMinutes
            if comes(onDay: day), let minute = cron.minuteOfDay(from: from - midnight) {
                return midnight + minute < to ? midnight + minute : nil
            }
            from = midnight + Self.dayMinutes
        }
        return nil
    }

    private func comes(onDay day: Int) -> Bool {
        let (_, month, ofMonth) = Timestamp.date(ofDay: day)
        // 1970-01-01 was a Thursday.
        return cron.matches(month: month, day: ofMonth, weekday: ((day + 4) % 7 + 7) % 7)
    }

    private static func floor(_ value: Int, _ divisor: Int) -> Int {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }
}
