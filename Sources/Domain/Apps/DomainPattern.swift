import Catalog

extension FieldType where Value == String {
    /// The domains that a pattern stands for: `*`, `*.example.com`, or a host with or without a port
    /// (manage spec §2.22).
    static let domainPattern = FieldType.text(1...300).described(["pattern": .string(domainSyntax)])
        .checked { text in
            if text == "*" { return nil }
            let isWild = text.hasPrefix("*.")
            let parts = text.dropFirst(isWild ? 2 : 0).split(separator: ":", omittingEmptySubsequences: false)
            guard let host = parts.first, parts.count <= (isWild ? 1 : 2), isHost(host) else { return domainReason }
            if parts.count == 2, !isPort(parts[1]) { return domainReason }
            return nil
        }

    private static let domainReason = "must be *, *.example.com, or a host with or without a port"

    private static let label = "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"
    private static let domainSyntax =
        "^(\\*|\\*\\.\(label)(\\.\(label))*|\(label)(\\.\(label))*(:\\d{1,5})?)$"

    private static func isHost(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        (1...5).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            && (1...65_535).contains(Int(text) ?? 0)
    }

    /// The name of a key: any text that a path can name.
    static let keyName = FieldType.text(1...256).checked { name in
        name.unicodeScalars.contains { $0.properties.generalCategory == .control }
            ? "must not have control characters" : nil
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
