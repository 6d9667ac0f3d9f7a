// swift-tools-version: 6.2
import PackageDescription

/// Applied to every target: Swift 6 mode is the tools default; a lower type leaking into a public signature shows,
/// and a warning does not land.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// The arrow diagram: a target may import what its line names and nothing else.
let arrows: [(name: String, imports: [Target.Dependency])] = [
    ("Cryptography", ["CCrypto"]),
    ("Catalog", ["Cryptography", .product(name: "Yams", package: "Yams")]),
    ("Store", ["Catalog", "Cryptography", "CSQLite", "CPostgres"]),
    ("JavaScript", []),
    ("Domain", ["Catalog", "Cryptography", "JavaScript"]),
    ("Outbound", ["CCurl"]),
    ("Files", ["Catalog", "Cryptography", "Outbound"]),
    ("Functions", ["Catalog", "Cryptography", "JavaScript", "Outbound", "CSandbox"]),
    ("MCP", ["Catalog", "Cryptography", "Outbound"]),
    ("A2A", ["Catalog", "Outbound"]),
    ("Models", ["Catalog", "Outbound", .product(name: "Yams", package: "Yams")]),
    ("Events", ["Catalog", "Models"]),
    (
        "Runtime",
        [
            "A2A", "Catalog", "Cryptography", "Domain", "Events", "Files", "Functions", "MCP", "Models", "Outbound",
            "Store",
        ]
    ),
    ("Wire", ["Catalog", "Events", "Files", "Models"]),
    ("Access", ["Catalog", "Cryptography", "Domain", "Outbound", "Store"]),
    (
        "HTTP",
        [
            "Access", "Catalog", "Cryptography", "Domain", "Events", "Files", "Functions", "JavaScript", "MCP",
            "Models", "Outbound", "Runtime", "Store", "Wire",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]
    ),
    (
        "CLI",
        [
            "Catalog", "Functions", "JavaScript", "Outbound",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]
    ),
    (
        "CoveyTesting",
        [
            "Access", "Catalog", "Cryptography", "Files", "HTTP", "Models", "Outbound", "Runtime", "Store",
            "StoreTesting",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]
    ),
    ("StoreTesting", ["Store"]),
]

/// What lies in a target's folder and is no source.
let papers = [
    "Functions": ["README.md"], "Store": ["README.md"], "Runtime": ["README.md"],
    "Models": ["README.md", "SCRIPTS.md"], "Outbound": ["README.md"],
    "StoreTesting": ["README.md"], "Wire": ["README.md"],
]

/// One test target per target, and two that guard the repository as a whole.
let tests: [(name: String, imports: [Target.Dependency])] = [
    ("CryptographyTests", ["Cryptography"]),
    ("CatalogTests", ["Catalog", "Cryptography"]),
    ("StoreTests", ["Catalog", "Cryptography", "Store", "StoreTesting", "CSQLite"]),
    ("OutboundTests", ["CoveyTesting", "Outbound"]),
    ("ModelsTests", ["Catalog", "Models", "Outbound"]),
    ("EventsTests", ["Catalog", "Events", "Models"]),
    ("JavaScriptTests", ["JavaScript"]),
    ("FilesTests", ["Catalog", "CoveyTesting", "Cryptography", "Files", "Outbound"]),
    ("FunctionsTests", ["Catalog", "CoveyTesting", "Functions", "Outbound", "Runtime"]),
    ("MCPTests", ["Catalog", "CoveyTesting", "MCP", "Outbound", "Runtime"]),
    ("A2ATests", ["A2A", "Catalog", "Outbound"]),
    ("DomainTests", ["Catalog", "Cryptography", "Domain"]),
    ("AccessTests", ["Access", "Catalog", "CoveyTesting", "Cryptography", "Outbound", "Store"]),
    (
        "RuntimeTests",
        [
            "Catalog", "CoveyTesting", "Cryptography", "Domain", "Events", "Files", "MCP", "Models", "Outbound",
            "Runtime", "Store",
        ]
    ),
    ("WireTests", ["Catalog", "CoveyTesting", "Events", "Models", "Wire"]),
    (
        "HTTPTests",
        [
            "Access", "Catalog", "CoveyTesting", "Cryptography", "Domain", "Files", "Functions", "HTTP", "JavaScript",
            "Models", "Outbound", "Runtime", "Store", "StoreTesting",
            .product(name: "Logging", package: "swift-log"),
        ]
    ),
    (
        "CLITests",
        [
            "Catalog", "CLI", "Functions", "JavaScript", "Outbound",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]
    ),
    ("ContractTests", ["Access", "Catalog", "CoveyTesting", "HTTP", "Outbound", "Store"]),
    ("TidyTests", []),
]

let package = Package(
    name: "covey",
    products: [.executable(name: "covey", targets: ["covey"])],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CSandbox"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .executableTarget(
            name: "covey",
            dependencies: [
                "Access", "Catalog", "CLI", "Cryptography", "Files", "Functions", "HTTP", "Models", "Outbound",
                "Runtime", "Store",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
    ]
        + arrows.map {
            .target(name: $0.name, dependencies: $0.imports, exclude: papers[$0.name] ?? [], swiftSettings: settings)
        }
        + tests.map { .testTarget(name: $0.name, dependencies: $0.imports, swiftSettings: settings) }
)
