import Synchronization

extension BlobStore {
    /// Keeps bytes in memory: for what does not outlive its process anyway.
    public static func memory() -> BlobStore {
        let kept = KeptBytes()
        return BlobStore(
            put: { key, content throws(BlobFailure) in
                kept.bytes.withLock { $0[key.text] = content.bytes }
            },
            get: { key throws(BlobFailure) in
                kept.bytes.withLock { $0[key.text] }
            })
    }
}

private final class KeptBytes: Sendable {
    let bytes = Mutex<[String: [UInt8]]>([:])
}
