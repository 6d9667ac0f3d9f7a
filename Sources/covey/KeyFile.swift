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
        let draft = "\(path).\(getpid())"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        defer { unlink(draft) }
        let text = Array((SecretKey.random().text + "\n").utf8)
        let isWritten = write(file, text, text.count) == text.count && fsync(file) == 0
        guard close(file) == 0, isWritten else { throw failure(path) }
        guard link(draft, path) == 0 || errno == EEXIST else { throw failure(path) }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure(path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> StartFailure {
        StartFailure("The file of keys \(path) cannot be made: \(String(cString: strerror(errno))).")
    }
}
