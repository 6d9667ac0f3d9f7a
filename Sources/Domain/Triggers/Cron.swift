import Catalog

/// When something comes again and again: five fields for minute, hour, day of the month, month and weekday
/// (manage spec §0.12, §2.19).
///
/// Each field is `*`, a number, a range `a-b` or a list of those, each with an optional step `/n`; months and weekdays
/// may be named (`JAN`, `MON`), Sunday is 0 and 7. When neither day field begins with `*`, one of the two must match
/// (POSIX crontab); else both.
public struct Cron: Sendable, Equatable {
    /// Why a text is none.
    public struct Refusal: Error, Equatable {
        /// The reason, for people.
        public let reason: String
    }

    let minutes: Bits
    let hours: Bits
    let days: Bits
    let months: Bits
    let weekdays: Bits
    /// Whether one of the two day fields is enough.
    let eitherDay: Bool
    /// Whether it comes at fixed hours. Those that a clock skips in spring come when it has skipped, and those that it
    /// shows twice in autumn come once; what comes every hour goes on with the time that really passes.
    let hasFixedHours: Bool

    /// Numbers below 64.
    struct Bits: Sendable, Equatable {
        var bits: UInt64 = 0

        func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }

        mutating func insert(_ number: Int) { bits |= 1 << UInt64(number) }

        /// The least number of at least `number`, or nil.
        func next(from number: Int) -> Int? {
            guard number < 64 else { return nil }
            let rest = bits & (UInt64.max << UInt64(number))
            return rest == 0 ? nil : rest.trailingZeroBitCount
        }
    }

    /// Reads five fields with white space between them.
    public init(_ text: String) throws(Refusal) {
        let fields = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5 else {
            throw Refusal(reason: "must have five fields: minute, hour, day of the month, month and weekday")
        }
        minutes = try Field(name: "minute", range: 0...59).read(fields[0])
        hours = try Field(name: "hour", range: 0...23).read(fields[1])
        days = try Field(name: "day of the month", range: 1...31).read(fields[2])
        months = try Field(name: "month", range: 1...12, names: Field.months).read(fields[3])
        var weekdays = try Field(name: "weekday", range: 0...7, names: Field.weekdays).read(fields[4])
        if weekdays.contains(7) { weekdays.insert(0) }
        self.weekdays = weekdays
        eitherDay = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
        hasFixedHours = !fields[1].hasPrefix("*")
        guard everComes else { throw Refusal(reason: "names a day that no month has") }
    }

    private static let monthLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// Whether a day of the calendar matches; the thirtieth of February does not.
    private var everComes: Bool {
        if eitherDay { return true }
        return (1...12).contains { month in
            months.contains(month) && (days.next(from: 1) ?? 32) <= Self.monthLengths[month - 1]
        }
    }

    /// Whether it comes on a day.
    ///
    /// - Parameter weekday: 0 for Sunday.
    func matches(month: Int, day: Int, weekday: Int) -> Bool {
        guard months.contains(month) else { return false }
        let (byDay, byWeekday) = (days.contains(day), weekdays.contains(weekday))
        return eitherDay ? byDay || byWeekday : byDay && byWeekday
    }

    /// The first minute of a day (0–1,439) of at least `minute` at which it comes, or nil.
    func minuteOfDay(from minute: Int) -> Int? {
        var hour = minute / 60
        var least = minute % 60
        while let next = hours.next(from: hour), next < 24 {
            if next > hour { least = 0 }
            if let found = minutes.next(from: least) { return next * 60 + found }
            hour = next + 1
            least = 0
        }
        return nil
    }
}

/// One field of a cron expression.
private struct Field {
    let name: String
    let range: ClosedRange<Int>
    /// Names that stand for numbers, in lower case.
    var names: [String: Int] = [:]

    static let months = numbered(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], from: 1)
    static let weekdays = numbered(["sun", "mon", "tue", "wed", "thu", "fri", "sat"], from: 0)

    private static func numbered(_ names: [String], from first: Int) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0 + first) })
    }

    func read(_ text: String) throws(Cron.Refusal) -> Cron.Bits {
        var bits = Cron.Bits()
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            guard let base = parts.first, parts.count <= 2 else { throw refusal(item) }
            var step = 1
            if parts.count == 2 {
                guard let given = number(parts[1]), given >= 1 else { throw refusal(item) }
                step = given
            }
            let span = try span(base, hasStep: parts.count == 2, item)
            for value in stride(from: span.lowerBound, through: span.upperBound, by: step) { bits.insert(value) }
        }
        return bits
    }

    private func span(
        _ text: Substring, hasStep: Bool, _ item: Substring
    ) throws(Cron.Refusal) -> ClosedRange<Int> {
        if text == "*" { return range }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let first = ends.first, let low = value(first), range.contains(low) else {
            throw refusal(item)
        }
        guard ends.count == 2 else { return hasStep ? low...range.upperBound : low...low }
        guard var high = value(ends[1]), range.contains(high) else { throw refusal(item) }
        // Sunday ends a week as well as it begins one.
        if high == 0, range.upperBound == 7, low > 0 { high = 7 }
        guard low <= high else { throw refusal(item) }
        return low...high
    }

    private func value(_ text: Substring) -> Int? { names[text.lowercased()] ?? number(text) }

    private func number(_ text: Substring) -> Int? {
        (1...4).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? Int(text) : nil
    }

    private func refusal(_ item: Substring) -> Cron.Refusal {
        let bounds = "\(range.lowerBound)–\(range.upperBound)"
        return Cron.Refusal(reason: "has a \(name) “\(item)” that is no value, range or step of \(bounds)")
    }
}
