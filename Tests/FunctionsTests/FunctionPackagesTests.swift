import Catalog
import Foundation
import Testing

@testable import Functions

/// Packages that an administrator has installed, in real workers.
@Suite(.enabled(if: missing == nil, missing), .timeLimit(.minutes(5)))
struct FunctionPackagesTests {
    /// The files below `<tenant>/<project>/node_modules`.
    private static let files = [
        "plain/package.json": #"{"name":"plain","version":"1.4.2","main":"lib/main"}"#,
        "plain/lib/main.js":
            "const data = require('./data'); exports.sum = (a, b) => a + b + data.offset; exports.name = __filename",
        "plain/lib/data.json": #"{"offset":100}"#,
        "single/package.json": #"{"name":"single","version":"2.0.0"}"#,
        "single/index.js":
            "#!/usr/bin/env node\nconst inner = require('inner'); module.exports = (x) => inner(x) + '!'",
        "single/node_modules/inner/index.js": "module.exports = (x) => `inner ${x} ${require('plain').sum(1, 1)}`",
        "modern/package.json": """
        {"name":"modern","version":"3.1.0-beta.2","type":"module",
         "exports":{".":{"import":"./src/index.js","require":"./dist/index.cjs"},
          "./parts/*":"./src/parts/*.js","./hidden":null}}
        """,
        "modern/src/index.js": """
        import plain, { sum as add } from 'plain'
        import * as parts from './parts/a.js'
        import { later } from "./parts/b.js";
        export { default as A, "string name" as renamed } from './parts/a.js'
        export * from './parts/b.js'
        export const [one, { two, three: drei = 3 }] = [1, { two: 2 }], four = 4
        export let counter = 0
        export function count() { return ++counter }
        export async function* stream() { yield 1 }
        export default class Thing { export() { return 'import' } }
        const text = `export const no = 1`, member = { import: 1, export: 2 }.import
        export const total = add(1, member) + parts.default.length + (plain.sum ? 1 : 0) + text.length + later()
        """,
        "modern/src/parts/a.js": "export default 'abc'\nconst own = 'own'\nexport { own as 'string name' }",
        "modern/src/parts/b.js":
            "export function later() { return 5 }; export var lazy = await0();\nfunction await0() { return 6 }",
        "modern/dist/index.cjs": "module.exports = { form: 'cjs' }",
        "native/package.json": #"{"name":"native","version":"1.0.0","main":"x.node"}"#,
        "native/x.node": "machine code",
        "waits/package.json": #"{"name":"waits","version":"1.0.0","type":"module","main":"index.js"}"#,
        "waits/index.js": "export default 1\nawait null",
        "circle/index.js": "exports.early = 1; const b = require('./b'); exports.b = b.seen",
        "circle/b.js": "exports.seen = require('./index').early",
        "circle/package.json": #"{"name":"circle","version":"0.2.3"}"#,
        "@scope/pack/package.json": #"{"name":"@scope/pack","version":"1.0.0","main":"../../../../secret.js"}"#,
        "@scope/pack/index.js": "module.exports = 'scoped'",
        "@scope/pack/deep/file.js": "module.exports = 'deep'",
    ]

