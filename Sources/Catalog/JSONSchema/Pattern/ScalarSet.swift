/// A set of Unicode code points, as `[a-z]`, `.` or `\p{L}` name one.
struct ScalarSet: Sendable {
    /// Sorted, merged, not overlapping.
    private let ranges: [ClosedRange<UInt32>]
    private let properties: [Item]
    private let negated: Bool
    /// The answers for the 128 code points of ASCII.
    private let asciiLow: UInt64
    private let asciiHigh: UInt64

    /// A Unicode property, or its complement.
    struct Item: Sendable {
        let property: ScalarProperty
        let negated: Bool
    }

    init(ranges: [ClosedRange<UInt32>], properties: [Item] = [], negated: Bool = false) {
        let merged = Self.merge(ranges)
        self.ranges = merged
        self.properties = properties
        self.negated = negated
        var bits: [UInt64] = [0, 0]
        for value in 0..<128 as Range<UInt32>
        where Self.contains(value, ranges: merged, properties: properties) != negated {
            bits[Int(value >> 6)] |= 1 << UInt64(value & 63)
        }
        asciiLow = bits[0]
        asciiHigh = bits[1]
    }

    @inline(__always) func contains(_ value: UInt32) -> Bool {
        if value < 64 { return asciiLow >> UInt64(value) & 1 == 1 }
        if value < 128 { return asciiHigh >> UInt64(value - 64) & 1 == 1 }
        return Self.contains(value, ranges: ranges, properties: properties) != negated
    }

    private static func contains(_ value: UInt32, ranges: [ClosedRange<UInt32>], properties: [Item]) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        if low < ranges.count, ranges[low].contains(value) { return true }
        guard !properties.isEmpty, let scalar = Unicode.Scalar(value) else { return false }
        return properties.contains { $0.property.holds(scalar) != $0.negated }
    }

    private static func merge(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    static func scalar(_ value: UInt32) -> ScalarSet { ScalarSet(ranges: [value...value]) }

    /// `.`: anything but a line terminator (ECMA-262 §12.3).
    static let anything = ScalarSet(ranges: [0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029], negated: true)

    /// `\d`: ASCII digits only.
    static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
    /// `\w`: ASCII letters, digits and the underscore only.
    static let wordCharacters: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
    /// `\s`: white space and line terminators (ECMA-262 §12.2, §12.3).
    static let spaces: [ClosedRange<UInt32>] = [
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ]

    /// Every code point that is in none of `ranges`, which are sorted and do not touch.
    static func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        gaps.append(next...0x10FFFF)
        return gaps
    }
}

/// A property of code points that `\p{…}` may name (ECMA-262 §22.2.1, tables 67 to 70, less the scripts).
struct ScalarProperty: Sendable {
    let holds: @Sendable (Unicode.Scalar) -> Bool

