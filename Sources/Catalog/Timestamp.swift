/// Moments in milliseconds since 1970 and as clients see them: RFC 3339 in UTC with milliseconds,
/// `2026-01-05T10:00:00.000Z` (manage spec §0.4).
public enum Timestamp {
    /// The text of a moment in the years 0–9999; others show as the nearest of them.
    public static func text(_ milliseconds: Int64) -> String {
        let moment = min(max(milliseconds, earliest), latest)
        let day = Int(floorDivide(moment, 86_400_000))
        let rest = Int(moment) - day * 86_400_000
        let (year, month, dayOfMonth) = date(ofDay: day)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        append(year, 4, then: "-", to: &bytes)
        append(month, 2, then: "-", to: &bytes)
        append(dayOfMonth, 2, then: "T", to: &bytes)
        append(rest / 3_600_000, 2, then: ":", to: &bytes)
        append(rest / 60_000 % 60, 2, then: ":", to: &bytes)
        append(rest / 1000 % 60, 2, then: ".", to: &bytes)
        append(rest % 1000, 3, then: "Z", to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The moment of an RFC 3339 text with any offset and any number of decimals (what is below a millisecond is cut),
    /// or nil when it is none. A leap second counts as the second after it.
    public static func milliseconds(_ text: String) -> Int64? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), (1...12).contains(month), (1...daysIn(month, of: year)).contains(day),
            reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.digits(2), hour < 24, reader.skip(":"),
            let minute = reader.digits(2), minute < 60, reader.skip(":"),
            let second = reader.digits(2), second <= 60,
            let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let days = dayNumber(year, month, day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset * 60
        return Int64(seconds) * 1000 + Int64(fraction)
    }

    private static let earliest: Int64 = -62_167_219_200_000
    private static let latest: Int64 = 253_402_300_799_999

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }

    /// The civil date of a day counted from 1970-01-01, by eras of 400 years that begin on 1 March.
    public static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = Int(floorDivide(Int64(shifted), 146_097))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfMonth)
    }

    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = Int(floorDivide(Int64(shiftedYear), 400))
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func daysIn(_ month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    private static func append(_ value: Int, _ width: Int, then mark: Unicode.Scalar, to bytes: inout [UInt8]) {
        var power = width == 4 ? 1000 : width == 3 ? 100 : 10
        while power > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / power % 10))
            power /= 10
        }
        bytes.append(UInt8(ascii: mark))
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func skip(_ mark: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
            position += 1
            return true
        }

        mutating func digits(_ width: Int) -> Int? {
            guard position + width <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[position..<position + width] {
                guard byte.isDigit else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            position += width
            return value
        }

        /// The milliseconds of an optional decimal part.
        mutating func fraction() -> Int? {
            guard skip(".") else { return 0 }
            let start = position
            while position < bytes.count, bytes[position].isDigit { position += 1 }
            guard position > start else { return nil }
            let decimals = bytes[start..<position].prefix(3).map { Int($0 - UInt8(ascii: "0")) }
            return zip(decimals, [100, 10, 1]).reduce(0) { $0 + $1.0 * $1.1 }
        }

        /// The offset from UTC in minutes.
        mutating func offset() -> Int? {
            if skip("Z") || skip("z") { return 0 }
            let sign = skip("+") ? 1 : skip("-") ? -1 : 0
            guard sign != 0, let hours = digits(2), hours < 24, skip(":"), let minutes = digits(2), minutes < 60 else {
                return nil
            }
            return sign * (hours * 60 + minutes)
        }
    }
}

extension FieldType where Value == Int64 {
    /// A moment: an RFC 3339 text on the wire, milliseconds since 1970 inside.
    public static let timestamp = FieldType(
        schema: ["type": "string", "format": "date-time"],
        decode: { json, decoding in
            guard let text = json.string else {
                decoding.wrongType("a string", json)
                return nil
            }
            let moment = Timestamp.milliseconds(text)
            if moment == nil { decoding.fail("must be a date and time as in 2026-01-05T10:00:00.000Z") }
            return moment
        }, encode: { .string(Timestamp.text($0)) })
}
