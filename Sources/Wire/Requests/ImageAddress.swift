import Catalog
import Models

/// Pictures as clients send them: a `data:` address with the bytes, or an address that the provider fetches
/// (run spec §20). PNG, JPEG and WebP.
enum ImageAddress {
    /// The most bytes of one picture.
    static let bytesMax = 10 * 1024 * 1024
    /// The longest http(s) address, bytes.
    static let addressBytesMax = 8192
    /// Said of every other kind of file.
    static let otherFilesRefused = "must be a PNG, JPEG or WebP image; other files are not supported yet"

    private static let types = ["image/png": "image/png", "image/jpeg": "image/jpeg", "image/webp": "image/webp"]
    private static let aliases = ["image/jpg": "image/jpeg"]
    private static let extensions = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp",
    ]
    /// What an address is taken for when neither its name nor the client tells.
    private static let unknownType = "image/*"

    /// The picture at `address`; nil, with the reason noted at the current place, when Covey does not take it.
    static func attachment(
        _ address: String, mediaType: String? = nil, filename: String? = nil, _ decoding: inout Decoding
    ) -> Attachment? {
        func refuse(_ reason: String) -> Attachment? {
            decoding.fail(reason)
            return nil
        }
        var declared: String?
        if let mediaType {
            guard let type = known(mediaType) else { return refuse(otherFilesRefused) }
            declared = type
        }
        if address.prefix(5).lowercased() == "data:" {
            guard let comma = address.utf8.prefix(200).firstIndex(of: UInt8(ascii: ",")) else {
                return refuse("must be a data: address with the bytes in base64")
            }
            let header = address[..<comma].dropFirst(5).lowercased()
            guard header.hasSuffix(";base64") else { return refuse("must be a data: address with the bytes in base64") }
            guard let type = known(String(header.dropLast(7))) else { return refuse(otherFilesRefused) }
            let data = address[address.utf8.index(after: comma)...]
            // A cheap look at the length first: what is far too long is not read through.
            guard data.utf8.count <= bytesMax / 3 * 4 + 8 else { return refuse("must have at most \(bytesMax) bytes") }
            guard let count = decodedCount(data.utf8) else { return refuse("must hold valid base64") }
            guard count > 0 else { return refuse("must not be empty") }
            guard count <= bytesMax else { return refuse("must have at most \(bytesMax) bytes, has \(count)") }
            return Attachment(.base64(String(data)), mediaType: type, filename: filename)
        }
        guard isWebAddress(address) else { return refuse("must be an http or https URL or a data:image/ address") }
        return Attachment(.url(address), mediaType: declared ?? typeByName(address), filename: filename)
    }

    private static func known(_ type: String) -> String? {
        let type = type.lowercased()
        return types[aliases[type] ?? type]
    }

    private static func typeByName(_ address: String) -> String {
        let path = address.prefix { $0 != "?" && $0 != "#" }
        guard let dot = path.lastIndex(of: ".") else { return unknownType }
        return extensions[path[path.index(after: dot)...].lowercased()] ?? unknownType
    }

    private static func isWebAddress(_ address: String) -> Bool {
        let lowered = address.prefix(8).lowercased()
        guard address.utf8.count <= addressBytesMax, address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            let scheme = ["https://", "http://"].first(where: lowered.hasPrefix)
        else { return false }
        let host = address.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        return !host.isEmpty && !host.contains("@") && !host.hasPrefix(":")
    }

    /// How many bytes base64 text without line breaks stands for; nil when it is none.
    private static func decodedCount(_ text: Substring.UTF8View) -> Int? {
        var digits = 0
        var padding = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                if padding > 0 { return nil }
                digits += 1
            case UInt8(ascii: "="): padding += 1
            default: return nil
            }
        }
        guard padding <= 2, (digits + padding) % 4 == 0 else { return nil }
        return digits * 3 / 4
    }
}
