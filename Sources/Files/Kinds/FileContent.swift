/// Why a file is not taken, in words for who sent it.
public struct FileRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence without a stop at its end.
    public let description: String

    /// A refusal in these words.
    public init(_ description: String) { self.description = description }
}

/// A file whose bytes are what they are said to be.
public struct FileContent: Sendable, Hashable {
    /// The bytes.
    public let bytes: [UInt8]
    /// What they are.
    public let type: FileType

    /// Looks at the bytes of a file.
    ///
    /// A picture is what its bytes show, whichever of the three types it was said to be. Text must be UTF-8 without
    /// control characters, so that nothing hides in what people and models read.
    ///
    /// - Throws: `FileRefusal` when they are too many, none, or something else.
    public init(_ bytes: [UInt8], as type: FileType) throws(FileRefusal) {
        guard !bytes.isEmpty else { throw FileRefusal("The file is empty") }
        guard bytes.count <= type.kind.bytesMax else {
            throw FileRefusal("A file of type \(type.mediaType) may have at most \(type.kind.bytesMax) bytes")
        }
        switch type.kind {
        case .image, .pdf:
            guard let shown = FileType.shown(by: bytes), shown.kind == type.kind else {
                throw FileRefusal(
                    "The file is no \(type.kind == .pdf ? "PDF" : "PNG, JPEG or WebP image"), as its bytes show")
            }
            self.type = shown
        case .archive:
            guard bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) else {
                throw FileRefusal("The file is no document of type \(type.mediaType), as its bytes show")
            }
            self.type = type
        case .text:
            guard Self.isText(bytes) else {
                throw FileRefusal("The file is no text in UTF-8 without control characters")
            }
            self.type = type
        }
        self.bytes = bytes
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar.properties.generalCategory != .control
        }
    }
}
