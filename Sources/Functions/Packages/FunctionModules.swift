import Catalog
import JavaScript

/// What `require` and `import` of a function find: the packages that it declares and an administrator has installed for
/// its project. Files are read here and handed over as text; nothing is downloaded, and nothing of a package is run but
/// within the worker.
struct FunctionModules {
    /// The folder of all projects' packages.
    let folder: String
    let owner: FunctionOwner
    let dependencies: OrderedMap<String>
    let limits: FunctionLimits

    /// Why a module is not found, in words for the function.
    private struct Refusal: Error {
        let reason: String
    }

    private static let nodeModules: Set<String> = [
        "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram", "dns",
        "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os", "path", "perf_hooks",
        "process", "punycode", "querystring", "readline", "repl", "stream", "string_decoder", "sys", "timers", "tls",
        "tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
    ]
    private static let nameLengthMax = 512

    /// What the function is answered: `id`, `form` and `source`, or `error`.
    ///
    /// - Parameter request: The module that asks (empty for the function itself), the name, and the form.
    func answer(_ request: JSONValue) -> JSONValue {
        do throws(Refusal) {
            guard let from = request[0]?.string, let name = request[1]?.string,
                let form = request[2]?.string.flatMap({ ModuleResolution.Form(rawValue: $0) }),
                (1...Self.nameLengthMax).contains(name.utf8.count), !name.utf8.contains(0)
            else { throw Refusal(reason: "A module is named by a text.") }
            return try module(name, from: from, form)
        } catch {
            return ["error": .string(error.reason)]
        }
    }

    private func module(
        _ name: String, from: String, _ form: ModuleResolution.Form
    ) throws(Refusal) -> JSONValue {
        let path = try checkedFolder(name, from)
        let resolution = ModuleResolution(folder: path)
        let file: String?
        if name.hasPrefix("./") || name.hasPrefix("../") || name == "." || name == ".." {
            let base = from.prefix(upTo: from.lastIndex(of: "/") ?? from.startIndex)
            file = from.isEmpty ? nil : PackageFolder.normal("\(base)/\(name)").flatMap { resolution.file($0, form) }
        } else {
            file = try package(name, from, form, resolution)
        }
        guard let file else { throw Refusal(reason: "There is no module '\(name)'.") }
        return try read(file, path)
    }

    /// The folder of the project's packages, once it is sure that the name may be looked for there.
    private func checkedFolder(_ name: String, _ from: String) throws(Refusal) -> PackageFolder {
        let bare = name.hasPrefix("node:") ? String(name.dropFirst(5)) : name
        let package = Self.parts(bare).package
        if name.hasPrefix("node:")
            || (Self.nodeModules.contains(package) && dependencies[package] == nil && from.isEmpty)
        {
            throw Refusal(reason: "Node's module '\(bare)' is not there for functions.")
        }
        guard !name.hasPrefix("/"), !name.contains("\\"), !name.hasPrefix("#"), !name.contains(":") else {
            throw Refusal(reason: "There is no module '\(name)'.")
        }
        guard !from.isEmpty || !name.hasPrefix(".") else { throw Refusal(reason: "There is no module '\(name)'.") }
        if from.isEmpty, dependencies[package] == nil {
            throw Refusal(reason: "Package '\(package)' is not among the function's dependencies.")
        }
        let isNamed = ![owner.tenant, owner.project].contains { [".", "..", ""].contains($0) || $0.contains("/") }
        let path = "\(folder)/\(owner.tenant)/\(owner.project)/node_modules"
        guard isNamed, let opened = PackageFolder(path: path, fileBytesMax: limits.moduleBytes) else {
            throw missing(package)
        }
        return opened
    }

    private func missing(_ package: String) -> Refusal {
        Refusal(reason: "Package '\(package)' is not installed for this project. \(advice(package))")
    }

    private func advice(_ package: String) -> String {
        let wanted = dependencies[package].map { "\(package)@\($0)" } ?? package
        return "An administrator installs it on the server: npm install --ignore-scripts '\(wanted)' in the folder "
            + "functions/\(owner.tenant)/\(owner.project) of the data directory."
    }

    private func package(
        _ name: String, _ from: String, _ form: ModuleResolution.Form, _ resolution: ModuleResolution
    ) throws(Refusal) -> String? {
        let (package, inner) = Self.parts(name)
        guard PackageFolder.normal(name) == "/\(name)", let place = place(of: package, from, resolution.folder) else {
            if Self.nodeModules.contains(package) {
                throw Refusal(reason: "Node's module '\(name)' is not there for functions.")
            }
            throw missing(package)
        }
        if from.isEmpty { try checkVersion(of: package, resolution.folder.manifest(place)) }
        return resolution.file(ofPackage: place, inner, form)
    }

    /// The folder of a package as seen from a module: the nearest `node_modules` that has it.
    private func place(of package: String, _ from: String, _ folder: PackageFolder) -> String? {
        var base = from
        while let slash = base.lastIndex(of: "/") {
            base = String(base[..<slash])
            let place =
                base.isEmpty || base.hasSuffix("/node_modules")
                ? "\(base)/\(package)" : "\(base)/node_modules/\(package)"
            if folder.kind(place) == .folder { return place }
        }
        return folder.kind("/\(package)") == .folder ? "/\(package)" : nil
    }

    private func checkVersion(of package: String, _ manifest: JSONValue?) throws(Refusal) {
        let wanted = dependencies[package] ?? "*"
        guard let range = VersionRange(wanted) else {
            throw Refusal(
                reason: "The function wants '\(package)' in version '\(wanted)', which is no range of versions.")
        }
        guard let text = manifest?["version"]?.string, let version = PackageVersion(text), range.contains(version)
        else {
            let found = manifest?["version"]?.string ?? "without a version"
            throw Refusal(
                reason: "Package '\(package)' is installed as \(found), and the function needs \(wanted). "
                    + advice(package))
        }
    }

    private func read(_ file: String, _ folder: PackageFolder) throws(Refusal) -> JSONValue {
        guard !file.hasSuffix(".node"), !file.hasSuffix(".wasm") else {
            throw Refusal(reason: "'\(file)' is machine code, which functions cannot use.")
        }
        guard var source = folder.text(file) else {
            throw Refusal(reason: "'\(file)' cannot be read, or has more than \(limits.moduleBytes) bytes.")
        }
        if file.hasSuffix(".json") { return ["id": .string(file), "form": "json", "source": .string(source)] }
        if source.hasPrefix("#!") { source = "//" + source }
        let isModule =
            file.hasSuffix(".mjs")
            || (!file.hasSuffix(".cjs") && folder.manifest(for: file)?["type"]?.string == "module")
        guard isModule else {
            return ["id": .string(file), "form": "commonjs", "source": .string(JavaScript.callingImports(source))]
        }
        do throws(ScriptFault) {
            let body = try JavaScript.commonJS(of: source)
            return ["id": .string(file), "form": "module", "source": .string(body)]
        } catch {
            throw Refusal(reason: "'\(file)' cannot be loaded. \(error.message).")
        }
    }

    /// A name as the package's and the path within it, with its slash.
    private static func parts(_ name: String) -> (package: String, inner: String) {
        let words = name.split(separator: "/", omittingEmptySubsequences: false)
        let count = name.hasPrefix("@") ? 2 : 1
        let inner = words.dropFirst(count).joined(separator: "/")
        return (words.prefix(count).joined(separator: "/"), inner.isEmpty ? "" : "/\(inner)")
    }
}
