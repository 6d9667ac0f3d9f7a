import Synchronization

/// The value of the `Date` header (RFC 9110 §5.6.7), made once a second.
final class HTTPDate: Sendable {
    private let cached = Mutex<(second: Int64, text: String)>((.min, ""))
    private let now: @Sendable () -> Int64

    /// - Parameter now: Milliseconds since 1970.
    init(now: @escaping @Sendable () -> Int64) { self.now = now }

    /// The time now, `Mon, 05 Jan 2026 10:00:00 GMT`.
    var value: String {
        let second = now() / 1000
        return cached.withLock { cached in
            if cached.second != second { cached = (second, Self.text(second)) }
            return cached.text
        }
    }

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds since 1970 as a date; the calendar is the proleptic Gregorian one, counted from 1 March of year 0.
    static func text(_ seconds: Int64) -> String {
        let day = seconds / 86_400
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = Int(marchMonth < 10 ? marchMonth + 2 : marchMonth - 10)
        let year = yearOfEra + era * 400 + (month < 2 ? 1 : 0)
        let dayOfMonth = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let rest = seconds % 86_400
        let time = [rest / 3_600, rest / 60 % 60, rest % 60].map(two).joined(separator: ":")
        return
            "\(days[Int(day % 7)]), \(two(dayOfMonth)) \(months[month]) \(year) \(time) GMT"
    }

    private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
