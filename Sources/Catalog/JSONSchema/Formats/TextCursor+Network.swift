/// Addresses, names and references.
extension TextCursor {
    // MARK: addresses

    /// Dotted quad (RFC 2673 §3.2): no leading zeros.
    mutating func ipv4() -> Bool {
        for part in 0..<4 {
            if part > 0, !take(".") { return false }
            let isZero = current == 0x30
            var scan = self
            let length = scan.takeWhile(ASCII.isDigit)
            guard (1...3).contains(length), length == 1 || !isZero, let value = digits(length), value <= 255 else {
                return false
            }
        }
        return true
    }

    /// RFC 4291 §2.2, without a zone.
    mutating func ipv6() -> Bool {
        var groups = 0
        var isShortened = false
        if take(":") {
            guard take(":") else { return false }
            isShortened = true
        }
        while let byte = current, ASCII.isHexadecimal(byte) {
            var scan = self
            let length = scan.takeWhile(ASCII.isHexadecimal)
            if scan.current == UInt8(ascii: ".") {
                guard ipv4() else { return false }
                groups += 2
                break
            }
            guard length <= 4 else { return false }
            self = scan
            groups += 1
            guard take(":") else { break }
            if take(":") {
                guard !isShortened else { return false }
                isShortened = true
            } else if current.map(ASCII.isHexadecimal) != true {
                return false
            }
        }
        return isShortened ? groups <= 7 : groups == 8
    }

    // MARK: names

    private static var labelBytesMax: Int { 63 }
    private static var hostnameBytesMax: Int { 253 }

    /// RFC 1123 §2.1. What a label in punycode stands for is not looked into.
    mutating func hostname(international: Bool) -> Bool {
        guard remaining <= Self.hostnameBytesMax else { return false }
        repeat {
            let start = at
            takeWhile { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || (international && $0 >= 0x80) }
            let label = part(start..<at)
            guard !label.isAtEnd, label.remaining <= Self.labelBytesMax, !label.hasHyphenAtEnd else { return false }
        } while take(".")
        return true
    }

    private var hasHyphenAtEnd: Bool {
        current == UInt8(ascii: "-") || lastPlace(of: "-") == at + remaining - 1
    }

    /// A mailbox (RFC 5321 §4.1.2, with the characters of RFC 6531 when `international`).
    mutating func email(international: Bool) -> Bool {
        guard let sign = lastPlace(of: "@"), sign > at else { return false }
        var local = part(at..<sign)
        var domain = part((sign + 1)..<(at + remaining))
        finish()
        guard local.remaining <= 64, local.localPart(international: international), local.isAtEnd else { return false }
        guard domain.take("[") else { return domain.hostname(international: international) && domain.isAtEnd }
        guard let close = domain.lastPlace(of: "]"), close == domain.at + domain.remaining - 1 else { return false }
        var literal = domain.part(domain.at..<close)
        let isSix = literal.takeTag("IPV6:")
        return (isSix ? literal.ipv6() : literal.ipv4()) && literal.isAtEnd
    }

    private mutating func takeTag(_ tag: String) -> Bool {
        var scan = self
        for letter in tag.unicodeScalars {
            let taken = letter == ":" || letter == "6" ? scan.take(letter) : scan.takeLetter(letter)
            guard taken else { return false }
        }
        self = scan
        return true
    }

    private mutating func localPart(international: Bool) -> Bool {
        if take("\"") {
            while let byte = current {
                advance()
                switch byte {
                case UInt8(ascii: "\""): return true
                case UInt8(ascii: "\\"):
                    guard let escaped = current, (0x20...0x7E).contains(escaped) else { return false }
                    advance()
                default:
                    guard (0x20...0x7E).contains(byte) || (international && byte >= 0x80) else { return false }
                }
            }
            return false
        }
        repeat {
            let length = takeWhile {
                ASCII.isAlphanumeric($0) || ASCII.isOne(of: "!#$%&'*+-/=?^_`{|}~", $0) || (international && $0 >= 0x80)
            }
            guard length > 0 else { return false }
        } while take(".")
        return true
    }

    // MARK: references