    private func withPackages(_ body: (TestPool) async throws -> Void) async throws {
        try await TestPool.run { (test) async throws in
            let root = test.packages.appending(path: "default/shop/node_modules")
            for (path, text) in Self.files {
                let file = root.appending(path: path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
            try Data("module.exports = 'secret'".utf8).write(to: test.packages.appending(path: "secret.js"))
            try FileManager.default.createSymbolicLink(
                at: root.appending(path: "plain/lib/link.js"),
                withDestinationURL: test.packages.appending(path: "secret.js"))
            try await body(test)
        }
    }

    @Test func `packages are loaded in every form`() async throws {
        let rows: [(String, [(name: String, value: String)], JSONValue)] = [
            ("() => require('plain').sum(1, 2)", [("plain", "^1.2")], 103),
            ("async () => (await import('plain')).default.sum(1, 2)", [("plain", "1.x")], 103),
            ("async () => { const { sum } = await import('plain'); return sum(0, 0) }", [("plain", "*")], 100),
            ("() => require('plain').name", [("plain", "latest")], "/plain/lib/main.js"),
            ("() => require('plain/lib/data').offset", [("plain", ">=1 <2")], 100),
            ("() => require('single')('x')", [("single", "2")], "inner x 102!"),
            ("() => require('modern').form", [("modern", "3.1.0-beta.2")], "cjs"),
            ("() => require('circle').b", [("circle", "~0.2.1")], 1),
            ("() => require('@scope/pack')", [("@scope/pack", "1.0.0")], "scoped"),
            ("() => require('@scope/pack/deep/file')", [("@scope/pack", "^1")], "deep"),
            ("() => require('plain') === require('plain')", [("plain", "1")], true),
            (
                """
                async () => {
                    const m = await import('modern')
                    m.count()
                    return [m.A, m.renamed, m.later(), m.lazy, m.one, m.two, m.drei, m.four, m.counter, m.total,
                        new m.default().export(), 'own' in m, typeof m.stream]
                }
                """, [("modern", "^3.1.0-beta.1")],
                ["abc", "own", 5, 6, 1, 2, 3, 4, 1, 130, "import", false, "function"]
            ),
            ("async () => (await import('modern/parts/a')).default", [("modern", "^3.1.0-beta.1")], "abc"),
        ]
        try await withPackages { (test) async throws in
            for (code, dependencies, output) in rows {
                let result = try await test.call(code, dependencies: dependencies)
                #expect(result.output == output, "\(code)")
            }
        }
    }

    @Test func `what is not there is told with what to do`() async throws {
        let rows: [(String, [(name: String, value: String)], String)] = [
            ("() => require('plain')", [], "Package 'plain' is not among the function's dependencies."),
            (
                "() => require('plain')", [("plain", "^2.0.0")],
                "Package 'plain' is installed as 1.4.2, and the function needs ^2.0.0. An administrator installs it on "
                    + "the server: npm install --ignore-scripts 'plain@^2.0.0' in the folder functions/default/shop"
            ),
            ("() => require('modern')", [("modern", "^3.0.0")], "is installed as 3.1.0-beta.2"),
            (
                "() => require('left-pad')", [("left-pad", "1.3.0")],
                "Package 'left-pad' is not installed for this project. An administrator installs it on the server: "
                    + "npm install --ignore-scripts 'left-pad@1.3.0'"
            ),
            ("() => require('plain/lib/link')", [("plain", "1")], "There is no module"),
            ("() => require('plain/../../../../secret.js')", [("plain", "1")], "not installed"),
            ("() => require('modern/hidden')", [("modern", "*"), ("plain", "1")], "is installed as"),
            ("() => require('native')", [("native", "1")], "machine code"),
            ("async () => import('waits')", [("waits", "1")], "'/waits/index.js' cannot be loaded: Unexpected"),
            ("() => require('fs')", [("plain", "1")], "Node's module 'fs' is not there"),
            ("() => require('plain')", [("plain", "what?")], "no range of versions"),
            ("() => require('plain', eval).missing()", [("plain", "1")], "is not a function"),
        ]
        try await withPackages { (test) async throws in
            for (code, dependencies, words) in rows {
                let message = try await test.failure(code, dependencies: dependencies)
                #expect(message.contains(words), "\(code): \(message)")
            }
        }
    }

    @Test func `a project has its own packages alone`() async throws {
        try await withPackages { (test) async throws in
            for owner in [
                FunctionOwner(tenant: "default", project: "other"), FunctionOwner(tenant: "default", project: ".."),
                FunctionOwner(tenant: "default/shop", project: "shop"),
            ] {
                await #expect(throws: FunctionFailure.self) {
                    try await test.call("() => require('plain').sum(1, 2)", for: owner, dependencies: [("plain", "1")])
                }
            }
        }
    }
}

/// Versions and ranges as npm reads them.
struct VersionRangeTests {
    @Test(arguments: [
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0 1.3.0-beta"), ("^0.2.3", "0.2.3 0.2.9", "0.3.0 1.0.0"),
        ("^0.0.3", "0.0.3", "0.0.4"), ("^1", "1.0.0 1.9.9", "2.0.0 0.9.0"), ("^0", "0.0.1 0.9.0", "1.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0"), ("~1", "1.0.0 1.9.0", "2.0.0"), ("1.x", "1.5.0", "2.0.0"),
        ("1.2.*", "1.2.0", "1.3.0"), ("*", "0.0.1 9.9.9", "1.0.0-a"), ("", "1.0.0", ""), ("latest", "1.0.0", ""),
        ("1.2.3", "1.2.3", "1.2.4"), ("v1.2.3", "1.2.3", "1.2.4"), ("=1.2", "1.2.9", "1.3.0"),
        (">=1.2 <2", "1.2.0 1.9.9", "2.0.0 1.1.9"), (">= 1.2.0", "1.2.0", "1.1.0"), (">1.2", "1.3.0", "1.2.9"),
        ("<=1.2", "1.2.9 0.1.0", "1.3.0"), ("1.2.3 - 2.3", "1.2.3 2.3.9", "2.4.0 1.2.2"),
        ("^1 || ^3", "1.1.0 3.0.0", "2.0.0"),
        ("^1.2.3-beta.2", "1.2.3-beta.4 1.2.3 1.9.0", "1.2.3-beta.1 1.2.4-beta.2"),
        ("1.2.3-rc.1", "1.2.3-rc.1", "1.2.3 1.2.3-rc.2"),
    ])
    func `a range admits what npm says`(range: String, inside: String, outside: String) throws {
        let range = try #require(VersionRange(range))
        for version in inside.split(separator: " ") {
            let version = try #require(PackageVersion(version))
            #expect(range.contains(version), "\(version)")
        }
        for version in outside.split(separator: " ") {
            let version = try #require(PackageVersion(version))
            #expect(!range.contains(version), "\(version)")
        }
    }

    @Test(arguments: ["1.2.3.4", "^", "file:../x", "git+ssh://x", "1..2", "-1.0.0", ">>1"])
    func `what is no range is none`(text: String) {
        // A name, as `latest` is one, admits all; an address is a name for nobody.
        #expect(VersionRange(text)?.contains(PackageVersion(numbers: [1, 0, 0])) != true)
    }

    @Test func `versions are in their order`() throws {
        let sorted = [
            "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0",
            "1.0.1",
        ]
        let versions = try sorted.map { try #require(PackageVersion($0)) }
        for (one, other) in zip(versions, versions.dropFirst()) { #expect(one < other && !(other < one)) }
    }
}
