import Catalog
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
        let (year, month, ofMonth) = Timestamp.date(ofDay: day)
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
}
