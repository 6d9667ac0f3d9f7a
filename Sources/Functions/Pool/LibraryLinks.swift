import Foundation

/// The symbolic links by which the loader finds libraries: `libz.so.1` for the file `libz.so.1.2.13`, and `/lib` for
/// `/usr/lib`.
enum LibraryLinks {
    private static let folders = ["/lib", "/lib64", "/bin"]

    /// The links in the folders of the files that lead to one of these, and the system's own between folders.
    static func links(to files: [String]) -> [String: String] {
        let manager = FileManager.default
        var links: [String: String] = [:]
        for folder in folders { links[folder] = try? manager.destinationOfSymbolicLink(atPath: folder) }
        let wanted = Dictionary(grouping: files.map { URL(filePath: $0) }) {
            $0.deletingLastPathComponent().path(percentEncoded: false)
        }
        for (folder, files) in wanted {
            let names = Set(files.map(\.lastPathComponent))
            for name in (try? manager.contentsOfDirectory(atPath: folder)) ?? [] where name.contains(".so") {
                let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
                guard let target = try? manager.destinationOfSymbolicLink(atPath: path), names.contains(target) else {
                    continue
                }
                links[path] = target
            }
        }
        return links
    }
}
