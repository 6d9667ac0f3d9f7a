import Foundation

/// The folder for all that Covey keeps on this machine: its owner's alone.
enum DataFolder {
    /// Makes the folder if it is not there, and sees to its rights.
    ///
    /// - Throws: `StartFailure` that says what is wrong with it.
    static func prepare(_ path: String) throws(StartFailure) {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        do {
            if files.fileExists(atPath: path, isDirectory: &isFolder) {
                guard isFolder.boolValue else { throw StartFailure("The data folder \(path) is a file.") }
            } else {
                try files.createDirectory(
                    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        } catch let failure as StartFailure {
            throw failure
        } catch {
            throw StartFailure(
                "The data folder \(path) cannot be used: \(error.localizedDescription). "
                    + "Name another one with --data, or make it writable for this user.")
        }
        guard files.isWritableFile(atPath: path), files.isReadableFile(atPath: path) else {
            throw StartFailure("The data folder \(path) is not readable and writable for this user.")
        }
    }

    /// Throws `StartFailure` when the folder of scripts that somebody named is not one.
    static func checkScripts(_ path: String) throws(StartFailure) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw StartFailure("The scripts folder \(path) is not there. Name another one with --scripts.")
        }
        guard isFolder.boolValue else { throw StartFailure("The scripts folder \(path) is a file.") }
    }
}