    /// The property that `expression` names, for instance `L`, `Letter`, `General_Category=Lu` or `Alphabetic`.
    init?(_ expression: Substring) {
        let parts = expression.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            guard parts[0] == "General_Category" || parts[0] == "gc" else { return nil }
        }
        let name = String(parts[parts.count - 1])
        if let categories = Self.categories[name] {
            holds = { categories.contains($0.properties.generalCategory) }
        } else if parts.count == 1, let binary = Self.binary(name) {
            holds = binary
        } else {
            return nil
        }
    }

    private static let categories: [String: Set<Unicode.GeneralCategory>] = {
        var table: [String: Set<Unicode.GeneralCategory>] = [:]
        var groups: [String: Set<Unicode.GeneralCategory>] = [:]
        for (names, category) in single {
            for name in names { table[name] = [category] }
            groups[String(names[0].prefix(1)), default: []].insert(category)
        }
        for (names, initial) in grouped {
            for name in names { table[name] = groups[initial] }
        }
        for name in ["LC", "Cased_Letter"] { table[name] = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter] }
        return table
    }()

    private static let grouped: [(names: [String], initial: String)] = [
        (["L", "Letter"], "L"), (["M", "Mark", "Combining_Mark"], "M"), (["N", "Number"], "N"),
        (["P", "Punctuation", "punct"], "P"), (["S", "Symbol"], "S"), (["Z", "Separator"], "Z"),
        (["C", "Other"], "C"),
    ]

    private static let single: [(names: [String], category: Unicode.GeneralCategory)] = [
        (["Lu", "Uppercase_Letter"], .uppercaseLetter), (["Ll", "Lowercase_Letter"], .lowercaseLetter),
        (["Lt", "Titlecase_Letter"], .titlecaseLetter), (["Lm", "Modifier_Letter"], .modifierLetter),
        (["Lo", "Other_Letter"], .otherLetter), (["Mn", "Nonspacing_Mark"], .nonspacingMark),
        (["Mc", "Spacing_Mark"], .spacingMark), (["Me", "Enclosing_Mark"], .enclosingMark),
        (["Nd", "Decimal_Number", "digit"], .decimalNumber), (["Nl", "Letter_Number"], .letterNumber),
        (["No", "Other_Number"], .otherNumber), (["Pc", "Connector_Punctuation"], .connectorPunctuation),
        (["Pd", "Dash_Punctuation"], .dashPunctuation), (["Ps", "Open_Punctuation"], .openPunctuation),
        (["Pe", "Close_Punctuation"], .closePunctuation), (["Pi", "Initial_Punctuation"], .initialPunctuation),
        (["Pf", "Final_Punctuation"], .finalPunctuation), (["Po", "Other_Punctuation"], .otherPunctuation),
        (["Sm", "Math_Symbol"], .mathSymbol), (["Sc", "Currency_Symbol"], .currencySymbol),
        (["Sk", "Modifier_Symbol"], .modifierSymbol), (["So", "Other_Symbol"], .otherSymbol),
        (["Zs", "Space_Separator"], .spaceSeparator), (["Zl", "Line_Separator"], .lineSeparator),
        (["Zp", "Paragraph_Separator"], .paragraphSeparator), (["Cc", "Control", "cntrl"], .control),
        (["Cf", "Format"], .format), (["Cs", "Surrogate"], .surrogate), (["Co", "Private_Use"], .privateUse),
        (["Cn", "Unassigned"], .unassigned),
    ]

    private static func binary(_ name: String) -> (@Sendable (Unicode.Scalar) -> Bool)? {
        switch name {
        case "Any": { _ in true }
        case "ASCII": { $0.isASCII }
        case "Assigned": { $0.properties.generalCategory != .unassigned }
        case "Alphabetic", "Alpha": { $0.properties.isAlphabetic }
        case "White_Space", "space": { $0.properties.isWhitespace }
        case "Uppercase", "Upper": { $0.properties.isUppercase }
        case "Lowercase", "Lower": { $0.properties.isLowercase }
        case "ASCII_Hex_Digit", "AHex": { $0.properties.isASCIIHexDigit }
        case "Hex_Digit", "Hex": { $0.properties.isHexDigit }
        case "Ideographic", "Ideo": { $0.properties.isIdeographic }
        case "ID_Start", "IDS": { $0.properties.isIDStart }
        case "ID_Continue", "IDC": { $0.properties.isIDContinue }
        case "XID_Start", "XIDS": { $0.properties.isXIDStart }
        case "XID_Continue", "XIDC": { $0.properties.isXIDContinue }
        case "Dash": { $0.properties.isDash }
        case "Diacritic", "Dia": { $0.properties.isDiacritic }
        case "Extender", "Ext": { $0.properties.isExtender }
        case "Math": { $0.properties.isMath }
        case "Cased": { $0.properties.isCased }
        case "Quotation_Mark", "QMark": { $0.properties.isQuotationMark }
        case "Default_Ignorable_Code_Point", "DI": { $0.properties.isDefaultIgnorableCodePoint }
        case "Noncharacter_Code_Point", "NChar": { $0.properties.isNoncharacterCodePoint }
        case "Emoji": { $0.properties.isEmoji }
        case "Emoji_Presentation", "EPres": { $0.properties.isEmojiPresentation }
        case "Emoji_Modifier", "EMod": { $0.properties.isEmojiModifier }
        case "Emoji_Modifier_Base", "EBase": { $0.properties.isEmojiModifierBase }
        default: nil
        }
    }
}
