/// A JSON number as exactly the decimal that was written: sign, digits and a power of ten. Zero has no digits.
struct ExactDecimal: Sendable {
    let negative: Bool
    /// The significant digits as 0...9, without zeros at either end.
    let digits: [UInt8]
    /// The power of ten of the last digit.
    let exponent: Int

    /// The value of a number; nil for any other value.
    init?(_ value: JSONValue) {
        switch value {
        case .integer(let value): self.init(value)
        case .number(let number): self.init(literal: number.text)
        default: return nil
        }
    }

    init(_ value: Int64) {
        self.init(negative: value < 0, digits: String(value.magnitude).utf8.map { $0 - 0x30 }, exponent: 0)
    }

    /// The value of a valid JSON number literal.
    init(literal: String) {
        var digits: [UInt8] = []
        var fraction = 0
        var power = 0
        var powerNegative = false
        var part = Part.whole
        for byte in literal.utf8 {
            switch byte {
            case UInt8(ascii: "."): part = .fraction
            case UInt8(ascii: "e"), UInt8(ascii: "E"): part = .power
            case UInt8(ascii: "-") where part == .power: powerNegative = true
            case 0x30...0x39 where part == .power:
                // Beyond this the literal is zero or was refused when it was read; the bound keeps the sum in range.
                if power < 1_000_000_000 { power = power * 10 + Int(byte - 0x30) }
            case 0x30...0x39:
                digits.append(byte - 0x30)
                if part == .fraction { fraction += 1 }
            default: break
            }
        }
        self.init(
            negative: literal.utf8.first == UInt8(ascii: "-"), digits: digits,
            exponent: (powerNegative ? -power : power) - fraction)
    }

    private enum Part {
        case whole
        case fraction
        case power
    }

    private init(negative: Bool, digits: [UInt8], exponent: Int) {
        let last = digits.lastIndex { $0 != 0 }
        guard let first = digits.firstIndex(where: { $0 != 0 }), let last else {
            (self.negative, self.digits, self.exponent) = (false, [], 0)
            return
        }
        self.negative = negative
        self.digits = Array(digits[first...last])
        self.exponent = exponent + digits.count - 1 - last
    }

    var isZero: Bool { digits.isEmpty }

    /// Whether it has no fraction.
    var isWhole: Bool { exponent >= 0 }

    /// The value as a 64-bit integer; nil when it is not one.
    var int64: Int64? {
        // Taken down from zero, because the range reaches one further there.
        guard exponent >= 0, digits.count + exponent <= 19 else { return nil }
        var value: Int64 = 0
        for place in 0..<digits.count + exponent {
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (next, stillTooLarge) = tens.subtractingReportingOverflow(
                place < digits.count ? Int64(digits[place]) : 0)
            guard !tooLarge, !stillTooLarge else { return nil }
            value = next
        }
        if negative { return value }
        return value == .min ? nil : -value
    }

    /// The most significant digits that a divisor may have.
    static let divisorDigitsMax = 37

    /// Whether this is a whole number of times `divisor`, exactly. The divisor is above zero and within
    /// `divisorDigitsMax`.
    func isMultiple(of divisor: ExactDecimal) -> Bool {
        guard !isZero else { return true }
        // With the powers of ten brought together, a divisor that keeps one divides only what ends in zero; this does
        // not, as its zeros are in its own exponent.
        guard exponent >= divisor.exponent else { return false }
        let modulus = divisor.digits.reduce(0 as UInt128) { $0 * 10 + UInt128($1) }
        var remainder: UInt128 = 0
        for digit in digits { remainder = (remainder * 10 + UInt128(digit)) % modulus }
        var zeros = exponent - divisor.exponent
        while zeros > 0, remainder != 0 {
            remainder = remainder * 10 % modulus
            zeros -= 1
        }
        return remainder == 0
    }
}

extension ExactDecimal: Hashable, Comparable {
    static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        if left.negative != right.negative { return left.negative }
        return left.negative ? right.isCloserToZero(than: left) : left.isCloserToZero(than: right)
    }

    private func isCloserToZero(than other: ExactDecimal) -> Bool {
        if isZero || other.isZero { return isZero && !other.isZero }
        let magnitude = digits.count + exponent
        let otherMagnitude = other.digits.count + other.exponent
        if magnitude != otherMagnitude { return magnitude < otherMagnitude }
        return digits.lexicographicallyPrecedes(other.digits)
    }
}

/// A bound of a schema, ready to be compared with numbers as they come.
struct NumberBound: Sendable {
    let value: JSONValue
    let exact: ExactDecimal
    private let small: Int64?

    init?(_ value: JSONValue) {
        guard let exact = ExactDecimal(value) else { return nil }
        self.value = value
        self.exact = exact
        if case .integer(let whole) = value { small = whole } else { small = nil }
    }

    /// How `number` stands to the bound: negative below, zero at, positive above.
    @inline(__always) func compare(_ number: JSONValue) -> Int {
        if case .integer(let whole) = number, let small { return whole < small ? -1 : (whole == small ? 0 : 1) }
        guard let other = ExactDecimal(number) else { return 0 }
        return other < exact ? -1 : (other == exact ? 0 : 1)
    }

    /// Whether `number` is a whole number of times the bound, which is above zero.
    func divides(_ number: JSONValue) -> Bool {
        if case .integer(let whole) = number, let small { return whole % small == 0 }
        return ExactDecimal(number)?.isMultiple(of: exact) ?? false
    }
}
