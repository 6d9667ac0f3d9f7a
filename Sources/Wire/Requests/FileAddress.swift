import Catalog
import Files
import Models

/// Files as clients send them: a `data:` address with the bytes, or an address at which a picture or a PDF is fetched
/// (run spec §20). What their bytes are is looked at later.
enum FileAddress {
    /// The longest http(s) address, bytes.
    static let addressBytesMax = 8192
    /// Said of every other kind of picture.
    static let imagesTaken = "must be a PNG, JPEG or WebP image"
    /// Said of every other kind of file.
    static let filesTaken = "must be an image, a PDF, a text file or an office document of a known type"
    /// Said of a file that is not fetched.
    static let fetchedTaken = "must be a data: address with the bytes; only images and PDFs are fetched from an address"
    /// What an address of a picture is taken for when neither its name nor the client tells.
    private static let unknownImage = "image/*"

    /// The picture at `address`; nil, with the reason noted at the current place, when Covey does not take it.
    static func image(_ address: String, detail: String? = nil, _ decoding: inout Decoding) -> Part? {
        if isData(address) {
            guard let (type, data) = inline(address, nil, nil, only: .image, &decoding) else { return nil }
            return .image(Attachment(.base64(data), mediaType: type.mediaType), detail: detail)
        }
        guard isWebAddress(address) else {
            decoding.fail("must be an http or https URL or a data:image/ address")
            return nil
        }
        return .image(Attachment(.url(address), mediaType: typeByName(address)), detail: detail)
    }

    /// The file at `address`; nil, with the reason noted at the current place, when Covey does not take it.
    ///
    /// - Parameter mediaType: What the client says that it is; nil when it does not, which for an address of the web
    ///   means a PDF (run spec §3.1).
    static func file(
        _ address: String, mediaType: String?, filename: String?, _ decoding: inout Decoding
    ) -> Part? {
        if isData(address) {
            guard let (type, data) = inline(address, mediaType, filename, only: nil, &decoding) else { return nil }
            return part(Attachment(.base64(data), mediaType: type.mediaType, filename: filename), type)
        }
        guard let type = mediaType == nil ? .pdf : FileType(mediaType, filename: filename) else {
            decoding.fail(filesTaken)
            return nil
        }
        guard type.kind.isFetched else {
            decoding.fail(fetchedTaken)
            return nil
        }
        guard isWebAddress(address) else {
            decoding.fail("must be an http or https URL or a data: address")
            return nil
        }
        return part(Attachment(.url(address), mediaType: type.mediaType, filename: filename), type)
    }

    private static func part(_ attachment: Attachment, _ type: FileType) -> Part {
        type.kind == .image ? .image(attachment) : .file(attachment)
    }

    private static func isData(_ address: String) -> Bool { address.prefix(5).lowercased() == "data:" }

    /// The type and the base64 of a `data:` address (RFC 2397).
    ///
    /// - Parameter only: The only kind that is taken; nil for all.
    private static func inline(
        _ address: String, _ mediaType: String?, _ filename: String?, only kind: FileKind?, _ decoding: inout Decoding
    ) -> (FileType, String)? {
        func refuse(_ reason: String) -> (FileType, String)? {
            decoding.fail(reason)
            return nil
        }
        guard let comma = address.utf8.prefix(200).firstIndex(of: UInt8(ascii: ",")) else {
            return refuse("must be a data: address with the bytes in base64")
        }
        let header = address[..<comma].dropFirst(5).lowercased()
        guard header.hasSuffix(";base64") else { return refuse("must be a data: address with the bytes in base64") }
        // What the client says beside the address counts more, but not where the address says another sort of file.
        let named = FileType(String(header.dropLast(7)), filename: filename)
        let declared = mediaType.map { FileType($0, filename: filename) } ?? named
        guard let type = declared, kind == nil || type.kind == kind, named == nil || named?.kind == type.kind else {
            return refuse(kind == .image ? imagesTaken : filesTaken)
        }
        let data = address[address.utf8.index(after: comma)...]
        let bytesMax = type.kind.bytesMax
        // A cheap look at the length first: what is far too long is not read through.
        guard data.utf8.count <= bytesMax / 3 * 4 + 8 else { return refuse("must have at most \(bytesMax) bytes") }
        guard let count = decodedCount(data.utf8) else { return refuse("must hold valid base64") }
        guard count > 0 else { return refuse("must not be empty") }
        guard count <= bytesMax else { return refuse("must have at most \(bytesMax) bytes, has \(count)") }
        return (type, String(data))
    }

    private static func typeByName(_ address: String) -> String {
        let path = address.prefix { $0 != "?" && $0 != "#" }
        let type = FileType(nil, filename: path.split(separator: "/").last.map(String.init))
        return type?.kind == .image ? type?.mediaType ?? unknownImage : unknownImage
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
