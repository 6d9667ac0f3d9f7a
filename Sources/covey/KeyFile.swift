import Cryptography
import Foundation

/// Where the keys come from that seal stored secrets: the environment, a file that it names, or a file in the data
/// folder, which is made at the first start. A text of keys has one a line, or several with commas or spaces between
/// them; the first seals, the others open what they sealed earlier. What follows `#` on a line is a comment.
enum KeyFile {
    /// The name of the file in the data folder.
    static let name = "secret.key"

    /// The keys that the settings name.
    ///
    /// - Parameter known: The ids of the keys that the database needs. Without any the file in the data folder is made.
    /// - Throws: `StartFailure` that says what is wrong.
    static func keyring(_ settings: Settings, expecting known: [String]) throws(StartFailure) -> Keyring {
        if let text = settings.secretKey { return try keyring(text, from: "COVEY_SECRET_KEY") }
        if let path = settings.secretKeyFile { return try keyring(try read(path), from: path) }
        let path = "\(settings.dataFolder)/\(name)"
        if access(path, F_OK) != 0 {
            if let id = known.last {
                throw StartFailure(
                    "The secrets in the database are sealed with key \(id), and \(path) is not there. Give this server "
                        + "that key: put the file back, or set COVEY_SECRET_KEY or COVEY_SECRET_KEY_FILE. The server "
                        + "that made the secrets has it in its environment, or in \(name) in its data folder.")
            }
            try make(path)
        }
        guard chmod(path, 0o600) == 0 else { throw failure(path) }
        return try keyring(try read(path), from: path)
    }

    /// Puts a new key in front of those in the file of the data folder, so that it seals from now on.
    ///
    /// - Returns: the ring with it.
    /// - Throws: `StartFailure` when the keys are somewhere else, or the file cannot be written.
    static func rotate(_ settings: Settings) throws(StartFailure) -> Keyring {
        let path = try ownFile(settings)
        let old = try read(path)
        _ = try keyring(old, from: path)
        try put("\(SecretKey.random().text)\n\(old)", at: path)
        return try keyring(try read(path), from: path)
    }

    /// Leaves the first key of the file alone: the others seal nothing any more.
    static func dropOthers(_ settings: Settings, _ keyring: Keyring) throws(StartFailure) {
        try put(keyring.current.text + "\n", at: try ownFile(settings))
    }

    private static func ownFile(_ settings: Settings) throws(StartFailure) -> String {
        guard settings.secretKey == nil, settings.secretKeyFile == nil else {
            throw StartFailure(
                "The keys come from COVEY_SECRET_KEY or COVEY_SECRET_KEY_FILE. Put a new one in front of them "
                    + "there, as `openssl rand -base64 \(SecretKey.length)` makes it, and run `covey key reseal`.")
        }
        return "\(settings.dataFolder)/\(name)"
    }

    /// Writes a file so that it is the old one or the new one, whenever the machine stops.
    private static func put(_ text: String, at path: String) throws(StartFailure) {
        let draft = try draft(of: path, text)
        defer { unlink(draft) }
        guard rename(draft, path) == 0 else { throw failure(path) }
        try syncFolder(of: path)
    }

    private static func keyring(_ text: String, from source: String) throws(StartFailure) -> Keyring {
        let words = text.split(whereSeparator: \.isNewline).flatMap { line in
            line.prefix { $0 != "#" }.split { $0 == "," || $0.isWhitespace }
        }
        var keys: [SecretKey] = []
        for word in words {
            guard let key = SecretKey(text: word) else {
                throw StartFailure(
                    "\(source) does not hold a key: each is \(SecretKey.length) bytes in base64 or hexadecimal, as "
                        + "`openssl rand -base64 \(SecretKey.length)` makes one.")
            }
            keys.append(key)
        }
        guard let current = keys.first else { throw StartFailure("\(source) holds no key.") }
        return Keyring(current, and: Array(keys.dropFirst()))
    }

    private static func read(_ path: String) throws(StartFailure) -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw StartFailure("The file of keys \(path) cannot be read: \(error.localizedDescription).")
        }
    }

    /// Makes a file with a new key, its owner's alone, so that it is there whole or not at all, whenever the machine
    /// stops; a file that another process made meanwhile stays.
    private static func make(_ path: String) throws(StartFailure) {
        let draft = try draft(of: path, SecretKey.random().text + "\n")
        defer { unlink(draft) }
        guard link(draft, path) == 0 || errno == EEXIST else { throw failure(path) }
        try syncFolder(of: path)
    }

    /// A file beside `path`, its owner's alone, whose text is on the disk.
    private static func draft(of path: String, _ text: String) throws(StartFailure) -> String {
        let draft = "\(path).\(getpid())"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        let bytes = Array(text.utf8)
        let isWritten = write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        guard close(file) == 0, isWritten else {
            unlink(draft)
            throw failure(path)
        }
        return draft
    }

    private static func syncFolder(of path: String) throws(StartFailure) {
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure(path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> StartFailure {
        StartFailure("The file of keys \(path) cannot be made: \(String(cString: strerror(errno))).")
    }
}
