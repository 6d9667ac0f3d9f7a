import Catalog
import Testing

@testable import Domain

/// Five-field cron in zones whose clocks change (manage spec §0.12, §2.19).
@Suite struct CronTests {
    @Test(arguments: [
        "* * * * *", "*/15 0-6/2 1,15 * 1-5", "0 8 * * MON-FRI", "5,10-20/5,59 23 31 12 7", "0 0 29 feb *",
        "\t0  0 1 jan-mar,DEC sun ", "0 0 * * FRI-SUN", "30/10 * * * *", "0 0 31 2 1",
    ])
    func `what crontabs say is taken`(text: String) throws { _ = try Cron(text) }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
        "* * * * 8", "*/0 * * * *", "5-1 * * * *", "1,,2 * * * *", "a * * * *", "* * * MON *", "@daily",
        "-1 * * * *", "1- * * * *", "*/5/2 * * * *", "+1 * * * *", "0 0 31 2 *", "0 0 31 4,6,9,11 *", "1.5 * * * *",
        "0 0 L * *", "٣ * * * *",
    ])
    func `what is no cron expression is refused with a reason`(text: String) throws {
        let refusal = #expect(throws: Cron.Refusal.self) { try Cron(text) }
        #expect(refusal?.reason.isEmpty == false)
    }

    private static func next(_ cron: String, after: String, in zone: String = "UTC") throws -> String? {
        let schedule = CronSchedule(cron: try Cron(cron), zone: try #require(ClockZone(named: zone)))
        let moment = try #require(Timestamp.milliseconds(after))
        return schedule.next(after: moment).map(Timestamp.text)
    }

    @Test(arguments: [
        // Of two day fields that both say something one is enough.
        ("0 0 13 * 5", "2026-01-05T00:00:00Z", "2026-01-09T00:00:00.000Z"),
        ("0 0 13 * 5", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00.000Z"),
        // With a star in one of them both must match.
        ("0 0 13 * *", "2026-01-05T00:00:00Z", "2026-01-13T00:00:00.000Z"),
        ("0 0 */2 * 5", "2026-01-05T00:00:00Z", "2026-01-09T00:00:00.000Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00.000Z"),
        // A Sunday that is a 29 February, past 2100 which has none.
        ("0 0 29 2 */7", "2088-03-01T00:00:00Z", "2128-02-29T00:00:00.000Z"),
        ("* * * * *", "2026-01-05T10:00:00Z", "2026-01-05T10:01:00.000Z"),
        ("* * * * *", "2026-01-05T10:00:59.999Z", "2026-01-05T10:01:00.000Z"),
        ("0 0 * * 7", "2026-01-05T10:00:00Z", "2026-01-11T00:00:00.000Z"),
        ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00.000Z"),
    ])
    func `the next time is known`(cron: String, after: String, expected: String) throws {
        #expect(try Self.next(cron, after: after) == expected)
    }

    @Test(arguments: [
        // Berlin, 2026-03-29: 02:00 becomes 03:00. Fixed hours that were skipped come when the clock has skipped.
        ("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00.000Z"),
        ("30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00.000Z"),
        ("30 * * * *", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00.000Z"),
        // Berlin, 2026-10-25: 03:00 becomes 02:00. Fixed hours come once, what comes every hour comes each hour.
        ("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00.000Z"),
        ("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00.000Z"),
        ("30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00.000Z"),
        ("0 8 * * 1-5", "2026-01-05T10:00:00Z", "2026-01-06T07:00:00.000Z"),
    ])
    func `clocks that change neither lose nor double a time`(cron: String, after: String, expected: String) throws {
        #expect(try Self.next(cron, after: after, in: "Europe/Berlin") == expected)
    }

    /// The rule once more, minute by minute: slow, and plain to see.
    private struct Oracle {
        let cron: Cron
        let zone: ClockZone

        private func matches(local: Int) -> Bool {
            let day = local >= 0 ? local / 1440 : -((-local + 1439) / 1440)
            let minute = local - day * 1440
            let (_, month, ofMonth) = Timestamp.date(ofDay: day)
            return cron.matches(month: month, day: ofMonth, weekday: (day + 4) % 7)
                && cron.hours.contains(minute / 60) && cron.minutes.contains(minute % 60)
        }

        /// The least minute from `first` on, within `count`.
        func next(from first: Int, within count: Int) -> Int? {
            // What the clock has shown at most so far.
            var shown = (first - 1440..<first).map { $0 + zone.offset($0) }.max() ?? Int.min
            for minute in first..<first + count {
                let local = minute + zone.offset(minute)
                if cron.hasFixedHours {
                    if local > shown + 1, (shown + 1...local).contains(where: matches) { return minute }
                    if local > shown, matches(local: local) { return minute }
                } else if matches(local: local) {
                    return minute
                }
                shown = max(shown, local)
            }
            return nil
        }
    }

    private static let zones = [
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns",
        "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "Europe/Dublin",
    ]

    @Test(arguments: 0..<120) func `each next time is the least that matches`(seed: Int) throws {
        var numbers = RoundTripTests.Numbers(state: UInt64(seed))
        func any(_ choices: [String]) -> String { choices[Int.random(in: 0..<choices.count, using: &numbers)] }
        let text = [
            any(["*", "0", "*/7", "30", "15,45", "3-9/2"]), any(["*", "2", "*/3", "0", "1-3", "23", "2,3"]),
            any(["*", "*", "29", "25-31", "*/5"]), any(["*", "*", "3", "10", "3,10,11"]),
            any(["*", "*", "SUN", "1-5"]),
        ].joined(separator: " ")
        guard let cron = try? Cron(text) else { return }
        let zone = try #require(ClockZone(named: any(Self.zones)))
        // Around a change of the clocks when there is one in the year, else anywhere.
        var first = 29_453_760 + Int.random(in: 0..<525_600, using: &numbers)
        let changes = stride(from: first, to: first + 525_600, by: 60).filter {
            zone.offset($0) != zone.offset($0 - 60)
        }
        if !changes.isEmpty, Int.random(in: 0..<4, using: &numbers) > 0 {
            first =
                changes[Int.random(in: 0..<changes.count, using: &numbers)]
                + Int.random(in: -300...300, using: &numbers)
        }
        let schedule = CronSchedule(cron: cron, zone: zone)
        let oracle = Oracle(cron: cron, zone: zone)
        let days = 40
        let found = schedule.next(after: Int64(first - 1) * 60_000).map { Int($0 / 60_000) }
        if let expected = oracle.next(from: first, within: days * 1440) {
            #expect(found == expected, "\(text) from \(first)")
        } else {
            #expect(found ?? Int.max >= first + days * 1440, "\(text) from \(first)")
        }
    }

    @Test func `zones are known by their names and by nothing else`() {
        for name in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3", "Asia/Calcutta"] {
            #expect(ClockZone(named: name) != nil, "\(name)")
        }
        for name in ["", "Mars/Olympus", "GMT+2", "../etc/passwd", "Europe/Berlin ", "+01:00", "Europe/Bërlin"] {
            #expect(ClockZone(named: name) == nil, "\(name)")
        }
    }
}
