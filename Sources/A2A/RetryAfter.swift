import Catalog
import Outbound

extension HTTPHeaders {
    /// How long the field `Retry-After` asks to wait: a number of seconds, or a date (RFC 9110 §10.2.3). Nil where it
    /// is not there or cannot be read, zero for a date that is past.
    ///
    /// - Parameter now: milliseconds since 1970.
    func retryAfter(now: Int64) -> Duration? {
        guard let text = self["Retry-After"] else { return nil }
        if let seconds = Int64(text) { return (0...1_000_000_000).contains(seconds) ? .seconds(seconds) : nil }
        guard let date = Self.date(text) else { return nil }
        return .milliseconds(max(0, date - now))
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// A date in the form that senders use today, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), in milliseconds
    /// since 1970; nil for what is none.
    private static func date(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp.milliseconds("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}