    /// RFC 3986, and RFC 3987 when `international`. Unless `reference`, the scheme must be there.
    mutating func uri(reference: Bool, international: Bool) -> Bool {
        if !takeScheme() {
            guard reference, !hasColonInFirstSegment else { return false }
        }
        let allowed = { (byte: UInt8) in Self.isPathCharacter(byte, international: international) }
        if rest.startsWithTwoSlashes {
            advance()
            advance()
            guard authority(international: international) else { return false }
        }
        guard takeEncoded({ allowed($0) || $0 == UInt8(ascii: "/") }) else { return false }
        let isTail = { (byte: UInt8) in allowed(byte) || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") }
        if take("?"), !takeEncoded(isTail) { return false }
        if take("#"), !takeEncoded(isTail) { return false }
        return true
    }

    private var startsWithTwoSlashes: Bool {
        var scan = self
        return scan.take("/") && scan.take("/")
    }

    private mutating func takeScheme() -> Bool {
        var scan = self
        guard let first = scan.current, ASCII.isLetter(first) else { return false }
        scan.takeWhile { ASCII.isAlphanumeric($0) || ASCII.isOne(of: "+-.", $0) }
        guard scan.take(":") else { return false }
        self = scan
        return true
    }

    private var hasColonInFirstSegment: Bool {
        guard let colon = firstPlace(of: ":") else { return false }
        let ends = [firstPlace(of: "/"), firstPlace(of: "?"), firstPlace(of: "#")].compactMap { $0 }
        return ends.allSatisfy { $0 > colon }
    }

    private mutating func authority(international: Bool) -> Bool {
        var scan = self
        scan.takeWhile { !ASCII.isOne(of: "/?#", $0) }
        var whole = part(at..<scan.at)
        self = scan
        let isPlain = { (byte: UInt8) in
            Self.isUnreserved(byte, international: international) || Self.isSubDelimiter(byte)
        }
        if let sign = whole.lastPlace(of: "@") {
            var user = whole.part(whole.at..<sign)
            guard user.takeEncoded({ isPlain($0) || $0 == UInt8(ascii: ":") }), user.isAtEnd else { return false }
            whole = whole.part((sign + 1)..<(whole.at + whole.remaining))
        }
        if whole.take("[") {
            guard let close = whole.firstPlace(of: "]") else { return false }
            var literal = whole.part(whole.at..<close)
            whole = whole.part((close + 1)..<(whole.at + whole.remaining))
            guard literal.addressLiteral() else { return false }
        } else {
            guard whole.takeEncoded(isPlain) else { return false }
        }
        if whole.take(":") { whole.takeWhile(ASCII.isDigit) }
        return whole.isAtEnd
    }

    private mutating func addressLiteral() -> Bool {
        guard takeLetter("V") else { return ipv6() && isAtEnd }
        guard takeWhile(ASCII.isHexadecimal) > 0, take(".") else { return false }
        let length = takeWhile {
            Self.isUnreserved($0, international: false) || Self.isSubDelimiter($0) || $0 == UInt8(ascii: ":")
        }
        return length > 0 && isAtEnd
    }

    /// Takes what is allowed and percent escapes; false at a malformed escape.
    private mutating func takeEncoded(_ isAllowed: (UInt8) -> Bool) -> Bool {
        while let byte = current {
            if byte == UInt8(ascii: "%") {
                advance()
                for _ in 0..<2 {
                    guard let digit = current, ASCII.isHexadecimal(digit) else { return false }
                    advance()
                }
            } else if isAllowed(byte) {
                advance()
            } else {
                return true
            }
        }
        return true
    }

    private static func isUnreserved(_ byte: UInt8, international: Bool) -> Bool {
        ASCII.isAlphanumeric(byte) || ASCII.isOne(of: "-._~", byte) || (international && byte >= 0x80)
    }

    private static func isSubDelimiter(_ byte: UInt8) -> Bool { ASCII.isOne(of: "!$&'()*+,;=", byte) }

    private static func isPathCharacter(_ byte: UInt8, international: Bool) -> Bool {
        isUnreserved(byte, international: international) || isSubDelimiter(byte) || ASCII.isOne(of: ":@", byte)
    }
}
