import Foundation

/// The `<current_time>` block of the current input (run spec §9).
enum CurrentTime {
    /// `Monday, March 3, 2025 at 9:05:07 AM GMT+1`: en-US long form in the client's zone; nil when the zone is not
    /// known.
    static func text(_ client: ClientTime) -> String? {
        guard let zone = TimeZone(identifier: client.timeZone), let time = CivilTime(client.timestamp) else {
            return nil
        }
        let offset = zone.secondsFromGMT(for: Foundation.Date(timeIntervalSince1970: TimeInterval(time.seconds)))
        return text(seconds: time.seconds, offset: offset)
    }

    private static let days = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    static func text(seconds: Int, offset: Int) -> String {
        let local = seconds + offset
        let day = Int((Double(local) / 86_400).rounded(.down))
        let second = local - day * 86_400
        let (year, month, ofMonth) = civil(day)
        let hour = second / 3600
        let clock = "\(hour % 12 == 0 ? 12 : hour % 12):\(padded(second / 60 % 60)):\(padded(second % 60))"
        let weekday = days[((day % 7) + 7) % 7]
        let half = hour < 12 ? "AM" : "PM"
        return "\(weekday), \(months[month - 1]) \(ofMonth), \(year) at \(clock) \(half) \(zone(offset))"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    /// `GMT`, `GMT+1`, `GMT-3:30`.
    private static func zone(_ offset: Int) -> String {
        guard offset != 0 else { return "GMT" }
        let minutes = abs(offset) / 60
        let rest = minutes % 60 == 0 ? "" : ":\(padded(minutes % 60))"
        return "GMT\(offset < 0 ? "-" : "+")\(minutes / 60)\(rest)"
    }

    /// Year, month and day of a number of days since 1970.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * ofYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * monthIndex + 2) / 5 + 1)
    }
}
