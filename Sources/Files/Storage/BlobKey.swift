import Catalog
import Cryptography

/// Under what the bytes of a message's file are kept (run spec §20): who has a key has the place of the message, and of
/// equal bytes in one message there is one.
public struct BlobKey: Sendable, Hashable, CustomStringConvertible {
    /// The whole key: `v1/t_…/media/p_…/conv/c_…/m_…/sha256-….png`.
    public let text: String

    /// How stored messages name it: `blob://` and the key.
    public var address: String { Self.scheme + text }

    /// The key.
    public var description: String { text }

    private static let scheme = "blob://"

    /// The key of a message's file.
    public init(
        tenant: String, project: String, conversation: String, message: String, content: FileContent
    ) {
        let digest = Hexadecimal.text(SHA256.digest(content.bytes))
        text =
            Self.folder(tenant: tenant, project: project, conversation: conversation)
            + "m_\(Self.segment(message))/sha256-\(digest).\(content.type.fileExtension)"
    }

    /// The key that a stored message names; nil for any other text.
    public init?(address: String) {
        guard address.hasPrefix(Self.scheme) else { return nil }
        let text = String(address.dropFirst(Self.scheme.count))
        guard Self.isWellFormed(text) else { return nil }
        self.text = text
    }

    /// The key of a file of a conversation, by what comes behind the conversation's part of it; nil when that is none.
    public init?(tenant: String, project: String, conversation: String, tail: String) {
        let text = Self.folder(tenant: tenant, project: project, conversation: conversation) + tail
        guard Self.isWellFormed(text), tail.count(where: { $0 == "/" }) == 1 else { return nil }
        self.text = text
    }

    /// What names it within its conversation: the message's part and the file's.
    public var tail: String { text.split(separator: "/").suffix(2).joined(separator: "/") }

    private static func folder(tenant: String, project: String, conversation: String) -> String {
        "v1/t_\(segment(tenant))/media/p_\(segment(project))/conv/c_\(segment(conversation))/"
    }

    /// Bytes of a part of a key that a folder's name takes.
    private static let segmentBytesMax = 150

    /// A name as a part of a key: escaped, and a long one as its digest, which begins as no other name does.
    private static func segment(_ name: String) -> String {
        let escaped = PercentCoding.component(name)
        guard escaped.utf8.count <= segmentBytesMax, !escaped.hasPrefix("~") else {
            return "~" + SHA256.hexadecimal(name)
        }
        return escaped
    }

    /// Whether a text has the form of a key. No part of one leads anywhere but down.
    private static func isWellFormed(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 8, parts[0] == "v1", parts[2] == "media", parts[4] == "conv",
            parts[7].wholeMatch(of: #/sha256-[0-9a-f]{64}\.[a-z0-9]{1,10}/#) != nil
        else { return false }
        return [(1, "t_"), (3, "p_"), (5, "c_"), (6, "m_")].allSatisfy { index, mark in
            parts[index].hasPrefix(mark) && parts[index].wholeMatch(of: #/[A-Za-z0-9._~%-]+/#) != nil
        }
    }
}
