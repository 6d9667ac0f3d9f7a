/// The four sorts of files that people attach to messages (run spec §20).
public enum FileKind: String, Sendable, Hashable, CaseIterable {
    /// PNG, JPEG and WebP.
    case image
    case pdf
    /// Text and source code in UTF-8, which models read as text.
    case text
    /// Office documents, which are ZIP archives.
    case archive

    /// The most bytes of one.
    public var bytesMax: Int { self == .text ? 256 * 1024 : 10 * 1024 * 1024 }

    /// Whether one may be given by an address.
    public var isFetched: Bool { self == .image || self == .pdf }
}

/// A media type that is taken, in the one form in which it is kept.
public struct FileType: Sendable, Hashable {
    /// The media type: `image/jpeg`, never `image/jpg`.
    public let mediaType: String
    /// What sort of file it is.
    public let kind: FileKind
    /// What the name of a stored file ends with, without a dot.
    public let fileExtension: String

    /// The type that a client means; nil for one that is not taken.
    ///
    /// Aliases are resolved and parameters dropped. What says nothing, as `application/octet-stream` does, or is one of
    /// the names under which archives pass, is decided by the ending of the file's name.
    public init?(_ declared: String?, filename: String? = nil) {
        let name = (declared ?? "").prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        let byName = filename.flatMap(Self.ending).flatMap { FileTypes.byEnding[$0] }
        if let known = FileTypes.byName[FileTypes.aliases[name] ?? name] {
            // Programs call most source code plain text; its name tells more.
            self = name == "text/plain" && byName?.kind == .text ? byName ?? known : known
        } else if FileTypes.vague.contains(name), let byName {
            self = byName
        } else {
            return nil
        }
    }

    init(_ mediaType: String, _ kind: FileKind, _ fileExtension: String) {
        self.mediaType = mediaType
        self.kind = kind
        self.fileExtension = fileExtension
    }

    /// The type that the bytes of a picture or PDF show by how they begin; nil for anything else.
    public static func shown(by bytes: [UInt8]) -> FileType? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            return .webp
        }
        return bytes.starts(with: Array("%PDF-".utf8)) ? .pdf : nil
    }

    static let png = FileType("image/png", .image, "png")
    static let jpeg = FileType("image/jpeg", .image, "jpg")
    static let webp = FileType("image/webp", .image, "webp")
    /// A PDF.
    public static let pdf = FileType("application/pdf", .pdf, "pdf")

    /// The ending of a name in lower case; nil when it has none.
    static func ending(_ filename: String) -> String? {
        guard let dot = filename.lastIndex(of: "."), dot > filename.startIndex else { return nil }
        let ending = filename[filename.index(after: dot)...].lowercased()
        return ending.isEmpty ? nil : ending
    }
}
