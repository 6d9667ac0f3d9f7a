// swift-tools-version: 6.2
import PackageDescription

/// The same rules as the product's own manifest.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

// No dependencies on purpose: the bench builds in seconds and measures Covey from outside, as a client would.
let package = Package(
    name: "covey-benchmarks",
    products: [
        .executable(name: "model-server", targets: ["model-server"]),
        .executable(name: "load", targets: ["load"]),
        .executable(name: "bench", targets: ["bench"]),
    ],
    targets: [
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CSQLite"),
        .target(name: "Kit", dependencies: ["CEpoll"], swiftSettings: settings),
        .target(name: "ModelServing", dependencies: ["Kit"], swiftSettings: settings),
        .target(name: "Loading", dependencies: ["Kit"], swiftSettings: settings),
        .target(name: "Measuring", dependencies: ["CSQLite", "Kit"], swiftSettings: settings),
        .executableTarget(name: "model-server", dependencies: ["Kit", "ModelServing"], swiftSettings: settings),
        .executableTarget(name: "load", dependencies: ["Kit", "Loading"], swiftSettings: settings),
        .executableTarget(name: "bench", dependencies: ["Kit", "Measuring"], swiftSettings: settings),
        .testTarget(name: "KitTests", dependencies: ["Kit"], swiftSettings: settings),
        .testTarget(
            name: "LoopbackTests", dependencies: ["Kit", "Loading", "ModelServing"], swiftSettings: settings
        ),
        .testTarget(name: "MeasuringTests", dependencies: ["Kit", "Measuring"], swiftSettings: settings),
    ]
)
