/// Where the bytes of files are kept. A seam: `BlobStore.folder`, `BlobStore.s3`, and one in memory.
///
/// Keys follow from the content, so that to keep again what is kept changes nothing, and who fails half-way has at most
/// left bytes that no message names.
public struct BlobStore: Sendable {
    /// Keeps bytes under a key, durably when it returns. Throws when they are not kept.
    public let put: @Sendable (BlobKey, FileContent) async throws(BlobFailure) -> Void
    /// The bytes of a key; nil when there are none. Throws when that cannot be found out.
    public let get: @Sendable (BlobKey) async throws(BlobFailure) -> [UInt8]?
    /// An address at which whoever has it may fetch the bytes for a while; nil where the server itself gives them.
    ///
    /// The time is milliseconds since 1970.
    public let address: @Sendable (BlobKey, BlobHeaders, _ now: Int64) -> String?

    /// A store of functions.
    public init(
        put: @escaping @Sendable (BlobKey, FileContent) async throws(BlobFailure) -> Void,
        get: @escaping @Sendable (BlobKey) async throws(BlobFailure) -> [UInt8]?,
        address: @escaping @Sendable (BlobKey, BlobHeaders, _ now: Int64) -> String? = { _, _, _ in nil }
    ) {
        self.put = put
        self.get = get
        self.address = address
    }
}

/// What browsers are told of a file.
public struct BlobHeaders: Sendable, Hashable {
    /// The media type.
    public let mediaType: String
    /// `Content-Disposition`.
    public let disposition: String

    /// Headers of these values.
    public init(mediaType: String, disposition: String) {
        self.mediaType = mediaType
        self.disposition = disposition
    }
}

/// Why bytes could be neither kept nor read. For the log; it holds no credential.
public struct BlobFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What failed.
    public let description: String

    /// A failure in these words.
    public init(_ description: String) { self.description = description }
}
