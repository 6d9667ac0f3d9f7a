import Catalog

/// Which file a name means (Node's "Modules: Packages", for what is pure JavaScript).
struct ModuleResolution {
    let folder: PackageFolder

    /// How a module is asked for.
    enum Form: String { case require, `import` }

    /// The file of a path that may leave out its ending, or be a folder.
    func file(_ path: String, _ form: Form) -> String? {
        if folder.kind(path) == .file { return path }
        for ending in [".js", ".cjs", ".mjs", ".json"] where folder.kind(path + ending) == .file {
            return path + ending
        }
        guard folder.kind(path) == .folder else { return nil }
        let manifest = folder.manifest(path)
        for name in (form == .import ? ["module", "main"] : ["main"]) {
            guard let main = manifest?[name]?.string, let inner = PackageFolder.normal("\(path)/\(main)"),
                inner.hasPrefix(path), inner != path, let file = file(inner, form)
            else { continue }
            return file
        }
        for name in ["index.js", "index.cjs", "index.mjs", "index.json"] where folder.kind("\(path)/\(name)") == .file {
            return "\(path)/\(name)"
        }
        return nil
    }

    /// The file of a package: what its `exports` say, or where it has none, the path within it.
    ///
    /// - Parameter inner: The path after the package's name, empty for the package itself.
    func file(ofPackage package: String, _ inner: String, _ form: Form) -> String? {
        guard let exports = folder.manifest(package)?["exports"], !exports.isNull else {
            return file(package + inner, form)
        }
        let target =
            target(exports, "." + inner, form) ?? target(exports, "." + inner, form == .import ? .require : .import)
        guard let target, target.hasPrefix("./"), let path = PackageFolder.normal("\(package)/\(target)"),
            path.hasPrefix(package + "/"), folder.kind(path) == .file
        else { return nil }
        return path
    }

    private func target(_ exports: JSONValue, _ name: String, _ form: Form) -> String? {
        guard case .object(let object) = exports, object.keys.contains(where: { $0.hasPrefix(".") }) else {
            return name == "." ? condition(exports, form) : nil
        }
        if let exact = object[name] { return condition(exact, form) }
        for (pattern, value) in object {
            guard let star = pattern.firstIndex(of: "*") else { continue }
            let (before, after) = (pattern[..<star], pattern[pattern.index(after: star)...])
            guard name.count >= before.count + after.count, name.hasPrefix(before), name.hasSuffix(after) else {
                continue
            }
            let part = name.dropFirst(before.count).dropLast(after.count)
            return condition(value, form)?.replacing("*", with: part)
        }
        return nil
    }

    /// The first target whose conditions hold.
    private func condition(_ value: JSONValue, _ form: Form) -> String? {
        switch value {
        case .string(let target): return target
        case .array(let targets): return targets.lazy.compactMap { condition($0, form) }.first
        case .object(let object):
            for (name, value) in object where name == form.rawValue || name == "default" {
                if let target = condition(value, form) { return target }
            }
            return nil
        default: return nil
        }
    }
}
