/// RFC 3339, and the durations of its appendix A.
extension TextCursor {
    mutating func date() -> Bool {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2) else {
            return false
        }
        guard (1...12).contains(month), day >= 1 else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day <= lengths[month - 1]
    }

    mutating func time() -> Bool {
        guard let hour = digits(2), take(":"), let minute = digits(2), take(":"), let second = digits(2) else {
            return false
        }
        guard hour <= 23, minute <= 59, second <= 60 else { return false }
        if take("."), takeWhile(ASCII.isDigit) == 0 { return false }
        guard let offset = zone() else { return false }
        // A leap second is the last one of a day in UTC.
        let minuteOfDay = (hour * 60 + minute - offset + 2 * 1_440) % 1_440
        return second < 60 || minuteOfDay == 1_439
    }

    /// Minutes ahead of UTC.
    private mutating func zone() -> Int? {
        if takeLetter("Z") { return 0 }
        let ahead = take("+")
        guard ahead || take("-"), let hours = digits(2), take(":"), let minutes = digits(2), hours <= 23, minutes <= 59
        else { return nil }
        return (ahead ? 1 : -1) * (hours * 60 + minutes)
    }

    mutating func dateTime() -> Bool { date() && takeLetter("T") && time() }

    mutating func duration() -> Bool {
        guard takeLetter("P") else { return false }
        var scan = self
        if scan.takeWhile(ASCII.isDigit) > 0, scan.takeLetter("W") {
            self = scan
            return true
        }
        guard let dates = units(["Y", "M", "D"]) else { return false }
        guard takeLetter("T") else { return dates > 0 }
        return units(["H", "M", "S"]) ?? 0 > 0
    }

    /// Takes numbers with their units, in order and without a gap between them; how many, nil when malformed.
    private mutating func units(_ names: [Unicode.Scalar]) -> Int? {
        var count = 0
        var next = 0
        while let current, ASCII.isDigit(current) {
            takeWhile(ASCII.isDigit)
            guard let unit = (next..<names.count).first(where: { takeLetter(names[$0]) }) else { return nil }
            guard count == 0 || unit == next else { return nil }
            next = unit + 1
            count += 1
        }
        return count
    }

    mutating func uuid() -> Bool {
        for (group, length) in [8, 4, 4, 4, 12].enumerated() {
            if group > 0, !take("-") { return false }
            for _ in 0..<length {
                guard let current, ASCII.isHexadecimal(current) else { return false }
                advance()
            }
        }
        return true
    }

    mutating func relativePointer() -> Bool {
        let isZero = current == 0x30
        let length = takeWhile(ASCII.isDigit)
        guard length == 1 || (length > 1 && !isZero) else { return false }
        if take("#") { return true }
        var isEscape = false
        guard current == nil || current == UInt8(ascii: "/") else { return false }
        while let byte = current {
            if isEscape, byte != 0x30, byte != 0x31 { return false }
            isEscape = byte == UInt8(ascii: "~")
            advance()
        }
        return !isEscape
    }
}
