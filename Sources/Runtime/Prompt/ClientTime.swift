/// Where and when the user is, as the client said (run spec §3.2).
public struct ClientTime: Sendable, Hashable {
    /// The time zone's name, for instance `Europe/Berlin`.
    public let timeZone: String
    /// The time, `YYYY-MM-DDTHH:MM:SS(.mmm)Z`.
    public let timestamp: String

    /// Both headers' values; nil when one is missing or not of the form that the spec asks for, so that both are
    /// ignored.
    public init?(timeZone: String?, timestamp: String?) {
        guard let timeZone, let timestamp, Self.isZone(timeZone), CivilTime(timestamp) != nil else { return nil }
        self.timeZone = timeZone
        self.timestamp = timestamp
    }

    /// Fewer than 100 characters of `[A-Za-z0-9_/\-+]`.
    private static func isZone(_ name: String) -> Bool {
        (1..<100).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "-"),
                    UInt8(ascii: "+"):
                    true
                default: false
                }
            }
    }
}

/// A moment in UTC, read from `YYYY-MM-DDTHH:MM:SS(.mmm)Z`.
struct CivilTime: Sendable, Hashable {
    /// Seconds since 1970.
    let seconds: Int

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (20..<50).contains(bytes.count), bytes.last == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            let digits = bytes[range]
            guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
            return Int(String(decoding: digits, as: UTF8.self))
        }
        let marks: [(Int, Character)] = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")]
        guard marks.allSatisfy({ bytes[$0.0] == $0.1.asciiValue }) else { return nil }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        guard bytes.count == 20 || (bytes.count == 24 && bytes[19] == UInt8(ascii: ".") && number(20..<23) != nil)
        else { return nil }
        seconds = Self.days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Days since 1970 of a date of the Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }
}
