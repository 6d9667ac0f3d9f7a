import Files
import HTTP

/// Where the files of messages are kept.
enum FileStorage: Sendable, Equatable {
    /// Below this folder.
    case folder(String)
    /// In a bucket of S3, or of a server that speaks like it.
    case bucket(S3Bucket)
}

extension Settings {
    /// What the environment says of where files are kept: Covey's names first, then the original's (run spec §34). A
    /// bucket goes before a folder.
    ///
    /// - Throws: `BadSetting` for a bucket of which something is missing, and for what is no number or address.
    static func files(_ environment: [String: String], dataFolder: String) throws(BadSetting) -> FileStorage {
        func value(_ name: String) -> String? {
            ["COVEY_\(name)", name].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        guard let name = value("BLOB_STORAGE_S3_BUCKET") else {
            return .folder(value("BLOB_STORAGE_LOCAL_PATH") ?? "\(dataFolder)/files")
        }
        func needed(_ what: String) throws(BadSetting) -> String {
            guard let value = value("BLOB_STORAGE_S3_\(what)") else {
                throw BadSetting(
                    name: "COVEY_BLOB_STORAGE_S3_\(what)", value: "",
                    expected: "set together with COVEY_BLOB_STORAGE_S3_BUCKET")
            }
            return value
        }
        var bucket = S3Bucket(
            name: name, region: try needed("REGION"), accessKeyID: try needed("ACCESS_KEY_ID"),
            secretAccessKey: try needed("SECRET_ACCESS_KEY"))
        if let endpoint = value("BLOB_STORAGE_S3_ENDPOINT") {
            guard endpoint.hasPrefix("https://") || endpoint.hasPrefix("http://") else {
                throw BadSetting(
                    name: "COVEY_BLOB_STORAGE_S3_ENDPOINT", value: endpoint,
                    expected: "an address that begins with http:// or https://")
            }
            bucket.endpoint = endpoint
        }
        bucket.isInPath = try flag(
            value("BLOB_STORAGE_S3_FORCE_PATH_STYLE").map { ("COVEY_BLOB_STORAGE_S3_FORCE_PATH_STYLE", $0) })
        if let text = value("BLOB_STORAGE_PRESIGNED_URL_EXPIRY_SECONDS") {
            guard let seconds = Int(text), (1...604_800).contains(seconds) else {
                throw BadSetting(
                    name: "COVEY_BLOB_STORAGE_PRESIGNED_URL_EXPIRY_SECONDS", value: text,
                    expected: "a whole number from 1 to 604800")
            }
            bucket.addressSeconds = seconds
        }
        return .bucket(bucket)
    }
}
